"""Finding the operating point that keeps a promise."""

from collections.abc import Mapping
from functools import cache

from ..errors import CodedError
from .calibration import Point
from .guarantee import CUTS, Count, binomial_tail, promise_precision, promise_recall
from .outcomes import Outcomes

# The cut of labels that nothing is promised for: what no probability is above, or all are.
REST = {"precision": 1.0, "recall": CUTS[-1]}


def fit_point(
    outcomes: Outcomes, kind: str, level: float, confidence: float, *, per_label: bool, text: str
) -> Point:
    """Find the most lenient point that keeps a precision, or the strictest that keeps a recall.

    For each label by itself, one without enough mentions is promised nothing: it is then never
    predicted if precision is promised, and at the slightest chance if recall is.

    outcomes (Outcomes): What the probabilities, as they are after calibration, led to.
    kind (str): "precision" or "recall".
    level (float): The precision or recall to promise.
    confidence (float): The probability with which each promise is to hold.
    per_label (bool): Whether to promise it for each label; else for all entities together.
    text (str): The name of the text, for the record.
    RETURNS (Point): The point, with a record of the promise.
    RAISES (ValueError): Nothing can be promised.
    """
    search = _Search(outcomes, kind, level, confidence)
    cuts = search.per_label() if per_label else {"": search.cut("")}
    if per_label:
        cuts = {**cuts, "": REST[kind]}
    counts = search.counts(cuts)
    promised = [label for label in cuts if label or not per_label]
    promise = {
        "kind": kind,
        "level": level,
        "confidence": confidence,
        "text": text,
        "mentions": {label: counts[label]._asdict() for label in promised},
    }
    return Point(cuts, promise)


class _Search:
    """The search for cuts in one set of outcomes."""

    def __init__(self, outcomes: Outcomes, kind: str, level: float, confidence: float) -> None:
        self._outcomes, self._kind = outcomes, kind
        self._level, self._confidence = level, confidence
        self._at = cache(lambda cut: self.counts({"": cut}))

    def counts(self, cuts: Mapping[str, float]) -> Mapping[str, Count]:
        """What there is of each label, and of all of them under "", at some cuts."""
        chosen = self._outcomes.chosen(cuts)
        precision = self._kind == "precision"
        count = self._outcomes.precision if precision else self._outcomes.recall
        return {label: count(chosen, label) for label in ("", *self._outcomes.labels)}

    def cut(self, label: str) -> float:
        """The cut of one label, if it is that of all others too."""
        promise = {"precision": promise_precision, "recall": promise_recall}[self._kind]
        return promise(lambda cut: self._at(cut)[label], self._level, self._confidence)

    def per_label(self) -> dict[str, float]:
        """The cut of each label that anything can be promised for.

        What is predicted of one label can keep out what overlaps it of another. So all cuts are
        tested once more together, and those that do not hold are moved to the careful side.
        """
        cuts: dict[str, float] = {}
        problem = None
        for label in self._outcomes.labels:
            try:
                cuts[label] = self.cut(label)
            except CodedError as error:
                problem = error
        while broken := self._broken(cuts):
            for label in broken:
                place = CUTS.index(cuts[label]) + (-1 if self._kind == "precision" else 1)
                if 0 <= place < len(CUTS):
                    cuts[label] = CUTS[place]
                else:
                    del cuts[label]
        if not cuts and problem is not None:
            raise problem
        return cuts

    def _broken(self, cuts: Mapping[str, float]) -> list[str]:
        counts = self.counts({**cuts, "": REST[self._kind]})
        allowed = 1.0 - self._confidence
        return [label for label in cuts if binomial_tail(counts[label], self._level) > allowed]
