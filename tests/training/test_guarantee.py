import math

import numpy as np
import pytest

from spacy_lstm_ner.training.guarantee import (
    CUTS,
    Count,
    binomial_tail,
    needed,
    promise_precision,
    promise_recall,
)


@pytest.mark.parametrize(
    ("total", "right"), [(1, 1), (10, 7), (60, 58), (500, 470), (20_000, 19_100)]
)
@pytest.mark.parametrize("level", [0.5, 0.95])
def test_the_tail_is_that_of_the_binomial_distribution(total, right, level):
    binom = pytest.importorskip("scipy.stats").binom
    found = binomial_tail(Count(total, right), level)
    assert found == pytest.approx(binom.sf(right - 1, total, level), rel=1e-6, abs=1e-300)


def test_nothing_counted_proves_nothing():
    assert binomial_tail(Count(0, 0), 0.9) == 1.0
    assert binomial_tail(Count(20, 0), 0.9) == pytest.approx(1.0)


@pytest.mark.parametrize(("level", "confidence"), [(0.95, 0.99), (0.9, 0.95), (0.5, 0.9)])
def test_fewer_than_needed_prove_nothing_even_if_all_are_right(level, confidence):
    least = needed(level, confidence)
    assert binomial_tail(Count(least, least), level) <= 1 - confidence
    assert binomial_tail(Count(least - 1, least - 1), level) > 1 - confidence


def test_cuts_go_from_the_strictest_to_the_most_lenient():
    assert list(CUTS) == sorted(CUTS, reverse=True)
    assert CUTS[0] > 0.99
    assert 0.01 <= CUTS[-1] < 0.02


def sure_until(least, *, total=1000):
    """Everything is right above a probability, and half of it below."""

    def counts(cut):
        above = round(total * (1 - max(cut, least)))
        below = round(total * max(0.0, least - cut))
        return Count(above + below, above + below // 2)

    return counts


def test_precision_is_promised_as_far_down_as_it_holds():
    counts = sure_until(0.5)
    cut = promise_precision(counts, 0.95, 0.99)
    total, right = counts(cut)
    assert 0.4 < cut < 0.5
    assert right / total > 0.95
    assert binomial_tail(counts(cut), 0.95) <= 0.01
    lower = max(c for c in CUTS if c < cut)
    assert binomial_tail(counts(lower), 0.95) > 0.01


def test_recall_is_promised_as_far_up_as_it_holds():
    def counts(cut):
        return Count(1000, round(1000 * (1 - cut / 2)))

    cut = promise_recall(counts, 0.9, 0.99)
    assert 0.1 < cut < 0.2
    assert counts(cut).right > 900


@pytest.mark.parametrize("promise", [promise_precision, promise_recall])
def test_too_few_mentions_say_how_many_are_needed(promise):
    with pytest.raises(ValueError, match=rf"LN160.*0\.95.*are 50 .*least {needed(0.95, 0.99)} are"):
        promise(lambda cut: Count(50, 50), 0.95, 0.99)


@pytest.mark.parametrize("promise", [promise_precision, promise_recall])
def test_what_never_holds_is_not_promised(promise):
    with pytest.raises(ValueError, match=r"LN161.*0\.95.*900 of 1000"):
        promise(lambda cut: Count(1000, 900), 0.95, 0.99)


def test_promises_are_broken_as_rarely_as_they_say():
    """Forecasts whose precision at each cut is known, calibrated on many samples of them."""
    random = np.random.default_rng(0)
    broken = made = 0
    for _ in range(300):
        probability = random.beta(3, 1, 600)
        right = random.random(600) < probability

        def counts(cut, probability=probability, right=right):
            taken = probability > cut
            return Count(int(taken.sum()), int((taken & right).sum()))

        try:
            cut = promise_precision(counts, 0.9, 0.9)
        except ValueError:
            continue
        made += 1
        # Of the density 3 p^2, the mean of p above the cut.
        precision = 0.75 * (1 - cut**4) / (1 - cut**3)
        broken += precision < 0.9
    assert made > 200
    assert broken / made <= 0.1 + 2 * math.sqrt(0.1 * 0.9 / made)
