import json
import math

import pytest

from spacy_lstm_ner.cli.sweep.results import Result, rows_of, write_results


def run(f, *, per=0.5, **others):
    return {
        "ents_f": f,
        "ents_p": 0.5,
        "ents_r": None,
        "ents_per_type": {"PER": {"p": 0.25, "r": 1.0, "f": per}},
        "speed": 1000.0,
        "minutes": 2.0,
        "steps": 1200,
        "token_acc": 1.0,
        **others,
    }


def test_deviation_is_that_of_a_sample():
    found = Result({0: run(0.70), 1: run(0.74), 5: run(0.81)})
    # mean 0.75, squares 25 + 1 + 36 of hundredths, by two
    assert found.spread("ents_f") == pytest.approx((0.75, 0.01 * math.sqrt(31)))
    assert found.spread("ents_p") == (0.5, 0.0)


def test_what_no_training_has_is_told_as_none():
    found = Result({0: run(0.7), 1: run(None)})
    assert found.spread("ents_r") is None
    assert found.spread("ents_f") == (0.7, None)
    assert Result({}).spread("ents_f") is None


def test_rows_are_in_percent_with_the_deviation_behind():
    results = {
        "two": Result({0: run(0.5, minutes=1.0), 1: run(0.52, minutes=2.5, steps=3000)}),
        "one": Result({3: run(0.5)}),
        "none": Result({}),
    }
    assert list(rows_of(results)) == [
        ("two", "2", "51.00 ± 1.41", "50.00 ± 0.00", "-", "2,100", "1.8", "1,000"),
        ("one", "1", "50.00", "50.00", "-", "1,200", "2.0", "1,000"),
        ("none", "0", "-", "-", "-", "-", "-", "-"),
    ]


def test_the_file_has_labels_and_every_run(tmp_path):
    geo = {"PER": {"p": 0.0, "r": 0.0, "f": 0.0}, "GEO": {"p": 1.0, "r": 0.5, "f": 2 / 3}}
    runs = {0: run(0.5, per=0.5), 1: run(0.5, ents_per_type=geo)}
    write_results(tmp_path / "results.json", {"small": Result(runs)})
    told = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["small"]
    labels = told["ents_per_type"]
    assert labels["PER"]["f"] == pytest.approx({"mean": 0.25, "deviation": 0.5 / math.sqrt(2)})
    assert labels["GEO"]["r"] == {"mean": 0.5, "deviation": None}
    assert told["ents_r"] is None
    assert told["speed"] == {"mean": 1000.0, "deviation": 0.0}
    assert told["seeds"]["1"] == runs[1]
