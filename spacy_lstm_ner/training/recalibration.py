"""Fitting a calibration: a temperature, and lines of log-odds (see `calibration`)."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from ..tags import Spans
from ..types import Bools, Doubles
from .calibration import MAX_LENGTH, Calibration, from_log_odds, length_place, log_odds

# Factors of scores, which are inverse temperatures, among which the best is looked for.
LOWEST, HIGHEST = 0.02, 5.0
# How much a fit is drawn to leaving probabilities as they are: a label with a few mentions stays
# nearly there, one with hundreds is free.
PRIOR = 1.0
# A line that falls would turn the order of probabilities around.
MIN_SLOPE = 0.1


def fit_temperature(loss: Callable[[float], float]) -> float:
    """Find the temperature at which annotation is most probable.

    The loss has one minimum, since scores that are multiplied are an exponential family. It is
    found by golden sections on the scale of logarithms (Kiefer 1953, "Sequential minimax search
    for a maximum").

    loss (Callable[[float], float]): Negative log-likelihood of the annotation, of the factor that
        scores are multiplied by.
    RETURNS (float): The temperature, to a hundredth of itself.
    """
    golden = (math.sqrt(5.0) - 1.0) / 2.0
    low, high = math.log(LOWEST), math.log(HIGHEST)
    left, right = high - golden * (high - low), low + golden * (high - low)
    at_left, at_right = loss(math.exp(left)), loss(math.exp(right))
    while high - low > 5e-3:
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - golden * (high - low)
            at_left = loss(math.exp(left))
        else:
            low, left, at_left = left, right, at_right
            right = low + golden * (high - low)
            at_right = loss(math.exp(right))
    return math.exp(-(low + high) / 2.0)


def fit_lines(
    temperature: float, spans: Spans, probability: Doubles, right: Bools, labels: Sequence[str]
) -> Calibration:
    """Fit the log-odds of spans: a slope and an offset for each label, an offset for each length.

    Logistic regression, drawn to leaving the log-odds as they are by a normal prior.

    temperature (float): What the scores were divided by.
    spans (Spans): Spans that were likely, whether predicted or not.
    probability (Doubles): The probability of each. shape: (spans,).
    right (Bools): Whether each is an entity. shape: (spans,).
    labels (Sequence[str]): The labels of the model.
    RETURNS (Calibration): What was fitted.
    """
    odds = np.clip(log_odds(probability), -30.0, 30.0)
    of_label = spans.label[:, None] == np.arange(len(labels))  # (spans, labels)
    of_length = length_place(spans.end - spans.start)[:, None] == np.arange(1, MAX_LENGTH)
    columns = np.concatenate([of_label * odds[:, None], of_label, of_length], axis=1)
    prior = np.concatenate([np.ones(len(labels)), np.zeros(len(labels) + MAX_LENGTH - 1)])
    weights = _logistic_regression(columns, right, prior)
    slope, offset, lengths = np.split(weights, [len(labels), 2 * len(labels)])
    slope = np.maximum(slope, MIN_SLOPE)
    lines = zip(slope.tolist(), offset.tolist(), strict=True)
    return Calibration(temperature, dict(zip(labels, lines, strict=True)), (0.0, *lengths.tolist()))


def _logistic_regression(columns: Doubles, right: Bools, prior: Doubles) -> Doubles:
    """Weights by Newton's method, each step halved until it makes things better."""

    def loss(weights: Doubles) -> float:
        odds = columns @ weights
        likelihood = np.logaddexp(0.0, np.where(right, -odds, odds)).sum()
        return float(likelihood + PRIOR / 2.0 * ((weights - prior) ** 2).sum())

    weights, present = prior, loss(prior)
    while True:
        chance = from_log_odds(columns @ weights)
        gradient = columns.T @ (chance - right) + PRIOR * (weights - prior)
        curvature = (columns * (chance * (1.0 - chance))[:, None]).T @ columns
        step = np.linalg.solve(curvature + PRIOR * np.eye(len(weights)), gradient)
        while (after := loss(weights - step)) > present and np.abs(step).max() > 1e-9:
            step = step / 2.0
        if present - after < 1e-9 * (1.0 + abs(present)):
            return weights
        weights, present = weights - step, after
