import numpy as np
import pytest
import spacy
import torch

from spacy_lstm_ner.instruments.encoders import find_encoder

from ..conformance.small import make_small
from ..conftest import make_examples

ENCODER = {
    "@architectures": "spacy_lstm_ner.LSTMEncoder.v1",
    "cell": "lstm",
    "hidden_width": 8,
    "depth": 1,
    "bidirectional": True,
    "skip": False,
    "dropout": 0.0,
    "clip_value": None,
    "clip_norm": None,
}
EMBED = {"@architectures": "spacy_lstm_ner.WordEmbed.v1", "width": 5, "min_count": 1}
TOK2VEC = {"@architectures": "spacy.Tok2Vec.v2", "embed": EMBED, "encode": ENCODER}
LISTENER = {"@architectures": "spacy.Tok2VecListener.v1", "width": 16, "upstream": "*"}


def initialized(nlp):
    nlp.initialize(lambda: make_examples(nlp))
    return nlp


def add_shared(nlp, name="tok2vec"):
    nlp.add_pipe("tok2vec", name=name, config={"model": TOK2VEC})


def states(place, doc):
    """What the encoder gives, by its module alone."""
    (x,) = place.read([doc])
    outputs = [cell(x.flip(0) if i else x)[0] for i, cell in enumerate(place.exact().cells())]
    return torch.cat([outputs[0], outputs[1].flip(0)], dim=1).detach().numpy()


def check(nlp, *, component, tok2vec):
    place = find_encoder(nlp)
    assert place.component == component
    doc = nlp.make_doc("Who is Shaka Khan?")
    np.testing.assert_allclose(states(place, doc), tok2vec.predict([doc])[0], rtol=1e-4, atol=1e-6)


def test_the_encoder_of_a_recognizer():
    nlp = initialized(make_small())
    check(nlp, component="lstm_ner", tok2vec=nlp.get_pipe("lstm_ner").model.get_ref("tok2vec"))


def test_the_encoder_that_a_recognizer_listens_to():
    nlp = spacy.blank("en")
    add_shared(nlp)
    nlp.add_pipe("lstm_ner", config={"model": {"tok2vec": LISTENER}})
    check(initialized(nlp), component="tok2vec", tok2vec=nlp.get_pipe("tok2vec").model)
    assert find_encoder(nlp, "lstm_ner").component == "tok2vec"


def test_the_encoder_of_a_pipeline_without_a_recognizer():
    nlp = spacy.blank("en")
    add_shared(nlp)
    nlp.add_pipe("ner", config={"model": {"tok2vec": LISTENER}})
    check(initialized(nlp), component="tok2vec", tok2vec=nlp.get_pipe("tok2vec").model)


def test_one_of_several_is_named_unless_a_recognizer_has_it():
    nlp = make_small()
    add_shared(nlp, "first")
    add_shared(nlp, "second")
    initialized(nlp)
    assert find_encoder(nlp).component == "lstm_ner"
    assert find_encoder(nlp, "second").component == "second"
    nlp.remove_pipe("lstm_ner")
    with pytest.raises(ValueError, match=r"LN182.*first, second"):
        find_encoder(nlp)


def test_a_pipeline_without_an_encoder_says_what_it_has():
    nlp = spacy.blank("en")
    with pytest.raises(ValueError, match=r"LN181.*none"):
        find_encoder(nlp)
    nlp.add_pipe("ner")
    with pytest.raises(ValueError, match=r"LN181.*ner"):
        find_encoder(nlp)


def test_a_component_that_is_not_there_is_not_taken_for_another():
    with pytest.raises(ValueError, match=r"LN182.*lstm_ner"):
        find_encoder(initialized(make_small()), "other")


def test_an_encoder_without_weights_says_so():
    with pytest.raises(ValueError, match=r"LN186.*lstm_ner"):
        find_encoder(make_small())
