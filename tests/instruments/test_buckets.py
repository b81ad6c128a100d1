import pytest

from spacy_lstm_ner.instruments.buckets import (
    LENGTHS,
    SEEN,
    by_capitals,
    by_frequency,
    by_length,
    by_seen,
    sort_into,
)
from spacy_lstm_ner.instruments.familiarity import Seen

from .mentions import make_reading


@pytest.mark.parametrize(
    ("text", "bucket"),
    [
        ("Bank of England", "Title"),
        ("18 November", "Title"),
        ("Élan", "Title"),
        ("U.S.", "UPPER"),
        ("F-16", "UPPER"),
        ("monday", "lower"),
        ("iPhone", "mIxed"),
        ("McDonald", "mIxed"),
        ("the White House", "mIxed"),
        ("1990", "without case"),
        ("東京", "without case"),
    ],
)
def test_capitals(text, bucket):
    reading = make_reading(f"On {text}", [(1, 1 + len(text.split()), "X")])
    assert by_capitals(reading, *reading.gold) == bucket


def test_scores_are_of_the_entities_of_a_bucket():
    gold = [(0, 1, "X"), (2, 4, "X"), (5, 6, "X")]
    predicted = [(0, 1, "X"), (2, 3, "X"), (6, 7, "X")]
    one, two = sort_into(LENGTHS, by_length, [make_reading("a b c d e f g", gold, predicted)])
    assert one == ("1 token", 1, 3, 2)
    assert (one.precision, one.recall, one.f1) == (1 / 3, 1 / 2, 2 / 5)
    assert two == ("2 tokens", 0, 0, 1)
    assert (two.precision, two.recall, two.f1) == (None, 0.0, 0.0)


def test_long_entities_are_in_one_bucket():
    reading = make_reading("a " * 60, [(0, 4, "X"), (4, 9, "X"), (9, 59, "X")])
    found = [by_length(reading, mention) for mention in reading.gold]
    assert found == ["4 tokens", "5 or more", "5 or more"]


def make_seen(**counts):
    seen = Seen()
    seen.labels.update(counts)
    return seen


def test_what_training_has_of_words_depends_on_the_label():
    seen = {("a",): make_seen(X=1), ("b",): make_seen(Y=3), ("c",): Seen(outside=9)}
    reading = make_reading("a b c", [(0, 1, "X"), (1, 2, "X"), (2, 3, "X")])
    assert [by_seen(seen)(reading, mention) for mention in reading.gold] == list(SEEN)
    found = [by_frequency(seen)(reading, mention) for mention in reading.gold]
    assert found == ["once", "2 to 4 times", "never"]


def test_other_capitals_are_other_words():
    seen = make_seen(X=9)
    seen.as_written = False
    reading = make_reading("A", [(0, 1, "X")])
    assert by_seen({("A",): seen})(reading, *reading.gold) == SEEN[2]
    assert by_frequency({("A",): seen})(reading, *reading.gold) == "never"
