"""Choosing spans that do not overlap."""

import numpy as np

from ...tags import Spans
from ...types import Bools, Doubles


def choose_spans(spans: Spans, gains: Doubles) -> Bools:
    """Of spans that may overlap, choose those without overlap that gain most together.

    Weighted interval scheduling (Kleinberg and Tardos 2006, "Algorithm Design", 6.1), exact: the
    best choice among the spans up to one of them either leaves it out, or is it and the best choice
    among those that end before it starts. With a gain of p - t for a span of probability p, the
    choice is the best in expectation where a right entity gains 1 - t and a wrong one costs t.

    spans (Spans): The spans, in any order.
    gains (Doubles): What each gains; those that gain nothing are left out. shape: (spans,).
    RETURNS (Bools): Whether each is chosen. shape: (spans,).
    """
    chosen = np.zeros(len(gains), dtype=bool)
    worth = np.flatnonzero(gains > 0)
    order = worth[np.argsort(spans.end[worth], kind="stable")]
    # How many of the spans in that order end before each starts.
    before = np.searchsorted(spans.end[order], spans.start[order], side="right").tolist()
    totals, takes = [0.0], []  # the best gain among the first so many; whether that has the last
    for earlier, gain in zip(before, gains[order].tolist(), strict=True):
        takes.append(totals[earlier] + gain > totals[-1])
        totals.append(max(totals[earlier] + gain, totals[-1]))
    left = len(order)
    while left:
        left -= 1
        if takes[left]:
            chosen[order[left]] = True
            left = before[left]
    return chosen
