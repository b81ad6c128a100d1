"""How far probabilities can be trusted: measures of forecasts beside what came of them."""

from typing import NamedTuple

import numpy as np

from ..types import Bools, Doubles, Ints

BINS = 15


class Forecasts(NamedTuple):
    """Forecasts, and what came of them. shape of each: (n,).

    probability (Doubles): The probability of each.
    right (Bools): Whether each came true.
    """

    probability: Doubles
    right: Bools


class Bins(NamedTuple):
    """Forecasts in bins of equal mass, from the least probable to the most. shape: (bins,).

    size (Ints): How many there are.
    forecast (Doubles): Their mean probability.
    observed (Doubles): The share of them that is right.
    """

    size: Ints
    forecast: Doubles
    observed: Doubles

    @property
    def error(self) -> float:
        """Expected calibration error: the mean distance of forecast and observed, by size.

        Naeini, Cooper and Hauskrecht 2015, https://ojs.aaai.org/index.php/AAAI/article/view/9602.
        """
        distance = np.abs(self.forecast - self.observed)
        return float((self.size * distance).sum() / max(1, self.size.sum()))


def make_bins(probability: Doubles, right: Bools, bins: int = BINS) -> Bins:
    """Sort forecasts into bins that hold equally many.

    probability (Doubles): The forecasts. shape: (n,).
    right (Bools): Whether each came true. shape: (n,).
    bins (int): How many; fewer if there are fewer forecasts.
    """
    order = np.argsort(probability, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    size = np.array([len(part) for part in parts], dtype=np.int64)
    forecast = np.array([probability[part].mean() for part in parts])
    return Bins(size, forecast, np.array([right[part].mean() for part in parts]))


class PerfectForecast(NamedTuple):
    """The calibration error that a forecaster shows by chance whose probabilities are exact.

    mean (float): Its mean.
    high (float): What it stays below in 95 of 100 cases.
    p_value (float): In what share of cases it is at least as large as the one that was measured,
        which counts as one of them.
    """

    mean: float
    high: float
    p_value: float


def perfect_forecast(probability: Doubles, error: float, draws: int = 1000) -> PerfectForecast:
    """Let every forecast come true as often as it says, many times over.

    probability (Doubles): The forecasts. shape: (n,).
    error (float): The calibration error that was measured with them.
    draws (int): How many times.
    """
    random = np.random.default_rng(0)
    errors = np.array(
        [
            make_bins(probability, random.random(len(probability)) < probability).error
            for _ in range(draws)
        ]
    )
    p_value = (1 + int((errors >= error).sum())) / (1 + draws)
    return PerfectForecast(float(errors.mean()), float(np.quantile(errors, 0.95)), p_value)


def ranking_quality(probability: Doubles, right: Bools) -> float:
    """Area under the ROC curve: how often a right one is more probable than a wrong one.

    Ties count half. By ranks (Hanley and McNeil 1982, "The meaning and use of the area under a
    receiver operating characteristic curve").

    RETURNS (float): Not a number if all are right or none is.
    """
    positive = int(right.sum())
    negative = len(right) - positive
    if not (positive and negative):
        return float("nan")
    _, place, count = np.unique(probability, return_inverse=True, return_counts=True)
    rank = np.cumsum(count) - (count - 1) / 2.0  # mean rank of each value
    above = rank[place][right].sum() - positive * (positive + 1) / 2.0
    return float(above / (positive * negative))


def precision_by_coverage(probability: Doubles, right: Bools) -> tuple[Doubles, Doubles]:
    """The share that is right among the most probable ones, for each number of them.

    RETURNS (Tuple[Doubles, Doubles]): The share of all that these are, and the share of these that
        is right. shape: (n,).
    """
    order = np.argsort(-probability, kind="stable")
    number = np.arange(1, len(order) + 1)
    return number / max(1, len(order)), np.cumsum(right[order]) / number
