import numpy as np
import pytest
import spacy
import torch

from spacy_lstm_ner.instruments.embeddings import neighborhood

from ..conformance.small import make_small
from ..conftest import make_examples
from .test_encoders import add_shared, initialized

WORDS = ["?", "and", "berlin", "i", "is", "khan", "like", "london", "shaka", "who"]


def make_pipeline(**embed):
    """A recognizer whose words have vectors of our own: angles, in degrees."""
    nlp = make_small(tok2vec={"embed": {"word_width": 2, "min_count": 1, **embed}})
    nlp.initialize(lambda: make_examples(nlp))
    return nlp


def layer_of(nlp):
    (layer,) = [n for n in nlp.get_pipe("lstm_ner").model.walk() if "reader" in n.attrs]
    return layer


def turn(nlp, angles):
    words = layer_of(nlp).shims[0].module.words
    for word, angle in angles.items():
        radians = torch.tensor(np.deg2rad(angle))
        direction = torch.stack([radians.cos(), radians.sin()]) * 3
        words.table.weight.data[words.numbers[word]] = direction
    layer_of(nlp).shims[0].forget()


def test_words_are_near_by_the_angle_between_them():
    nlp = make_pipeline()
    others = {word: 180.0 for word in WORDS}
    turn(nlp, {**others, "london": 10.0, "berlin": 40.0, "shaka": 100.0})
    near = neighborhood(nlp, "London", count=2)
    assert near.known
    assert [neighbor.word for neighbor in near.words] == ["berlin", "shaka"]
    found = [neighbor.similarity for neighbor in near.words]
    np.testing.assert_allclose(found, np.cos(np.deg2rad([30.0, 90.0])), atol=1e-6)


def test_an_unknown_word_has_neighbors_by_its_spelling_alone():
    near = neighborhood(make_pipeline(char_width=16), "Londons", count=3)
    assert not near.known
    assert near.words == []
    assert len(near.spellings) == 3
    assert near.spellings[0].word == "London"


@pytest.mark.parametrize(("word", "expected"), [("kha", "khan"), ("KHA", "KHAN"), ("Kha", "Khan")])
def test_spellings_are_written_as_the_word_is(word, expected):
    near = neighborhood(make_pipeline(char_width=16), word, count=20)
    assert expected in [neighbor.word for neighbor in near.spellings]
    assert expected.swapcase() not in [neighbor.word for neighbor in near.spellings]


def test_an_embedding_without_spellings_has_none():
    nlp = spacy.blank("en")
    add_shared(nlp)
    near = neighborhood(initialized(nlp), "London", count=3)
    assert near.known
    assert len(near.words) == 3
    assert near.spellings == []


def test_what_has_no_vocabulary_says_so():
    with pytest.raises(ValueError, match=r"LN200.*none"):
        neighborhood(spacy.blank("en"), "London")
    with pytest.raises(ValueError, match=r"LN200.*lstm_ner"):
        neighborhood(make_pipeline(word_width=0), "London")
    with pytest.raises(ValueError, match=r"LN200.*lstm_ner"):
        neighborhood(make_small(), "London")


def test_one_of_several_is_named():
    nlp = make_pipeline()
    add_shared(nlp)
    initialized(nlp)
    with pytest.raises(ValueError, match=r"LN201.*lstm_ner, tok2vec"):
        neighborhood(nlp, "London")
    assert neighborhood(nlp, "London", name="tok2vec").spellings == []
    with pytest.raises(ValueError, match=r"LN201.*lstm_ner, tok2vec"):
        neighborhood(nlp, "London", name="ner")
