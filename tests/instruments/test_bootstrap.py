from itertools import product

import numpy as np
import pytest

from spacy_lstm_ner.instruments import bootstrap
from spacy_lstm_ner.instruments.bootstrap import compare, score

from .mentions import make_reading

# Right, spurious and missed entities of each document; all but the last are of X.
DOCUMENTS = [(3, 0, 0), (1, 2, 0), (0, 0, 2), (2, 1, 1)]


def make(right, spurious, missed, label="X"):
    """A document with so many entities that are right, spurious and missed."""
    spans = [(i, i + 1, label) for i in range(right + spurious + missed)]
    found = spans[: right + spurious]
    return make_reading("a " * len(spans), spans[:right] + spans[right + spurious :], found)


def f1(documents):
    right, spurious, missed = np.sum(documents, axis=0)
    total = 2 * right + spurious + missed
    return 2 * right / total if total else 0.0


def every_draw(function):
    """What a function gives for each of all ways to draw four documents out of four."""
    return np.array([function(list(draw)) for draw in product(range(4), repeat=4)])


def test_scores_count_what_is_right():
    readings = [*(make(*document) for document in DOCUMENTS), make(1, 0, 1, "Y")]
    total, of_x, of_y = score(readings, ["X", "Y"])
    assert (total.label, total.right, total.predicted, total.annotated) == ("", 7, 10, 11)
    assert (of_x.right, of_x.predicted, of_x.annotated) == (6, 9, 9)
    assert (of_y.precision, of_y.recall) == (1.0, 0.5)
    assert total.f1 == pytest.approx(14 / 21)


def test_intervals_are_those_of_all_draws_that_there_are(monkeypatch):
    monkeypatch.setattr(bootstrap, "DRAWS", 10_000)
    readings = [make(*document) for document in DOCUMENTS]
    drawn = every_draw(lambda draw: f1([DOCUMENTS[i] for i in draw]))
    low, high = np.quantile(drawn, [0.025, 0.975], method="inverted_cdf")
    for of_label in score(readings, ["X"]):
        assert of_label.interval == pytest.approx((low, high), abs=0.02)


def test_the_probability_of_a_difference_is_that_of_all_draws_that_there_are(monkeypatch):
    monkeypatch.setattr(bootstrap, "DRAWS", 10_000)
    others = [(3, 0, 0), (2, 1, 0), (1, 0, 1), (1, 2, 2)]
    ours, theirs = ([make(*doc) for doc in side] for side in (DOCUMENTS, others))
    difference = f1(DOCUMENTS) - f1(others)
    drawn = every_draw(
        lambda draw: f1([DOCUMENTS[i] for i in draw]) - f1([others[i] for i in draw])
    )
    expected = np.mean(np.abs(drawn - difference) >= abs(difference) - 1e-12)
    assert 0.05 < expected < 0.95
    for found in compare(ours, theirs, ["X"]):
        assert found.f1 == pytest.approx(difference)
        assert found.p_value == pytest.approx(expected, abs=0.02)


def test_draws_of_two_pipelines_are_the_same():
    """So that one that is a little better everywhere is better beyond doubt."""
    ours = [make(5, i % 3, 0) for i in range(40)]
    theirs = [make(5, 1 + i % 3, 0) for i in range(40)]
    (total, _) = compare(ours, theirs, ["X"])
    assert total.f1 > 0
    assert total.interval.low > 0
    assert total.p_value < 0.001
    (same, _) = compare(ours, ours, ["X"])
    assert (same.f1, same.interval, same.p_value) == (0.0, (0.0, 0.0), 1.0)


def test_the_same_documents_give_the_same_numbers():
    readings = [make(*document) for document in DOCUMENTS]
    assert score(readings, ["X"]) == score(readings, ["X"])
