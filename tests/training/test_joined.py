import random

import pytest
import spacy
from spacy.training import Example

from spacy_lstm_ner.training.joined import read_joined

NLP = spacy.blank("en")


def corpus(prefix, number=10):
    """A reader of so many documents of one word."""

    def read(nlp):
        for i in range(number):
            doc = nlp.make_doc(f"{prefix}{i}")
            yield Example(doc, doc.copy())

    return read


def words(corpora, **settings):
    return [eg.reference.text for eg in read_joined(corpora, **settings)(NLP)]


def test_all_corpora_are_read_in_turn():
    assert words({"a": corpus("a", 2), "b": corpus("b", 1)}) == ["a0", "a1", "b0"]


def test_weights_say_how_often():
    random.seed(0)
    found = words(
        {"a": corpus("a"), "b": corpus("b"), "c": corpus("c")}, weights={"a": 2.5, "c": 0.0}
    )
    counts = {word: found.count(word) for word in found}
    assert sorted(counts.values()) == [1] * 10 + [2] * 5 + [3] * 5
    assert {word for word, n in counts.items() if n == 1} == {f"b{i}" for i in range(10)}
    assert len(found) == 35


def test_each_reading_takes_another_part():
    random.seed(0)
    read = read_joined({"a": corpus("a", 100)}, weights={"a": 0.5})
    first, second = ({eg.reference.text for eg in read(NLP)} for _ in range(2))
    assert len(first) == len(second) == 50
    assert first != second


@pytest.mark.parametrize(
    ("corpora", "weights", "message"),
    [
        ({"a": corpus("a")}, {"b": 1.0}, r"LN230.*'b'.*: a\."),
        ({}, None, r"LN230.*none"),
        ({"a": corpus("a")}, {"a": -1.0}, r"LN034.*weights\.a is -1.*0 or more"),
        ({"a": corpus("a")}, {"a": float("nan")}, r"LN034.*weights\.a"),
        ({"a": corpus("a"), "b": "b.spacy"}, None, r"LN231.*'b' is 'b\.spacy'.*@readers"),
    ],
)
def test_weights_that_fit_nothing_are_an_error(corpora, weights, message):
    with pytest.raises(ValueError, match=message):
        read_joined(corpora, weights=weights)
