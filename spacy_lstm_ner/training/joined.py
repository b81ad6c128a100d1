"""Several corpora as one."""

import math
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from spacy.language import Language
from spacy.training import Example

from ..errors import CodedError, Errors
from ..settings import check_number


def read_joined(
    # Not of Reader: where a config is checked before anything is made, they are blocks of it.
    corpora: Mapping[str, Any],
    *,
    weights: Mapping[str, float] | None = None,
) -> Callable[[Language], Iterator[Example]]:
    """Read several corpora as one, some more often than others.

    corpora (Mapping[str, Callable[[Language], Iterable[Example]]]): Readers by name, such as
        `spacy.Corpus.v1` and `spacy_lstm_ner.PartlyAnnotated.v1`. Each comes to an end.
    weights (Optional[Mapping[str, float]]): How often to take the examples of each: 2 takes them
        twice, 0.5 a random half, 0 none. 1 where nothing is given.
    RETURNS (Callable[[Language], Iterator[Example]]): Reads the examples.
    RAISES (ValueError): There are no corpora, one is no reader, a weight is of none of them, or it
        is below 0.
    """
    weights = dict(weights or {})
    unknown = sorted(set(weights) - set(corpora))
    if not corpora or unknown:
        raise CodedError(Errors.E230.format(unknown=unknown, names=", ".join(corpora) or "none"))
    for name, corpus in corpora.items():
        if not callable(corpus):
            raise CodedError(Errors.E231.format(name=name, corpus=corpus))
    for name, weight in weights.items():
        check_number(f"weights.{name}", weight, 0, math.inf)

    def read(nlp: Language) -> Iterator[Example]:
        for name, corpus in corpora.items():
            yield from _repeat(list(corpus(nlp)), weights.get(name, 1.0))

    return read


def _repeat(examples: list[Example], weight: float) -> Iterator[Example]:
    whole = int(weight)
    for _ in range(whole):
        yield from examples
    yield from random.sample(examples, round((weight - whole) * len(examples)))
