"""Spans that are known to be wrong, such as suggestions that an annotator rejected.

They are evidence like any other: of all tag sequences, those are left that have not exactly this
entity. These fall into as many groups as there are places where a sequence can first be another
than the span's, and each group is a mask. So nothing is subtracted from 1, and a model that is sure
of a wrong span still learns.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from spacy.training import Example
from torch import Tensor

from ..errors import CodedError, Errors, shorten
from ..models.scores import Scores
from ..nn.batches import batched
from ..nn.neutral import neutrally
from ..tags import OUTSIDE, Spans, TagScheme
from ..types import Bools, Ints
from .annotation import first_words
from .evidence import Evidence

# Tokens that are read at a time, a document as often as its spans ask for it.
MAX_TOKENS = 8192
# Scores of tags that may be read for one span: in double precision, some GiB with all that is kept.
MOST_SCORES = 1 << 24


class Incorrect(NamedTuple):
    """A span that is no entity of its label; of the label "O", one that is not all outside.

    document (int): Number of the document in its batch.
    start (int): Its first token in the document.
    end (int): The token after its last.
    label (str): The label.
    words (str): Its words, for the message of an error.
    first_words (str): Those that its document begins with, for that too.
    """

    document: int
    start: int
    end: int
    label: str
    words: str = ""
    first_words: str = ""


def read_incorrect(examples: Sequence[Example], key: str, scheme: TagScheme) -> list[Incorrect]:
    """The spans that references have under a key, on the tokens of the predictions.

    Those that do not align say nothing, and neither do those of other labels: what cannot be
    predicted is not predicted wrongly.

    examples (Sequence[Example]): The examples.
    key (str): Where in `doc.spans` they are.
    scheme (TagScheme): The tags.
    """
    labels = {OUTSIDE, *scheme.labels}
    found = (
        Incorrect(number, span.start, span.end, span.label_, shorten(span.text), begin)
        for number, eg in enumerate(examples)
        if key in eg.reference.spans
        for begin in [first_words(eg.predicted)]
        for span in eg.get_aligned_spans_y2x(eg.reference.spans[key], allow_overlap=True)
    )
    return [span for span in dict.fromkeys(found) if span.label in labels]


@neutrally
def loss_of_incorrect(
    scores: Scores,
    spans: Sequence[Incorrect],
    known: Evidence,
    weights: Tensor | None = None,
) -> tuple[Tensor, Scores]:
    """Negative log-likelihood that spans are wrong, each by itself, given all else that is known.

    scores (Scores): The scores.
    spans (Sequence[Incorrect]): The spans, at least one.
    known (Evidence): What is known of the tokens.
    weights (Optional[Tensor]): How much the spans of each document count; None if all count the
        same. shape: (documents,).
    RETURNS (Tuple[Tensor, Scores]): The losses and the gradient of their sum. shape: (spans,).
    RAISES (ValueError): A span is what is known to be so, or too long.
    """
    leaves = scores.as_leaves()
    portions = batched(
        spans, lambda span: _readings(span, scores.lengths, known.scheme), most=MAX_TOKENS
    )
    losses = [_loss_of_portion(leaves, portion, known, weights) for portion in portions]
    return torch.cat(losses), leaves.gradient()


def _readings(span: Incorrect, lengths: Sequence[int], scheme: TagScheme) -> int:
    """How many tokens are read for a span: its document once for each of its tokens, and once."""
    length = lengths[span.document]
    tokens = length * (1 + span.end - span.start)
    if tokens * len(scheme) > MOST_SCORES:
        message = Errors.E043.format(
            words=span.words,
            length=span.end - span.start,
            label=span.label,
            document=length,
            first_words=span.first_words,
        )
        raise CodedError(message)
    return tokens


def _loss_of_portion(
    leaves: Scores, spans: Sequence[Incorrect], known: Evidence, weights: Tensor | None
) -> Tensor:
    """The losses of some spans, whose gradient gathers on the leaves. shape: (spans,)."""
    scheme = known.scheme
    groups = [list(_others(span, leaves.lengths[span.document], scheme)) for span in spans]
    numbers = [span.document for span, group in zip(spans, groups, strict=True) for _ in group]
    part, tokens = leaves.of_documents(numbers)
    allowed = known.mask[tokens.cpu().numpy()]
    lattice = part.lattice(scheme).restrict(allowed)
    kept = allowed.copy()
    ends = np.cumsum(part.lengths).tolist()
    masks = (
        (span.start, mask) for span, group in zip(spans, groups, strict=True) for mask in group
    )
    for (start, mask), end, length in zip(masks, ends, part.lengths, strict=True):
        first = end - length + start
        kept[first : first + len(mask)] &= mask
    of_group = lattice.log_probability(kept).split([len(group) for group in groups])
    losses = -torch.stack([torch.logsumexp(group, 0) for group in of_group])
    _check(losses, spans)
    if weights is not None:
        losses = losses * weights[[span.document for span in spans]]
    losses.sum().backward()
    return losses.detach()


def _others(span: Incorrect, length: int, scheme: TagScheme) -> Iterator[Bools]:
    """Groups of tag sequences that have not exactly this span, which together are all of those.

    YIELDS (Bools): What tokens may be, from the span's first on. shape: (tokens, tags).
    """
    tags = _tags(span, scheme)
    own = tags[:, None] == np.arange(len(scheme))  # (tokens, tags)
    for i in range(len(own)):
        yield np.concatenate([own[:i], ~own[i : i + 1]])
    # In "bio" an entity ends where the next token does not go on.
    goes_on = scheme.continues & scheme.tags_of([span.label])
    if span.end < length and scheme.follows(tags[-1:], np.flatnonzero(goes_on)).any():
        yield np.concatenate([own, goes_on[None]])


def _tags(span: Incorrect, scheme: TagScheme) -> Ints:
    """The tags of a span's tokens. shape: (tokens,)."""
    length = span.end - span.start
    if span.label == OUTSIDE:
        return np.zeros(length, dtype=np.int64)
    label = scheme.labels.index(span.label)
    return scheme.encode(Spans(*np.array([[0], [length], [label]])), length)


def _check(losses: Tensor, spans: Sequence[Incorrect]) -> None:
    for impossible in torch.isinf(losses).nonzero().flatten().tolist():
        span = spans[impossible]
        message = Errors.E040.format(
            words=span.words,
            start=span.start,
            end=span.end - 1,
            first_words=span.first_words,
            label=span.label,
        )
        raise CodedError(message)
