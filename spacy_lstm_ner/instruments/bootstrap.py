"""Scores, and how far they would be from that on other documents like these.

The documents are drawn anew, as many as there are and with replacement, many times over: Efron
1979, "Bootstrap methods". Scores of two pipelines on the same draws are compared in pairs:
Berg-Kirkpatrick, Burkett and Klein 2012, https://aclanthology.org/D12-1091.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..types import Doubles, Ints
from .readings import Reading

DRAWS, SEED = 2000, 0
# Between these shares of the draws lies an interval.
BOUNDS = (0.025, 0.975)
# As spaCy's scorer has it: what is divided by nothing is 0.
TINY = 1e-100


class Interval(NamedTuple):
    """Where a score lies in 95 of 100 draws."""

    low: float
    high: float


class Score(NamedTuple):
    """The score of one label, or of all.

    label (str): The label, empty for all.
    right, predicted, annotated (int): How many entities are both, and each.
    precision, recall, f1 (float): As spaCy's scorer computes them.
    interval (Interval): Where F1 would be on other documents.
    """

    label: str
    right: int
    predicted: int
    annotated: int
    precision: float
    recall: float
    f1: float
    interval: Interval


class Difference(NamedTuple):
    """How much better than another a pipeline is, in F1.

    label (str): The label, empty for all.
    f1 (float): The difference.
    interval (Interval): Where it would be on other documents.
    p_value (float): In what share of draws chance alone moves it as far from 0 or farther; what was
        measured counts as one of them.
    """

    label: str
    f1: float
    interval: Interval
    p_value: float


def score(readings: Sequence[Reading], labels: Sequence[str]) -> list[Score]:
    """Score all labels together, and then each.

    readings (Sequence[Reading]): The documents.
    labels (Sequence[str]): The labels.
    """
    counts = _count(readings, labels)
    total = counts.sum(0)
    columns = [*total.T, *_rates(total)]
    intervals = _intervals(_drawn_f1(counts))
    return [
        Score(
            label, int(right), int(predicted), int(annotated), float(p), float(r), float(f), bounds
        )
        for label, right, predicted, annotated, p, r, f, bounds in zip(
            ["", *labels], *columns, intervals, strict=True
        )
    ]


def compare(
    ours: Sequence[Reading], theirs: Sequence[Reading], labels: Sequence[str]
) -> list[Difference]:
    """Compare two pipelines on all labels together, and then on each.

    ours, theirs (Sequence[Reading]): The same documents, as each reads them.
    labels (Sequence[str]): The labels.
    """
    counts = _count(ours, labels), _count(theirs, labels)
    one, other = (_rates(count.sum(0))[2] for count in counts)
    # The draws of both are the same, since they start from the same seed.
    drawn = _drawn_f1(counts[0]) - _drawn_f1(counts[1])
    difference = one - other
    moved = np.abs(drawn - difference) >= np.abs(difference) - 1e-12
    p_values = (1 + moved.sum(0)) / (1 + DRAWS)
    columns = zip(["", *labels], difference, _intervals(drawn), p_values, strict=True)
    return [Difference(label, float(d), interval, float(p)) for label, d, interval, p in columns]


def _count(readings: Sequence[Reading], labels: Sequence[str]) -> Ints:
    """Right, predicted and annotated entities. shape: (documents, 1 + labels, 3)."""
    number = {label: i for i, label in enumerate(labels, start=1)}
    counts = np.zeros((len(readings), 1 + len(labels), 3), dtype=np.int64)
    for of_document, reading in zip(counts, readings, strict=True):
        for mention in reading.predicted:
            of_document[number[mention.label], :2] += mention.right, 1
        for mention in reading.gold:
            of_document[number[mention.label], 2] += 1
    counts[:, 0] = counts.sum(1)
    return counts


def _rates(counts: Ints | Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """Precision, recall and F1 of right, predicted and annotated entities. shape: (..., 3)."""
    right, predicted, annotated = np.moveaxis(counts, -1, 0)
    precision, recall = right / (predicted + TINY), right / (annotated + TINY)
    return precision, recall, 2 * ((precision * recall) / (precision + recall + TINY))


def _drawn_f1(counts: Ints) -> Doubles:
    """F1 in each draw. shape: (draws, 1 + labels)."""
    random, documents = np.random.default_rng(SEED), len(counts)
    table = counts.reshape(documents, -1).astype(float)
    drawn = np.empty((DRAWS, table.shape[1]))
    for draw in drawn:
        times = np.bincount(random.integers(documents, size=documents), minlength=documents)
        draw[:] = times @ table
    return _rates(drawn.reshape(DRAWS, *counts.shape[1:]))[2]


def _intervals(drawn: Doubles) -> list[Interval]:
    return [Interval(*map(float, pair)) for pair in np.quantile(drawn, BOUNDS, axis=0).T]
