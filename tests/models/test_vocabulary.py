"""Which words are known, and which training takes in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_lstm_ner.models.vocabulary import Newcomers, make_vocabulary, places


def test_words_are_sorted_by_count_and_rare_ones_left_out():
    counts = {"b": 2, "a": 2, "c": 5, "d": 1}
    words = make_vocabulary(counts, min_count=2, max_words=10)
    assert words == ["<PAD>", "<UNK>", "c", "a", "b"]


def test_the_most_frequent_words_find_room():
    counts = {"b": 2, "a": 2, "c": 5}
    assert make_vocabulary(counts, min_count=1, max_words=2) == ["<PAD>", "<UNK>", "c", "a"]
    assert make_vocabulary(counts, min_count=1, max_words=0) == ["<PAD>", "<UNK>"]


def test_text_may_hold_the_names_of_padding_and_the_unknown_word():
    counts = {"<UNK>": 9, "<PAD>": 9, "a": 2}
    assert make_vocabulary(counts, min_count=1, max_words=9) == ["<PAD>", "<UNK>", "a"]


@pytest.mark.parametrize("min_count", [0, 1, 2, 3])
def test_a_word_is_taken_in_once_it_was_seen_in_enough_places(min_count):
    newcomers = Newcomers(min_count=min_count, max_words=10)
    taken = [newcomers.see([("cat", b"%d" % place)]) for place in range(3)]
    expected = [["cat"] if place == max(1, min_count) - 1 else [] for place in range(3)]
    assert taken[: max(1, min_count)] == expected[: max(1, min_count)]


def test_the_same_place_again_says_nothing_new():
    newcomers = Newcomers(min_count=2, max_words=10)
    for _ in range(5):
        assert newcomers.see([("cat", b"here"), ("cat", b"here")]) == []
    assert newcomers.see([("cat", b"there"), ("cat", b"elsewhere")]) == ["cat"]


def test_no_more_words_are_remembered_than_there_is_room_for():
    newcomers = Newcomers(min_count=2, max_words=3)
    newcomers.see([(word, b"1") for word in "abcd"])  # the first is forgotten
    assert newcomers.see([(word, b"2") for word in "dcba"]) == ["d", "c", "b"]


def by_hand(documents):
    """The two words before and after each, zeros beyond the document."""
    found = []
    for words in documents:
        padded = [0, 0, *words, 0, 0]
        found += [tuple(padded[i : i + 5]) for i in range(len(words))]
    return found


@given(st.lists(st.lists(st.integers(1, 3), max_size=6), min_size=1, max_size=4), st.data())
def test_a_place_is_told_by_the_words_around_within_the_document(documents, data):
    words = [word for document in documents for word in document]
    tokens = data.draw(st.lists(st.sampled_from(range(len(words))))) if words else []
    found = places(
        np.array(words, dtype=np.uint64), [len(d) for d in documents], np.array(tokens, dtype=int)
    )
    expected = by_hand(documents)
    for place, token in zip(found, tokens, strict=True):
        assert tuple(np.frombuffer(place, dtype=np.uint64)) == expected[token]
