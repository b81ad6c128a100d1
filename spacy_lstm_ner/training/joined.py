"""Several corpora as one."""

import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from spacy.language import Language
from spacy.training import Example

from ..errors import CodedError, Errors


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
    RAISES (ValueError): There are no corpora, a weight is of none of them, or it is below 0.
    """
    weights = dict(weights or {})
    unknown = sorted(set(weights) - set(corpora))
    if not corpora or unknown:
        raise CodedError(Errors.E230.format(unknown=unknown, names=", ".join(corpora) or "none"))
    for name, weight in weights.items():
        if not 0 <= weight < float("inf"):
            raise CodedError(
                Errors.E034.format(name=f"weights.{name}", value=weight, expected="0 or more")
            )

    def read(nlp: Language) -> Iterator[Example]:
        for name, corpus in corpora.items():
            yield from _repeat(list(corpus(nlp)), weights.get(name, 1.0))

    return read


def _repeat(examples: list[Example], weight: float) -> Iterator[Example]:
    whole = int(weight)
    for _ in range(whole):
        yield from examples
    yield from random.sample(examples, round((weight - whole) * len(examples)))
