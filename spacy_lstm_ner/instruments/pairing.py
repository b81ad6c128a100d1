"""Which predicted entity answers which annotated one, and what is wrong with it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple

from .readings import Mention, Reading


class Cause(Enum):
    """What is wrong with a pair, as a heading says it."""

    LABEL = "Right span, wrong label"
    BOUNDARY = "Right label, wrong boundary"
    BOTH = "Wrong boundary and label, but overlapping"
    SPURIOUS = "Spurious: predicted, but not annotated"
    MISSED = "Missed: annotated, but not predicted"


class Pair(NamedTuple):
    """An annotated entity and the predicted one that answers it, or one of them alone."""

    gold: Mention | None
    predicted: Mention | None

    @property
    def cause(self) -> Cause | None:
        """What is wrong; None if nothing is."""
        match self:
            case (None, _):
                return Cause.SPURIOUS
            case (_, None):
                return Cause.MISSED
            case (Mention() as gold, Mention() as predicted):
                same_label = gold.label == predicted.label
                if (gold.start, gold.end) == (predicted.start, predicted.end):
                    return None if same_label else Cause.LABEL
                return Cause.BOUNDARY if same_label else Cause.BOTH
        raise AssertionError(self)


def pair(reading: Reading) -> Iterator[Pair]:
    """Pair the entities of a document, each at most once.

    Equal ones go together first, then those with the same tokens, then those that overlap: with the
    same label before others, and with many tokens in common before few.

    reading (Reading): The document.
    YIELDS (Pair): Pairs, and what has no partner.
    """
    for gold, predicted in reading.groups():
        pairs = [(one, other) for one in gold for other in predicted if one.overlap(other)]
        for one, other in sorted(pairs, key=_closeness):
            if one in gold and other in predicted:
                gold.remove(one)
                predicted.remove(other)
                yield Pair(one, other)
        yield from (Pair(mention, None) for mention in gold)
        yield from (Pair(None, mention) for mention in predicted)


def confusion(pairs: Iterable[Pair]) -> Counter[tuple[str, str]]:
    """How often each label was predicted where each was annotated, an empty one for no entity."""
    return Counter(
        (pair.gold.label if pair.gold else "", pair.predicted.label if pair.predicted else "")
        for pair in pairs
    )


def _closeness(pair: tuple[Mention, Mention]) -> tuple[bool, bool, int, int]:
    """Less for what goes together sooner."""
    one, other = pair
    same_span = (one.start, one.end) == (other.start, other.end)
    return not same_span, one.label != other.label, -one.overlap(other), one.start
