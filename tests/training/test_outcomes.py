import numpy as np
import pytest

from spacy_lstm_ner.tags import Spans
from spacy_lstm_ner.training.calibration import Calibration
from spacy_lstm_ner.training.guarantee import Count
from spacy_lstm_ner.training.outcomes import Outcomes

# Two documents; in the first, two spans overlap.
ROWS = [
    # start, end, label, probability, right, predicted, document
    (0, 2, 0, 0.6, True, True, 0),
    (1, 2, 1, 0.3, False, False, 0),
    (4, 5, 1, 0.8, False, True, 0),
    (7, 8, 0, 0.2, True, False, 1),
]
MENTIONS = np.array([[1, 1], [1, 0]])


def make_outcomes():
    start, end, label, probability, right, predicted, document = map(
        np.array, zip(*ROWS, strict=True)
    )
    spans = Spans(start, end, label)
    return Outcomes(["X", "Y"], spans, probability, right, predicted, document, MENTIONS)


@pytest.mark.parametrize(
    ("cuts", "chosen"),
    [
        ({"": 0.5}, [0, 2]),
        ({"": 0.1}, [0, 2, 3]),
        ({"X": 0.9, "": 0.1}, [1, 2]),
        ({"Y": 1.0, "": 0.1}, [0, 3]),
    ],
)
def test_an_operating_point_chooses_what_gains_most(cuts, chosen):
    assert np.flatnonzero(make_outcomes().chosen(cuts)).tolist() == chosen


def test_precision_and_recall_count_overall_and_by_label():
    outcomes = make_outcomes()
    assert outcomes.precision(outcomes.predicted) == Count(2, 1)
    assert outcomes.precision(outcomes.predicted, "Y") == Count(1, 0)
    assert outcomes.recall(outcomes.predicted) == Count(3, 1)
    assert outcomes.recall(outcomes.predicted, "X") == Count(2, 1)


def test_some_documents():
    second = make_outcomes().of_documents(np.array([False, True]))
    assert second.spans.start.tolist() == [7]
    assert second.recall(second.right) == Count(1, 1)


def test_batches_are_joined_as_if_they_were_one():
    one = make_outcomes()
    both = Outcomes.join([one, one])
    assert both.chosen({"": 0.1}).tolist() == [*one.chosen({"": 0.1})] * 2
    assert both.document.tolist() == [0, 0, 0, 1, 2, 2, 2, 3]
    assert both.recall(both.right) == Count(6, 4)


def test_probabilities_are_corrected_for_label_and_length():
    calibration = Calibration(1.0, {"X": (2.0, 0.0)}, (0.0, 1.0))
    found = make_outcomes().corrected(calibration).probability
    odds = np.log(found / (1 - found))
    before = np.log([0.6 / 0.4, 0.3 / 0.7, 0.8 / 0.2, 0.2 / 0.8])
    np.testing.assert_allclose(odds, before * [2, 1, 1, 2] + [1, 0, 0, 0])
