"""Promises of precision or recall, by tests that hold for any number of mentions.

Learn then test (Angelopoulos, Bates, Candès, Jordan and Lei 2021, https://arxiv.org/abs/2110.01052):
every cut is a hypothesis, that the precision (or recall) at it is below what is wanted. Cuts are
tested in an order that does not depend on what came true, each at the same level, until one is not
rejected; the last that was is taken (fixed-sequence testing, by which the chance to promise wrongly
is that of a single test). The test is the exact binomial one. It also holds where probabilities
differ from mention to mention (Hoeffding 1956, https://doi.org/10.1214/aoms/1177728178), but it
takes mentions as independent of each other and of the text as a whole: what is promised is promised
for text like the one that was calibrated on, and for no other.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple, NoReturn, TypeAlias

import numpy as np

from ..errors import CodedError, Errors
from ..types import Doubles

# Cuts that are tested, from the strictest to the most lenient.
CUTS: Sequence[float] = tuple(
    (1.0 / (1.0 + np.exp(-np.linspace(6.0, -4.5, 169)))).round(6).tolist()
)
# Precision is first tested at the strictest cut with so many times the mentions without which
# nothing can be promised, and no fewer than some: those would be tested in vain as soon as a few of
# them are wrong.
ROOM, FEW = 4, 100


class Count(NamedTuple):
    """How many mentions there are at a cut, and how many of them are right (or found)."""

    total: int
    right: int


Counts: TypeAlias = Callable[[float], Count]


def binomial_tail(count: Count, level: float) -> float:
    """The chance of so many right ones, or more, if each is right with the given probability.

    count (Count): What was counted.
    level (float): The probability, between 0 and 1.
    RETURNS (float): The p-value of the hypothesis that it is no more than that.
    """
    total, right = count
    number = np.arange(right, total + 1)
    log_choose = _log_factorials(total)
    terms = log_choose[total] - log_choose[number] - log_choose[total - number]
    terms = terms + number * math.log(level) + (total - number) * math.log1p(-level)
    highest = terms.max()
    return min(1.0, float(np.exp(highest) * np.exp(terms - highest).sum()))


def _log_factorials(n: int) -> Doubles:
    return np.append(0.0, np.cumsum(np.log(np.arange(1, n + 1))))


def needed(level: float, confidence: float) -> int:
    """The least number of mentions with which anything can be promised: if all are right.

    level (float): The precision or recall to promise.
    confidence (float): The probability with which the promise is to hold.
    """
    return math.ceil(math.log(1.0 - confidence) / math.log(level))


def promise_precision(counts: Counts, level: float, confidence: float) -> float:
    """The most lenient cut with which a precision can be promised.

    counts (Callable[[float], Count]): Counts the entities that are predicted at a cut.
    level (float): The precision.
    confidence (float): The probability with which the promise is to hold.
    RETURNS (float): The cut.
    RAISES (ValueError): Nothing can be promised.
    """
    least = needed(level, confidence)
    found = [counts(cut) for cut in CUTS]
    right = max(count.right for count in found)
    if right < least:
        _refuse(Errors.E160, "precision", level, confidence, needed=least, total=right)
    totals = [count.total for count in found]
    enough = max(ROOM * least, FEW)
    if max(totals) < enough:
        enough = least
    first = next(i for i, total in enumerate(totals) if total >= enough)
    return _last_rejected("precision", counts, CUTS[first:], level, confidence)


def promise_recall(counts: Counts, level: float, confidence: float) -> float:
    """The strictest cut with which a recall can be promised.

    counts (Callable[[float], Count]): Counts the annotated entities, of which those that are
        predicted at a cut are right.
    level (float): The recall.
    confidence (float): The probability with which the promise is to hold.
    RETURNS (float): The cut.
    RAISES (ValueError): Nothing can be promised.
    """
    least, total = needed(level, confidence), counts(CUTS[-1]).total
    if total < least:
        _refuse(Errors.E160, "recall", level, confidence, needed=least, total=total)
    return _last_rejected("recall", counts, CUTS[::-1], level, confidence)


def _last_rejected(
    kind: str, counts: Counts, cuts: Sequence[float], level: float, confidence: float
) -> float:
    chosen = None
    for cut in cuts:
        if binomial_tail(counts(cut), level) > 1.0 - confidence:
            break
        chosen = cut
    if chosen is None:
        total, right = counts(cuts[0])
        _refuse(Errors.E161, kind, level, confidence, total=total, right=right)
    return chosen


def _refuse(message: str, kind: str, level: float, confidence: float, **numbers: int) -> NoReturn:
    given = {"kind": kind, "level": f"{level:g}", "confidence": f"{confidence:g}"}
    raise CodedError(message.format(**given, **numbers))
