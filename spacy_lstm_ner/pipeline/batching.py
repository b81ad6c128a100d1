"""Documents in batches of bounded memory."""

from collections.abc import Iterable, Iterator

import torch
from spacy.tokens import Doc

from ..models.scores import Scores
from ..models.tagger import TaggerT, listens
from ..nn.batches import batched
from ..nn.crf.lattice import MAX_SCORES
from ..nn.windows import CONTEXT, make_windows
from ..tags import TagScheme

# Most tokens to score at once. At the default width, about 200 MiB.
MAX_TOKENS = 65536


def most_tokens(scheme: TagScheme) -> int:
    """Most tokens to score at once with some tags, of which there may be thousands."""
    return min(MAX_TOKENS, MAX_SCORES // len(scheme))


def by_tokens(docs: Iterable[Doc], *, max_tokens: int) -> Iterator[list[Doc]]:
    """Batch documents in their order; one that is too long is a batch of its own.

    docs (Iterable[Doc]): The documents.
    max_tokens (int): Most tokens of a batch of several documents.
    YIELDS (List[Doc]): The batches.
    """
    return batched(docs, len, most=max_tokens)


def score(model: TaggerT, docs: list[Doc]) -> Scores:
    """Score documents; one that is too long to be scored at once, in windows.

    A model whose vectors come from another component scores it whole: they are there already, and
    need not be in copies of parts of it.

    model (Model[List[Doc], List[Floats2d]]): The tagger.
    docs (List[Doc]): The documents, a single one if it is too long.
    RETURNS (Scores): Their scores.
    """
    lengths = [len(doc) for doc in docs]
    if sum(lengths) <= MAX_TOKENS + 2 * CONTEXT or listens(model):
        return model.predict(docs)
    (doc,) = docs
    windows = make_windows(lengths, size=MAX_TOKENS)
    parts = [model.predict([doc[start:end].as_doc()]) for start, end in windows.spans()]
    n_tags = parts[0].emissions.shape[1]  # another thread may have added tags meanwhile
    emissions = windows.core(torch.cat([part.emissions[:, :n_tags] for part in parts]))
    return Scores(emissions, lengths, parts[0].transitions)
