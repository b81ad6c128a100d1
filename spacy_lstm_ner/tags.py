"""Tag schemes: entity spans as one tag per token, and which tag may follow which.

A model scores tags as integers. Tag 0 is "O"; each label then owns a block of consecutive tags, in
the order in which the labels were given, so that a label appended later leaves the numbers of all
earlier tags as they were.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from .errors import Errors
from .types import Bools, Ints

OUTSIDE = "O"
MISSING = "-"
SCHEMES = {"biluo": "BILU", "bio": "BI"}

# What the first letter of a tag means in the schemes found in files: BIO and IOB, BILUO, BIOES,
# BMEWO.
_BEGIN, _INSIDE, _LAST, _UNIT = "B", "I", "L", "U"
_MEANING = {"B": _BEGIN, "I": _INSIDE, "M": _INSIDE, "L": _LAST, "E": _LAST}
_MEANING.update({"U": _UNIT, "S": _UNIT, "W": _UNIT})


class TagError(ValueError):
    """A tag of no known scheme.

    position (int): Where it stands among its text's tags.
    """

    def __init__(self, tag: str, position: int) -> None:
        super().__init__(Errors.E001.format(tag=tag, prefixes=", ".join(_MEANING)))
        self.position = position


class Spans(NamedTuple):
    """Entity spans as three arrays of equal length, ordered by start.

    start (Ints): First token of each span.
    end (Ints): Token after the last of each span.
    label (Ints): Position of each span's label in the scheme's labels.
    """

    start: Ints
    end: Ints
    label: Ints


class TagScheme:
    """The tags of a list of labels, and the moves between them that make sense.

    labels (Sequence[str]): Entity labels; may contain hyphens.
    scheme (str): "biluo" (begin, inside, last, unit, outside) or "bio".
    """

    def __init__(self, labels: Sequence[str], *, scheme: str = "biluo") -> None:
        if scheme not in SCHEMES:
            raise ValueError(Errors.E002.format(scheme=scheme, expected=", ".join(SCHEMES)))
        for i, label in enumerate(labels):
            if label in labels[:i]:
                raise ValueError(Errors.E003.format(label=label))
        self.labels = tuple(labels)
        self.scheme = scheme
        self.prefixes = SCHEMES[scheme]
        self.tags = (OUTSIDE, *(f"{p}-{label}" for label in labels for p in self.prefixes))
        tag = np.arange(len(self.tags))
        # Kind of each tag as a position in `prefixes`, -1 for "O"; label likewise.
        self._kind = np.where(tag == 0, -1, (tag - 1) % len(self.prefixes))
        self._label = np.where(tag == 0, -1, (tag - 1) // len(self.prefixes))

    def __len__(self) -> int:
        return len(self.tags)

    def _is(self, prefixes: str) -> Bools:
        """Whether each tag has one of the given prefixes."""
        kinds = [self.prefixes.index(p) for p in prefixes if p in self.prefixes]
        return np.isin(self._kind, kinds)

    @property
    def label_of_tag(self) -> Ints:
        """Position of each tag's label in `labels`, -1 for "O". shape: (tags,)."""
        return self._label

    @cached_property
    def starts(self) -> Bools:
        """Tags that may come first. shape: (tags,)."""
        return ~self._is("IL")

    @cached_property
    def ends(self) -> Bools:
        """Tags that may come last. shape: (tags,)."""
        return ~self._is("BI") if self.scheme == "biluo" else np.ones(len(self), dtype=bool)

    @cached_property
    def opens(self) -> Bools:
        """Tags of an entity's first token. shape: (tags,)."""
        return self._is("BU")

    @cached_property
    def closes(self) -> Bools:
        """Tags which only an entity's last token has. shape: (tags,)."""
        return self._is("LU")

    @cached_property
    def edges(self) -> Bools:
        """Tags of an entity's first or last token, which whitespace cannot have.

        In "bio", where any token inside may be the last, all tags but "O". shape: (tags,).
        """
        return self.opens | (self.closes if self.scheme == "biluo" else np.arange(len(self)) > 0)

    @cached_property
    def legal(self) -> Bools:
        """Whether the tag of a column may follow the tag of a row. shape: (tags, tags)."""
        same_label = self._label[:, None] == self._label[None, :]
        continues = self._is("BI")[:, None] & self._is("IL")[None, :] & same_label
        return (self.ends[:, None] & self.starts[None, :]) | continues

    def encode(self, spans: Spans, length: int) -> Ints:
        """Write spans as tags.

        spans (Spans): Spans that do not overlap.
        length (int): Number of tokens.
        RETURNS (Ints): One tag per token. shape: (length,).
        """
        tags = np.zeros(length, dtype=np.int64)
        first = 1 + spans.label * len(self.prefixes)
        inside = np.repeat(first + self.prefixes.index("I"), spans.end - spans.start)
        tags[_ranges(spans.start, spans.end)] = inside
        if self.scheme == "biluo":
            tags[spans.end - 1] = first + self.prefixes.index("L")
        tags[spans.start] = first + self.prefixes.index("B")
        if self.scheme == "biluo":
            unit = spans.end - spans.start == 1
            tags[spans.start[unit]] = first[unit] + self.prefixes.index("U")
        return tags

    def decode(self, tags: Ints) -> Spans:
        """Read spans from a legal sequence of tags, or from several laid end to end.

        tags (Ints): One tag per token. shape: (tokens,).
        RETURNS (Spans): The spans, by start.
        """
        start = np.flatnonzero(self.opens[tags])
        if self.scheme == "biluo":
            end = np.flatnonzero(self.closes[tags]) + 1
        else:
            # An entity ends before the first token that does not continue it.
            continued = np.append(self._is("I")[tags[1:]], False)
            end = np.flatnonzero((tags > 0) & ~continued) + 1
        return Spans(start, end, self._label[tags[start]])


def spans_from_tags(tags: Sequence[str]) -> tuple[list[tuple[int, int, str]], int]:
    """Read spans from tags as found in files, in whichever of the usual schemes.

    An inside or last tag that continues nothing starts an entity, as conlleval reads it.

    tags (Sequence[str]): One tag per token; "-" stands for a token without annotation.
    RETURNS (Tuple[List[Tuple[int, int, str]], int]): (start, end, label) of each span, and how
        many starts had to be repaired.
    RAISES (TagError): A tag is of no known scheme.
    """
    spans: list[tuple[int, int, str]] = []
    repaired = 0
    start, label = 0, ""  # the open entity, none if label is empty
    for i, tag in enumerate(tags):
        meaning, tag_label = _split_tag(tag, i)
        continues = meaning in (_INSIDE, _LAST) and tag_label == label
        if label and not continues:
            spans.append((start, i, label))
            label = ""
        if tag_label and not continues:
            start, label = i, tag_label
            repaired += meaning in (_INSIDE, _LAST)
        if label and meaning in (_LAST, _UNIT):
            spans.append((start, i + 1, label))
            label = ""
    if label:
        spans.append((start, len(tags), label))
    return spans, repaired


def _split_tag(tag: str, position: int) -> tuple[str, str]:
    """Meaning and label of a tag; both empty outside of entities."""
    if tag in (OUTSIDE, MISSING):
        return "", ""
    prefix, hyphen, label = tag.partition("-")
    if prefix not in _MEANING or not hyphen or not label:
        raise TagError(tag, position)
    return _MEANING[prefix], label


def _ranges(start: Ints, end: Ints) -> Ints:
    """The positions from each start up to its end, end to end."""
    length = end - start
    skipped = np.repeat(start - np.cumsum(length) + length, length)
    return np.arange(length.sum()) + skipped
