"""Four ways to count an entity that is almost right.

They are the schemas of task 9.1 of SemEval-2013: Segura-Bedmar, Martínez and Herrero-Zazo 2013,
https://aclanthology.org/S13-2056. Entities are matched as the package `nervaluate` matches them.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from .readings import Mention, Reading

# What becomes of a pair of an annotated and a predicted entity that overlap: "correct", "incorrect"
# or "partial".
Judge: TypeAlias = Callable[[Mention, Mention], str]


@dataclass(frozen=True)
class Tally:
    """How many entities became what under a schema.

    correct, incorrect, partial (int): Pairs of an annotated and a predicted entity.
    missed (int): Annotated entities without a predicted one.
    spurious (int): Predicted entities without an annotated one.
    """

    correct: int = 0
    incorrect: int = 0
    partial: int = 0
    missed: int = 0
    spurious: int = 0

    @property
    def precision(self) -> float:
        """The share of predicted entities that is correct, a partial one as half of one."""
        pairs = self.correct + self.incorrect + self.partial
        return (self.correct + self.partial / 2) / max(1, pairs + self.spurious)

    @property
    def recall(self) -> float:
        """The share of annotated entities that is found, a partial one as half of one."""
        pairs = self.correct + self.incorrect + self.partial
        return (self.correct + self.partial / 2) / max(1, pairs + self.missed)

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def _strict(gold: Mention, predicted: Mention) -> str:
    same = _has_bounds(gold, predicted) and gold.label == predicted.label
    return "correct" if same else "incorrect"


def _exact(gold: Mention, predicted: Mention) -> str:
    return "correct" if _has_bounds(gold, predicted) else "incorrect"


def _partial(gold: Mention, predicted: Mention) -> str:
    return "correct" if _has_bounds(gold, predicted) else "partial"


def _type(gold: Mention, predicted: Mention) -> str:
    return "correct" if gold.label == predicted.label else "incorrect"


SCHEMAS: dict[str, Judge] = {
    "strict": _strict,
    "exact": _exact,
    "partial": _partial,
    "type": _type,
}


def tally(readings: Iterable[Reading], schema: str) -> Tally:
    """Count what became of all entities.

    readings (Iterable[Reading]): The documents.
    schema (str): "strict" asks for the right bounds and label, "exact" for the right bounds,
        "partial" for the right bounds as well, but counts others as half, and "type" for the right
        label.
    """
    judge = SCHEMAS[schema]
    groups = (group for reading in readings for group in reading.groups())
    return Tally(**Counter(outcome for group in groups for outcome in _match(*group, judge)))


def _match(gold: list[Mention], predicted: list[Mention], judge: Judge) -> Iterator[str]:
    """Match each predicted entity in turn: with the best that overlaps, or the first of those."""
    free = list(gold)
    for mention in predicted:
        overlapping = [other for other in free if mention.overlap(other)]
        if not overlapping:
            yield "spurious"
            continue
        correct = [other for other in overlapping if judge(other, mention) == "correct"]
        partner = min(correct or overlapping[:1], key=lambda other: _distance(other, mention))
        free.remove(partner)
        yield judge(partner, mention)
    yield from ["missed"] * len(free)


def _has_bounds(one: Mention, other: Mention) -> bool:
    return (one.start, one.end) == (other.start, other.end)


def _distance(one: Mention, other: Mention) -> int:
    return abs(one.start - other.start) + abs(one.end - other.end)
