"""What is read of words."""

import numpy as np
import pytest
import spacy
from spacy.vectors import Vectors

from spacy_lstm_ner.models.features import FeatureReader


@pytest.mark.parametrize(
    "settings",
    [{"keys": ["cat"]}, {"mode": "floret", "minn": 2, "maxn": 3, "hash_count": 2}],
    ids=["default", "floret"],
)
def test_static_vectors_are_looked_up_by_their_attribute(settings):
    nlp = spacy.blank("en")
    data = np.arange(60, dtype=np.float32).reshape(20, 3)
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=data, attr="LOWER", **settings)
    lower, upper = nlp.make_doc("cat CAT")
    reader = FeatureReader(vectors=True)
    found = reader([lower.orth, upper.orth], nlp.vocab, {}).vectors.numpy()
    assert np.array_equal(found, [lower.vector, upper.vector])
    assert np.array_equal(found[0], found[1])


def read(reader, *words, numbers=None):
    vocab = spacy.blank("en").vocab
    return reader([vocab.strings.add(word) for word in words], vocab, numbers or {})


def test_words_outside_of_the_vocabulary_are_the_unknown_one():
    found = read(FeatureReader(), "cat", "Cat", "dog", numbers={"cat": 7})
    assert found.words.tolist() == [7, 7, 1]


def test_spellings_are_padded_and_long_words_lose_their_middle():
    reader = FeatureReader(characters=2048, max_characters=4)
    short, long, same = read(reader, "ab", "abxyzcd", "ab123cd").characters.tolist()
    assert short[2:] == [0, 0]
    assert short[:2] == long[:2]
    assert long == same
    assert 0 not in long


def test_hashed_attributes_tell_words_apart_in_each_attribute():
    reader = FeatureReader(attrs=("SHAPE", "SUFFIX"), rows=(100, 200))
    hashes = read(reader, "Oslo", "Bern", "osso").hashes
    assert hashes.shape == (3, 2, 2)
    assert (hashes[0, 0] == hashes[1, 0]).all()  # both Xxxx
    assert (hashes[0, 0] != hashes[2, 0]).any()
    assert (hashes[0, 1] != hashes[2, 1]).any()
    assert (hashes[:, 0] < 100).all()
    assert (hashes[:, 1] < 200).all()


def test_what_is_not_asked_for_has_no_columns():
    found = read(FeatureReader(), "a", "b")
    assert [tensor.shape[0] for tensor in found] == [2] * 4
    assert [tensor.numel() for tensor in found] == [0] * 4
