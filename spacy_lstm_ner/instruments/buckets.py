"""Scores of entities of a kind: by length, by capitals, by what training showed of them.

An annotated entity is in the bucket of its own words and label, and so is a predicted one: recall
is of the annotated ones in a bucket, precision of the predicted ones. After ExplainaBoard (Liu et
al. 2021, https://aclanthology.org/2021.acl-demo.34).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeAlias

from .familiarity import Seen, Words
from .readings import Mention, Reading

# Tells the bucket of an entity of a document.
Kind: TypeAlias = Callable[[Reading, Mention], str]

LENGTHS = ("1 token", "2 tokens", "3 tokens", "4 tokens", "5 or more")
CAPITALS = ("Title", "UPPER", "lower", "mIxed", "without case")
SEEN = ("with this label", "with another label", "never as an entity")
FREQUENCIES = ("never", "once", "2 to 4 times", "5 to 19 times", "20 times or more")


class Bucket(NamedTuple):
    """Entities of a kind.

    name (str): What they have in common.
    right, predicted, annotated (int): How many of them are both, and each.
    """

    name: str
    right: int
    predicted: int
    annotated: int

    @property
    def precision(self) -> float | None:
        """The share of predicted ones that is right; None if there are none."""
        return self.right / self.predicted if self.predicted else None

    @property
    def recall(self) -> float | None:
        """The share of annotated ones that is found; None if there are none."""
        return self.right / self.annotated if self.annotated else None

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.right / max(1, self.predicted + self.annotated)


def sort_into(names: Iterable[str], kind: Kind, readings: Iterable[Reading]) -> list[Bucket]:
    """Sort entities into buckets.

    names (Iterable[str]): The buckets; those that stay empty are left out.
    kind (Kind): Tells the bucket of an entity.
    readings (Iterable[Reading]): The documents.
    RETURNS (List[Bucket]): The buckets, in the order of their names.
    """
    counts = {name: [0, 0, 0] for name in names}
    for reading in readings:
        for mention in reading.predicted:
            count = counts[kind(reading, mention)]
            count[0] += mention.right
            count[1] += 1
        for mention in reading.gold:
            counts[kind(reading, mention)][2] += 1
    return [Bucket(name, *count) for name, count in counts.items() if any(count)]


def by_source(reading: Reading, mention: Mention) -> str:
    """The bucket of an entity: the file that it is from."""
    return reading.source


def by_length(reading: Reading, mention: Mention) -> str:
    """The bucket of an entity among LENGTHS."""
    return LENGTHS[min(len(mention), len(LENGTHS)) - 1]


def by_capitals(reading: Reading, mention: Mention) -> str:
    """The bucket of an entity among CAPITALS.

    In Title the first letter is a capital, and none is within a word: "Bank of England".
    """
    words = reading.words_of(mention)
    text = " ".join(words)
    if text.lower() == text.upper():
        return "without case"
    if text.isupper():
        return "UPPER"
    if text.islower():
        return "lower"
    first = next(letter for letter in text if letter.lower() != letter.upper())
    within = any(word[1:] != word[1:].lower() for word in words)
    return "Title" if first.isupper() and not within else "mIxed"


def by_seen(seen: Mapping[Words, Seen]) -> Kind:
    """Tells the bucket of an entity among SEEN, by what training has of it as it is written."""

    def kind(reading: Reading, mention: Mention) -> str:
        labels = _as_written(seen[reading.words_of(mention)]).labels
        return SEEN[0] if mention.label in labels else SEEN[1] if labels else SEEN[2]

    return kind


def by_frequency(seen: Mapping[Words, Seen]) -> Kind:
    """Tells the bucket of an entity among FREQUENCIES, by how often it is one in training."""

    def kind(reading: Reading, mention: Mention) -> str:
        times = _as_written(seen[reading.words_of(mention)]).entities
        return FREQUENCIES[sum(times >= least for least in (1, 2, 5, 20))]

    return kind


def _as_written(seen: Seen) -> Seen:
    return seen if seen.as_written else Seen()
