"""Settings that make no sense, each refused with the code of its message."""

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc

from ..conftest import make_examples

EMBED, ENCODE = ("tok2vec", "embed"), ("tok2vec", "encode")
WIDTHS = ("word_width", "char_width", "vector_width")
WORDS, CHARACTERS = "spacy_lstm_ner.WordEmbed.v1", "spacy_lstm_ner.CharEmbed.v1"


def make(path, **settings):
    model = settings
    for key in reversed(path):
        model = {key: model}
    spacy.blank("en").add_pipe("lstm_ner", config={"model": model})


@pytest.mark.parametrize(
    ("path", "settings", "code"),
    [
        ((), {"scheme": "iobes"}, "LN030.*scheme.*iobes"),
        ((), {"head": "svm"}, "LN030.*head.*svm"),
        ((), {"precision": "int4"}, "LN030.*precision.*int4"),
        (ENCODE, {"cell": "sru"}, "LN030.*cell.*sru"),
        (ENCODE, {"hidden_width": 0}, "LN034.*hidden_width.*0.*1 or more"),
        (ENCODE, {"depth": 0}, "LN034.*depth"),
        (ENCODE, {"dropout": 1.5}, "LN034.*dropout.*1.5.*0 to 1"),
        (ENCODE, {"recurrent_dropout": -0.1}, "LN034.*recurrent_dropout"),
        (ENCODE, {"clip_norm": -1.0}, "LN034.*clip_norm"),
        (ENCODE, {"clip_value": -1.0}, "LN034.*clip_value"),
        (EMBED, {"word_width": -1}, "LN034.*word_width"),
        (EMBED, {"char_width": -1}, "LN034.*char_width"),
        (EMBED, {"char_window": 4}, "LN034.*char_window is 4.*odd"),
        (EMBED, {"char_window": -1}, "LN034.*char_window"),
        (EMBED, {"vector_width": -1}, "LN034.*vector_width"),
        (EMBED, {"min_count": -1}, "LN034.*min_count"),
        (EMBED, {"word_dropout": 2.0}, "LN034.*word_dropout"),
        (EMBED, {"case_noise": -0.1}, "LN034.*case_noise"),
        (EMBED, {"rows": [0]}, "LN034.*rows"),
        (EMBED, {"widths": [0]}, "LN034.*widths"),
        (EMBED, {"widths": [32, 32]}, "LN031.*1, 1 and 2"),
        (
            EMBED,
            {key: [] for key in ("attrs", "rows", "widths")} | dict.fromkeys(WIDTHS, 0),
            "LN035",
        ),
        (EMBED, {"@architectures": WORDS, "width": 0, "min_count": 1}, "LN034.*width"),
        (EMBED, {"@architectures": CHARACTERS, "width": 0}, "LN034.*width"),
    ],
)
def test_a_setting_out_of_range_is_refused_by_name(path, settings, code):
    with pytest.raises(ValueError, match=code):
        make(path, **settings)


def initialize_with(embed):
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner", config={"model": {"tok2vec": {"embed": embed}}})
    nlp.initialize(lambda: make_examples(nlp))
    return nlp


OF_CONTEXT = "TAG POS MORPH LEMMA DEP HEAD ENT_TYPE ENT_IOB ENT_ID ENT_KB_ID SENT_START SPACY IDX"


@pytest.mark.parametrize("name", [*OF_CONTEXT.split(), "tag", "TAGS", "", "75"])
def test_an_attribute_that_words_do_not_have_is_refused_by_name(name):
    embed = {"attrs": ["PREFIX", name], "rows": [9, 9], "widths": [4, 4]}
    with pytest.raises(ValueError, match=rf"LN038.*'{name}'.*MultiHashEmbed"):
        initialize_with(embed)


def test_every_attribute_of_words_is_read():
    names = [
        "NORM",
        "LOWER",
        "shape",
        "PREFIX",
        "SUFFIX",
        "SUFFIX",
        "LENGTH",
        "LIKE_NUM",
        "IS_STOP",
    ]
    n = len(names)
    nlp = initialize_with({"attrs": names, "rows": [50] * n, "widths": [4] * n})
    nlp("London")


def test_the_layer_that_the_message_names_reads_attributes_of_context():
    nlp = spacy.blank("en")
    embed = {"@architectures": "spacy.MultiHashEmbed.v2", "width": 8, "rows": [100, 100]}
    embed |= {"attrs": ["NORM", "TAG"], "include_static_vectors": False}
    model = nlp.add_pipe("lstm_ner", config={"model": {"tok2vec": {"embed": embed}}}).model
    nlp.initialize(lambda: make_examples(nlp))
    noun, verb = (Doc(nlp.vocab, words=["play"], tags=[tag]) for tag in ("NN", "VB"))
    (of_noun, of_verb) = model.get_ref("tok2vec").predict([noun, verb])
    assert not np.allclose(of_noun, of_verb)


def test_the_model_of_another_component_is_refused():
    ner = spacy.blank("en").add_pipe("ner")
    with pytest.raises(ValueError, match=r"LN036.*'mine'.*LSTMTagger"):
        type(spacy.blank("en").add_pipe("lstm_ner"))(ner.vocab, ner.model, "mine")
    model = {"@architectures": "spacy.Tagger.v2", "nO": None, "tok2vec": {}}
    tok2vec = {"@architectures": "spacy.HashEmbedCNN.v2", "width": 8, "depth": 1, "embed_size": 9}
    model["tok2vec"] = {**tok2vec, "window_size": 1, "maxout_pieces": 2, "subword_features": True}
    model["tok2vec"]["pretrained_vectors"] = None
    with pytest.raises(ValueError, match="LN036"):
        spacy.blank("en").add_pipe("lstm_ner", config={"model": model})
