from dataclasses import replace

from spacy_lstm_ner.instruments.errors import inspect_errors
from spacy_lstm_ner.instruments.pairing import Cause
from spacy_lstm_ner.instruments.readings import Mention

from .mentions import make_reading
from .test_familiarity import make_doc

TEXT = "Ada saw Bo in Rome on Monday"
GOLD = [(0, 1, "PER", 0.9), (2, 3, "PER", 0.2), (4, 5, "GEO", 0.4), (6, 7, "TIM", 0.7)]
PREDICTED = [(0, 1, "PER", 0.9), (2, 3, "GEO", 0.8), (4, 6, "GEO", 0.5)]


def test_errors_are_by_cause_and_the_surest_comes_first():
    readings = [
        make_reading(TEXT, GOLD, PREDICTED),
        make_reading(TEXT, [(0, 1, "PER", 0.1)], [(0, 1, "GEO", 0.85)], number=2),
        make_reading(TEXT, [], [(0, 1, "X"), (2, 3, "PER", 0.3)], number=3),
        make_reading(TEXT, [(4, 5, "GEO", 0.01)], [], number=4),
    ]
    errors = inspect_errors(readings).errors
    told = {
        cause: [(error.reading.number, error.confidence) for error in found]
        for cause, found in errors.items()
    }
    assert told == {
        Cause.LABEL: [(2, 0.85), (1, 0.8)],
        Cause.BOUNDARY: [(1, 0.5)],
        Cause.BOTH: [],
        Cause.SPURIOUS: [(3, 0.3), (3, None)],
        Cause.MISSED: [(4, 0.99), (1, 1 - 0.7)],
    }


def test_training_tells_of_all_entities():
    training = [make_doc("Bo saw Rome on Bo", (0, 1, "GEO"), (2, 3, "GEO"))]
    report = inspect_errors([make_reading(TEXT, GOLD, PREDICTED)], training=training)
    assert report.seen is not None
    assert report.seen["Bo",].labels == {"GEO": 1}
    assert report.seen["Bo",].outside == 1
    assert report.seen["Rome", "on"].part == 1
    names = [bucket.name for bucket in report.buckets["Seen in training"]]
    assert names == ["with this label", "with another label", "never as an entity"]
    assert "Seen in training" not in inspect_errors([make_reading(TEXT, GOLD)]).buckets


def test_files_are_scored_apart_if_there_are_several():
    readings = [
        make_reading(TEXT, GOLD, PREDICTED, source="a"),
        make_reading(TEXT, GOLD, GOLD, source="b"),
    ]
    assert inspect_errors(readings).buckets["File"] == [("a", 1, 3, 4), ("b", 4, 4, 4)]
    assert "File" not in inspect_errors(readings[:1]).buckets


def test_another_pipeline_errs_too_or_does_not():
    ours = [make_reading(TEXT, GOLD, [*PREDICTED, (1, 2, "X", 0.9), (3, 4, "X", 0.8)])]
    theirs = [make_reading(TEXT, GOLD, [*GOLD[:2], (4, 5, "TIM", 0.9), (3, 4, "Y", 0.4)])]
    report = inspect_errors(ours, other=theirs)
    told = {
        cause: [error.other_is_right for error in found] for cause, found in report.errors.items()
    }
    assert told == {
        Cause.LABEL: [True],
        Cause.BOUNDARY: [False],
        Cause.BOTH: [],
        Cause.SPURIOUS: [True, False],
        Cause.MISSED: [False],
    }
    assert report.comparison is not None
    assert report.comparison.scores[0].right == 2
    assert [score.label for score in report.scores] == ["", "GEO", "PER", "TIM", "X", "Y"]


def test_forecasts_are_of_what_the_recognizer_predicted():
    reading = make_reading(TEXT, GOLD, [*PREDICTED, (6, 7, "X")])
    given = Mention(7, 8, "GEO", probability=1.0, given=True)
    reading = replace(reading, predicted=[*reading.predicted, given])
    forecasts = inspect_errors([reading]).forecasts
    assert forecasts.probability.tolist() == [0.9, 0.8, 0.5]
    assert forecasts.right.tolist() == [True, False, False]
