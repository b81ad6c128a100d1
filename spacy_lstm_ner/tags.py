"""Tag schemes: entity spans as one tag per token, and which tag may follow which.

A model scores tags as integers. Tag 0 is "O"; each label then owns a block of consecutive tags, in
the order in which the labels were given, so that a label appended later leaves the numbers of all
earlier tags as they were.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from .errors import CodedError, Errors
from .types import Bools, Floats, Ints

OUTSIDE = "O"
MISSING = "-"
SCHEMES = {"biluo": "BILU", "bio": "BI"}

# What the first letter of a tag means in the schemes found in files: BIO and IOB, BILUO, BIOES,
# BMEWO.
_BEGIN, _INSIDE, _LAST, _UNIT = "B", "I", "L", "U"
_MEANING = {"B": _BEGIN, "I": _INSIDE, "M": _INSIDE, "L": _LAST, "E": _LAST}
_MEANING.update({"U": _UNIT, "S": _UNIT, "W": _UNIT})


class TagError(CodedError):
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

    def where(self, mask: Bools) -> "Spans":
        """Those that a mask is true for. shape: (spans,)."""
        return Spans(self.start[mask], self.end[mask], self.label[mask])


class Block(NamedTuple):
    """Moves from each of some tags to each of some others; several such of the same size.

    sources (Ints): shape: (groups, sources).
    targets (Ints): shape: (groups, targets).
    """

    sources: Ints
    targets: Ints


def find_blocks(legal: Bools) -> list[Block]:
    """Blocks of moves that hold every legal one.

    legal (Bools): Whether the column's tag may follow the row's. shape: (tags, tags).
    RETURNS (List[Block]): The blocks; every tag is among the targets of exactly one.
    """
    targets_of: dict[bytes, list[int]] = defaultdict(list)
    for target, sources in enumerate(legal.T):
        targets_of[sources.tobytes()].append(target)
    of_size: dict[tuple[int, int], list[tuple[Ints, list[int]]]] = defaultdict(list)
    for targets in targets_of.values():
        sources = np.flatnonzero(legal[:, targets[0]])
        of_size[len(sources), len(targets)].append((sources, targets))
    return [
        Block(np.stack([sources for sources, _ in groups]), np.array([t for _, t in groups]))
        for groups in of_size.values()
    ]


class TagScheme:
    """The tags of a list of labels, and the moves between them that make sense.

    labels (Sequence[str]): Entity labels; may contain hyphens.
    scheme (str): "biluo" (begin, inside, last, unit, outside) or "bio".
    """

    def __init__(self, labels: Sequence[str], *, scheme: str = "biluo") -> None:
        if scheme not in SCHEMES:
            raise CodedError(Errors.E002.format(scheme=scheme, expected=", ".join(SCHEMES)))
        self.labels = tuple(labels)
        self._number = {label: i for i, label in enumerate(labels)}
        if len(self._number) < len(labels):
            repeated = next(label for i, label in enumerate(labels) if self._number[label] != i)
            raise CodedError(Errors.E003.format(label=repeated))
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
        return ~self.continues

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
        """Tags which only an entity's first or last token has. shape: (tags,)."""
        return self.opens | self.closes

    @cached_property
    def continues(self) -> Bools:
        """Tags of an entity's tokens after the first. shape: (tags,)."""
        return self._is("IL")

    @property
    def continuing(self) -> slice:
        """Where in `prefixes` those are that continue an entity: "I" and "L", or "I" alone."""
        return slice(1, 3 if self.scheme == "biluo" else 2)

    @cached_property
    def legal(self) -> Bools:
        """Whether the tag of a column may follow the tag of a row. shape: (tags, tags)."""
        tags = np.arange(len(self))
        return self.follows(tags[:, None], tags[None, :])

    def follows(self, before: Ints, tags: Ints) -> Bools:
        """Whether each of some tags may follow each of some others; of one shape."""
        continues = self._is("BI")[before] & self.continues[tags]
        continues &= self._label[before] == self._label[tags]
        return (self.ends[before] & self.starts[tags]) | continues

    @cached_property
    def blocks(self) -> list[Block]:
        """The legal moves, gathered into blocks."""
        return find_blocks(self.legal)

    @cached_property
    def illegal_scores(self) -> Floats:
        """What to add to scores of moves: minus infinity where not legal. shape: (tags, tags)."""
        return np.where(self.legal, 0.0, -np.inf).astype(np.float32)

    def tags_with(self, prefix: str) -> Ints:
        """The tag with a prefix of each label, such as every "B" tag. shape: (labels,)."""
        return 1 + np.arange(len(self.labels)) * len(self.prefixes) + self.prefixes.index(prefix)

    def tags_of(self, labels: Iterable[str]) -> Bools:
        """Tags inside entities of the given labels; labels not in the scheme have none.

        RETURNS (Bools): shape: (tags,).
        """
        numbers = [self._number[label] for label in labels if label in self._number]
        return np.isin(self._label, numbers)

    def encode(self, spans: Spans, length: int) -> Ints:
        """Write spans as tags.

        spans (Spans): Spans that do not overlap.
        length (int): Number of tokens.
        RETURNS (Ints): One tag per token. shape: (length,).
        """
        tags = np.zeros(length, dtype=np.int64)
        first = 1 + spans.label * len(self.prefixes)
        inside = np.repeat(first + self.prefixes.index("I"), spans.end - spans.start)
        tags[ranges(spans.start, spans.end)] = inside
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


def are_labels(labels: Any) -> bool:
    """Whether something that was read from a file, or given by a user, is a list of labels."""
    is_list = isinstance(labels, (list, tuple))
    return is_list and all(isinstance(label, str) and label for label in labels)


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


def spread_tag(tag: str, count: int) -> list[str]:
    """Find the tags of several tokens that have one together, such as the words of a contraction.

    tag (str): The tag, in whichever of the usual schemes.
    count (int): How many tokens there are.
    RETURNS (List[str]): One tag per token: the same if it is of no entity, or of no known scheme.
    """
    prefix, _, label = tag.partition("-")
    meaning = _MEANING.get(prefix)
    if count < 2 or not meaning or not label:
        return [tag] * count
    first = _BEGIN if meaning in (_BEGIN, _UNIT) else _INSIDE
    last = _LAST if meaning in (_LAST, _UNIT) else _INSIDE
    return [f"{prefix}-{label}" for prefix in (first, *[_INSIDE] * (count - 2), last)]


def _split_tag(tag: str, position: int) -> tuple[str, str]:
    """Meaning and label of a tag; both empty outside of entities."""
    if tag in (OUTSIDE, MISSING):
        return "", ""
    prefix, hyphen, label = tag.partition("-")
    if prefix not in _MEANING or not hyphen or not label:
        raise TagError(tag, position)
    return _MEANING[prefix], label


def ranges(start: Ints, end: Ints) -> Ints:
    """The positions from each start up to its end, end to end."""
    length = end - start
    skipped = np.repeat(start - np.cumsum(length) + length, length)
    return np.arange(length.sum()) + skipped
