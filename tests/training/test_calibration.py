import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_lstm_ner.training.calibration import UNCORRECTED, Calibration, Point

FITTED = Calibration(
    1.3, {"X": (0.5, 1.0), "Y": (2.0, -1.0)}, (0.0, 0.25, -0.5), {"recall": Point({"": 0.1}, {})}
)
LABELS = ["X", "Y", "Z"]


def correct(calibration, probability, label, length):
    columns = (np.array(column) for column in (probability, label, length))
    probability, label, length = columns
    return calibration.correct(probability, labels=LABELS, label=label, length=length)


def test_without_a_fit_probabilities_stay():
    assert correct(UNCORRECTED, [0.1, 1.0], [0, 1], [1, 9]).tolist() == [0.1, 1.0]


def test_certainties_stay():
    assert correct(FITTED, [0.0, 1.0, 0.0, 1.0], [0, 0, 1, 1], [1, 2, 3, 4]).tolist() == [
        0,
        1,
        0,
        1,
    ]


def test_a_label_without_a_line_and_lengths_beyond_the_last():
    found = correct(FITTED, [0.5, 0.5, 0.5], [2, 2, 2], [1, 3, 30])
    np.testing.assert_allclose(np.log(found / (1 - found)), [0.0, -0.5, -0.5])


@given(st.floats(0.001, 1.0), st.floats(1e-9, 1.0), st.integers(0, 2), st.integers(1, 9))
def test_nothing_likely_is_below_the_least_that_it_could_have_been(wanted, before, label, length):
    after = correct(FITTED, [before], [label], [length])[0]
    if after >= wanted:
        assert before >= FITTED.uncorrected(wanted) - 1e-12


@pytest.mark.parametrize("fitted", [UNCORRECTED, FITTED], ids=["nothing", "all"])
def test_plain_data_and_back(fitted):
    assert Calibration.from_dict(fitted.to_dict()) == fitted
