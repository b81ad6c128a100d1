"""Documents in portions of bounded memory."""

from collections.abc import Iterable, Iterator

import torch
from spacy.tokens import Doc

from ..models.tagger import Scores, TaggerT, listens
from ..nn.windows import CONTEXT

# Most tokens to score at once. At the default width, about 200 MiB.
MAX_TOKENS = 65536


def by_tokens(docs: Iterable[Doc], *, max_tokens: int) -> Iterator[list[Doc]]:
    """Group documents in their order; one that is too long is a group of its own.

    docs (Iterable[Doc]): The documents.
    max_tokens (int): Most tokens of a group of several documents.
    YIELDS (List[Doc]): The groups.
    """
    group: list[Doc] = []
    tokens = 0
    for doc in docs:
        length = len(doc)
        if group and tokens + length > max_tokens:
            yield group
            group, tokens = [], 0
        group.append(doc)
        tokens += length
    if group:
        yield group


def score_in_pieces(model: TaggerT, docs: list[Doc]) -> Scores:
    """Score documents; one that is too long to be scored at once, in overlapping pieces.

    A model whose vectors come from another component scores it whole: they are there already, and
    need not be in its pieces.

    model (Model[List[Doc], List[Floats2d]]): The tagger.
    docs (List[Doc]): The documents, a single one if it is too long.
    RETURNS (Scores): Their scores.
    """
    if sum(len(doc) for doc in docs) <= MAX_TOKENS + 2 * CONTEXT or listens(model):
        return model.predict(docs)
    (doc,) = docs
    emissions = []
    for start in range(0, len(doc), MAX_TOKENS):
        end = min(start + MAX_TOKENS, len(doc))
        left, right = max(0, start - CONTEXT), min(len(doc), end + CONTEXT)
        scores = model.predict([doc[left:right].as_doc()])
        emissions.append(scores.tokens()[start - left : end - left])
    return Scores(torch.cat(emissions), [len(doc)], scores.transitions)
