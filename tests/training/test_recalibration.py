import numpy as np
import pytest

from spacy_lstm_ner.tags import Spans
from spacy_lstm_ner.training.calibration import from_log_odds, log_odds
from spacy_lstm_ner.training.recalibration import MIN_SLOPE, fit_lines, fit_temperature

LABELS = ["GPE", "ORG", "RARE"]


@pytest.mark.parametrize("best", [0.1, 0.45, 1.0, 3.0])
def test_the_temperature_is_where_the_loss_is_least(best):
    found = fit_temperature(lambda factor: (np.log(factor) - np.log(best)) ** 2)
    assert found == pytest.approx(1 / best, rel=1e-2)


def draw(n, slopes, offsets, lengths, seed=0):
    """Spans whose true log-odds are a line of those that they have."""
    random = np.random.default_rng(seed)
    label = random.integers(0, len(slopes), n)
    length = random.integers(1, 7, n)
    odds = random.normal(0, 3, n)
    true = odds * np.array(slopes)[label] + np.array(offsets)[label]
    true += np.array(lengths)[np.minimum(length, 4) - 1]
    right = random.random(n) < from_log_odds(true)
    start = np.arange(n) * 10
    return Spans(start, start + length, label), from_log_odds(odds), right, from_log_odds(true)


def correct(fitted, spans, probability):
    length = spans.end - spans.start
    return fitted.correct(probability, labels=LABELS, label=spans.label, length=length)


def test_lines_of_labels_and_offsets_of_lengths_are_found_again():
    slopes, offsets, lengths = [0.5, 1.5, 1.0], [1.0, -1.0, 0.5], [0.0, -0.5, 0.5, 1.0]
    spans, probability, right, true = draw(60_000, slopes, offsets, lengths)
    fitted = fit_lines(2.0, spans, probability, right, LABELS)
    assert fitted.temperature == 2.0
    np.testing.assert_allclose(
        [fitted.lines[name] for name in LABELS], np.stack([slopes, offsets], 1), atol=0.12
    )
    np.testing.assert_allclose(fitted.lengths, lengths, atol=0.1)
    assert np.abs(correct(fitted, spans, probability) - true).mean() < 0.01


def test_the_fit_is_the_maximum_that_another_library_finds():
    minimize = pytest.importorskip("scipy.optimize").minimize
    spans, probability, right, _ = draw(400, [0.6, 1.4, 1.0], [0.5, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0])
    odds, length = log_odds(probability), np.minimum(spans.end - spans.start, 4)

    def loss(weights):
        lines, offsets = weights[:6].reshape(2, 3), np.append(0.0, weights[6:])
        line = odds * lines[0][spans.label] + lines[1][spans.label] + offsets[length - 1]
        prior = np.append(np.ones(3), np.zeros(6))
        return (
            np.logaddexp(0, np.where(right, -line, line)).sum() + ((weights - prior) ** 2).sum() / 2
        )

    expected = minimize(loss, np.append(np.ones(3), np.zeros(6)), tol=1e-9).x
    fitted = fit_lines(1.0, spans, probability, right, LABELS)
    found = [slope for slope, _ in fitted.lines.values()]
    found += [offset for _, offset in fitted.lines.values()]
    np.testing.assert_allclose([*found, *fitted.lengths[1:]], expected, atol=1e-3)


def test_a_label_without_data_stays_as_it_is():
    spans, probability, right, _ = draw(300, [0.5, 1.5], [1.0, -1.0], [0.0, 0.0, 0.0, 0.0])
    fitted = fit_lines(1.0, spans, probability, right, LABELS)
    assert fitted.lines["RARE"] == (1.0, 0.0)


def test_probabilities_that_mislead_keep_their_order():
    random = np.random.default_rng(0)
    probability = random.random(2000)
    right = random.random(2000) < 1 - probability
    ones = np.zeros(2000, dtype=np.int64)
    fitted = fit_lines(1.0, Spans(ones, ones + 1, ones), probability, right, LABELS)
    assert fitted.lines["GPE"][0] == MIN_SLOPE


def test_certainties_and_separable_data_are_fitted_too():
    zeros = np.zeros(4, dtype=np.int64)
    spans = Spans(zeros, zeros + 1, zeros)
    fitted = fit_lines(
        1.0, spans, np.array([0.0, 1.0, 0.9, 0.1]), np.array([0, 1, 1, 0]) > 0, LABELS
    )
    assert np.isfinite([*fitted.lines["GPE"], *fitted.lengths]).all()
    nothing = fit_lines(1.0, Spans(*[zeros[:0]] * 3), np.zeros(0), np.zeros(0, bool), LABELS)
    assert nothing.lines["GPE"] == (1.0, 0.0)
