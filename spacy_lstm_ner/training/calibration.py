"""Calibration: probabilities that are as often right as they say.

A model that was trained is as a rule too sure of itself. What corrects that is fitted on other data
than it was trained on: one temperature for all scores (Guo et al. 2017,
https://arxiv.org/abs/1706.04599), and then, for spans, a straight line on the scale of log-odds
(Platt 1999, "Probabilistic outputs for support vector machines") with a slope and an offset for
each label and an offset for each length.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..types import Doubles, Ints

# Spans of more tokens count as this long.
MAX_LENGTH = 4


@dataclass(frozen=True)
class Point:
    """An operating point: what is predicted, and what was promised of it.

    cuts (Mapping[str, float]): Probability above which it pays to predict an entity of a label;
        that of "" is for all labels that have none.
    promise (Mapping[str, Any]): What was promised, on what data, with how many mentions; see
        `guarantee`.
    """

    cuts: Mapping[str, float]
    promise: Mapping[str, Any]


def cuts_of(cuts: Mapping[str, float], labels: Sequence[str]) -> Doubles:
    """The cut of each of some labels, see `Point`. shape: (labels,)."""
    return np.array([cuts.get(label, cuts.get("", 0.5)) for label in labels])


@dataclass(frozen=True)
class Calibration:
    """How the probabilities of a model are corrected; as it is made, not at all.

    temperature (float): What all scores are divided by.
    lines (Mapping[str, Tuple[float, float]]): Slope and offset of the log-odds of a label's spans.
        Those of a label that is not there stay as they are.
    lengths (Sequence[float]): Offset of the log-odds of spans of one token, of two, and so on; the
        last is that of all longer ones.
    points (Mapping[str, Point]): The operating point of each mode that was fitted.
    """

    temperature: float = 1.0
    lines: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    lengths: Sequence[float] = (0.0,) * MAX_LENGTH
    points: Mapping[str, Point] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Write as plain data, to be saved."""
        points = {
            mode: {"cuts": dict(point.cuts), "promise": dict(point.promise)}
            for mode, point in self.points.items()
        }
        return {
            "temperature": self.temperature,
            "lines": {label: list(line) for label, line in self.lines.items()},
            "lengths": list(self.lengths),
            "points": points,
        }

    @classmethod
    def from_dict(cls, data: Any) -> "Calibration":
        """Read what `to_dict` wrote.

        RAISES (ValueError): It is something else.
        """
        try:
            lines = {label: (_above_zero(a), _finite(b)) for label, (a, b) in data["lines"].items()}
            points = {
                mode: Point(
                    {label: _above_zero(cut) for label, cut in point["cuts"].items()},
                    dict(point["promise"]),
                )
                for mode, point in data["points"].items()
            }
            lengths = tuple(map(_finite, data["lengths"]))
            if not lengths:
                raise ValueError("no lengths")
            return cls(_above_zero(data["temperature"]), lines, lengths, points)
        except (ArithmeticError, AttributeError, LookupError, TypeError) as error:
            raise ValueError(f"no calibration: {error}") from error

    def correct(
        self, probability: Doubles, *, labels: Sequence[str], label: Ints, length: Ints
    ) -> Doubles:
        """Correct the probabilities of spans. Those of 0 and 1 stay.

        probability (Doubles): What the lattice gives at the temperature. shape: (spans,).
        labels (Sequence[str]): The labels of the model.
        label (Ints): The place of each span's label in these. shape: (spans,).
        length (Ints): Tokens of each span. shape: (spans,).
        RETURNS (Doubles): shape: (spans,).
        """
        if not self.lines:
            return probability
        slope, offset = np.array([self.lines.get(name, (1.0, 0.0)) for name in labels]).T
        of_length = np.asarray(self.lengths)[length_place(length, len(self.lengths))]
        return from_log_odds(log_odds(probability) * slope[label] + offset[label] + of_length)

    def uncorrected(self, probability: float) -> float:
        """The least that a span of any label and length has before it is corrected to this much."""
        if not self.lines:
            return probability
        lines = [(1.0, 0.0), *self.lines.values()]
        odds = log_odds(np.array([probability]))
        needed = [
            (odds - offset - more) / slope for slope, offset in lines for more in self.lengths
        ]
        return float(from_log_odds(np.min(needed, axis=0))[0])


# Probabilities as the lattice gives them.
UNCORRECTED = Calibration()


def _finite(value: Any) -> float:
    number = float(value)
    if isinstance(value, (bool, str)) or not math.isfinite(number):
        raise ValueError(f"not a finite number: {value!r}")
    return number


def _above_zero(value: Any) -> float:
    number = _finite(value)
    if number <= 0:
        raise ValueError(f"not above 0: {value!r}")
    return number


def length_place(length: Ints, count: int = MAX_LENGTH) -> Ints:
    """The place of each length in a table of so many, of which the last is for longer ones too."""
    return np.minimum(length, count) - 1


def log_odds(probability: Doubles) -> Doubles:
    """Logarithms of the odds, infinite for what is sure."""
    with np.errstate(divide="ignore"):
        return np.log(probability) - np.log1p(-probability)


def from_log_odds(odds: Doubles) -> Doubles:
    """Probabilities of the logarithms of odds."""
    return np.exp(-np.logaddexp(0.0, -odds))
