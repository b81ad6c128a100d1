import numpy as np
import pytest

from spacy_lstm_ner.training.reliability import (
    make_bins,
    perfect_forecast,
    precision_by_coverage,
    ranking_quality,
)


def test_bins_hold_equally_many_and_tell_what_came_of_them():
    probability = np.array([0.9, 0.1, 0.8, 0.2, 0.7, 0.3])
    right = np.array([True, False, True, False, False, True])
    bins = make_bins(probability, right, bins=3)
    assert bins.size.tolist() == [2, 2, 2]
    np.testing.assert_allclose(bins.forecast, [0.15, 0.5, 0.85])
    np.testing.assert_allclose(bins.observed, [0.0, 0.5, 1.0])
    assert bins.error == pytest.approx((0.15 + 0.0 + 0.15) / 3)


def test_fewer_forecasts_than_bins_have_a_bin_each():
    bins = make_bins(np.array([0.5, 1.0]), np.array([True, True]))
    assert bins.size.tolist() == [1, 1]
    assert bins.error == pytest.approx(0.25)
    assert make_bins(np.zeros(0), np.zeros(0, dtype=bool)).error == 0.0


def test_a_perfect_forecaster_is_off_by_chance_alone():
    random = np.random.default_rng(1)
    probability = random.random(1500)
    honest = random.random(1500) < probability
    error = make_bins(probability, honest).error
    perfect = perfect_forecast(probability, error, draws=300)
    assert 0 < perfect.mean < perfect.high < 0.1
    assert perfect.p_value > 0.01
    too_sure = probability**0.5
    error = make_bins(too_sure, honest).error
    assert perfect_forecast(too_sure, error, draws=300).p_value == 1 / 301


@pytest.mark.parametrize("seed", range(5))
def test_ranking_quality_counts_pairs(seed):
    random = np.random.default_rng(seed)
    probability = random.integers(0, 6, 30) / 5  # with ties
    right = random.random(30) < 0.5
    pairs = [(a > b) + (a == b) / 2 for a in probability[right] for b in probability[~right]]
    assert ranking_quality(probability, right) == pytest.approx(np.mean(pairs))


def test_there_is_no_ranking_quality_where_all_are_right():
    assert np.isnan(ranking_quality(np.array([0.5, 0.6]), np.array([True, True])))


def test_precision_falls_as_less_probable_ones_are_taken_in():
    coverage, precision = precision_by_coverage(
        np.array([0.2, 0.9, 0.5, 0.7]), np.array([False, True, False, True])
    )
    np.testing.assert_allclose(coverage, [0.25, 0.5, 0.75, 1.0])
    np.testing.assert_allclose(precision, [1.0, 1.0, 2 / 3, 0.5])
