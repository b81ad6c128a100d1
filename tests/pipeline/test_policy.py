import pytest

from spacy_lstm_ner.pipeline.policy import BEST_PATH, SETTINGS, Policy
from spacy_lstm_ner.training.calibration import Point

POINTS = {"precision": Point({"": 0.8, "ORG": 0.9}, {})}


def read(**settings):
    return Policy.read({"labels": [], **SETTINGS, **settings}, POINTS, name="lstm_ner")


def test_the_defaults_are_the_best_path_alone():
    assert read() == BEST_PATH
    assert not read().needs_probabilities


@pytest.mark.parametrize(
    "setting", [{"spans_key": "sc"}, {"candidates_key": "sc"}, {"threshold": 0.1}, {"mode": 0.5}]
)
def test_what_tells_of_probabilities_or_goes_by_them_needs_them(setting):
    assert read(**setting).needs_probabilities


def test_a_number_is_meant_for_all_labels_and_a_fitted_mode_for_each():
    assert read(mode=0.3).cuts_of(["GPE", "ORG"]).tolist() == [0.3, 0.3]
    assert read(mode="precision").cuts_of(["GPE", "ORG"]).tolist() == [0.8, 0.9]


@pytest.mark.parametrize("setting", ["threshold", "min_probability", "mode"])
@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), None, True])
def test_what_is_no_probability_is_refused(setting, value):
    with pytest.raises(ValueError, match=rf"LN034.*{setting} is {value!r}.*from 0.* to 1"):
        read(**{setting: value})


def test_spans_of_no_probability_at_all_are_not_looked_for():
    with pytest.raises(ValueError, match=r"LN034.*from 0\.001 to 1"):
        read(min_probability=0.0)
    assert read(threshold=0.0) == BEST_PATH
    assert read(mode=0).cuts_of(["GPE"]).tolist() == [0.001]


def test_a_mode_that_was_not_fitted_says_how_to_fit_it():
    with pytest.raises(ValueError, match=r"LN153.*'recall'.*calibrate MODEL DEV OUT --recall"):
        read(mode="recall")


def test_an_unknown_mode_names_those_that_there_are():
    with pytest.raises(ValueError, match=r"LN152.*'exact'.*'balanced', 'precision', 'recall'"):
        read(mode="exact")


@pytest.mark.parametrize("setting", ["spans_key", "candidates_key"])
@pytest.mark.parametrize("key", ["", 3])
def test_what_is_no_key_is_refused(setting, key):
    with pytest.raises(ValueError, match="LN150"):
        read(**{setting: key})


def test_both_groups_under_one_key_are_refused():
    with pytest.raises(ValueError, match=r"LN151.*'sc'"):
        read(spans_key="sc", candidates_key="sc")
