"""Layers work the same wherever they are put, and nothing about their place is saved."""

import warnings

import numpy as np
import pytest
import spacy
from thinc.api import set_dropout_rate

from spacy_lstm_ner.models.embed import build_lexical_embed
from spacy_lstm_ner.models.encoder import build_lstm_encoder
from spacy_lstm_ner.nn.lstm.scan import GateWeights

from .conformance.small import SMALL, make_small
from .conftest import TRAIN, entities, learn, make_examples

EXPECTED = [("London", "LOC"), ("Berlin", "LOC")]
EMBED = {**SMALL["tok2vec"]["embed"], "word_dropout": 0.05, "vector_width": 0}
ENCODE = {
    "cell": "lstm",
    "hidden_width": 24,
    "depth": 1,
    "bidirectional": True,
    "skip": False,
    "dropout": None,
    "recurrent_dropout": 0.3,
    "clip_value": None,
    "clip_norm": 1.0,
}
TOK2VEC = {
    "@architectures": "spacy.Tok2Vec.v2",
    "embed": {"@architectures": "spacy_lstm_ner.LexicalEmbed.v1", **EMBED},
    "encode": {"@architectures": "spacy_lstm_ner.LSTMEncoder.v1", **ENCODE},
}


def make_shared():
    """A recognizer that listens to a `tok2vec` made of the layers that `make_small` has inside."""
    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec", config={"model": TOK2VEC})
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": 48, "upstream": "*"}
    nlp.add_pipe("lstm_ner", config={"model": {"tok2vec": listener}})
    return nlp


def learned(nlp):
    learn(nlp, make_examples(nlp), steps=80)
    return nlp


def learn_on(nlp, optimizer, examples):
    optimizer.learn_rate = 0.01
    for _ in range(60):
        nlp.update(examples, sgd=optimizer)
    assert entities(nlp(TRAIN[1][0])) == EXPECTED


@pytest.fixture(scope="module")
def replaced():
    """A trained pipeline whose recognizer has taken the shared layers over."""
    spacy.util.fix_random_seed(0)
    nlp = learned(make_shared())
    nlp.replace_listeners("tok2vec", "lstm_ner", ["model.tok2vec"])
    nlp.remove_pipe("tok2vec")
    return nlp


def stay(nlp, tmp_path):
    return nlp


def by_disk(nlp, tmp_path):
    nlp.to_disk(tmp_path)
    return spacy.load(tmp_path)


def by_bytes(nlp, tmp_path):
    return spacy.blank("en").from_config(nlp.config).from_bytes(nlp.to_bytes())


@pytest.mark.parametrize("travel", [stay, by_disk, by_bytes])
def test_layers_taken_over_compute_each_words_share_of_the_gates_once(
    replaced, travel, tmp_path, monkeypatch
):
    nlp = travel(replaced, tmp_path)
    nlp.get_pipe("lstm_ner").forget()
    rows, inputs = [], GateWeights.inputs

    def counting(self, x):
        rows.append(len(x))
        return inputs(self, x)

    monkeypatch.setattr(GateWeights, "inputs", counting)
    for _ in range(2):
        assert [entities(doc) for doc in nlp.pipe([TRAIN[1][0]] * 3)] == [EXPECTED] * 3
    assert sum(rows) == len(nlp.make_doc(TRAIN[1][0]))


def test_saved_attributes_say_nothing_about_the_place_of_a_layer(replaced):
    allowed = {"settings", "dropout_rate", "fixed_dropout", "recurrent_dropout", "word_dropout"}
    allowed |= {
        "case_noise",
        "forget_bias",
        "word_counts",
        "newcomers",
        "reader",
        "scheme",
        "head",
        "resize_output",
    }
    for nlp in (replaced, learned(make_small())):
        for node in nlp.get_pipe("lstm_ner").model.walk():
            assert set(node.attrs) <= allowed


def test_weights_from_inside_a_recognizer_serve_a_shared_tok2vec():
    inside, shared = learned(make_small()), make_shared()
    examples = make_examples(shared)
    optimizer = shared.initialize(lambda: examples)
    tok2vec = inside.get_pipe("lstm_ner").model.get_ref("tok2vec")
    shared.get_pipe("tok2vec").model.from_bytes(tok2vec.to_bytes())
    learn_on(shared, optimizer, examples)


def test_weights_of_a_shared_tok2vec_serve_inside_a_recognizer():
    shared, inside = learned(make_shared()), make_small()
    examples = make_examples(inside)
    optimizer = inside.initialize(lambda: examples)
    tok2vec = inside.get_pipe("lstm_ner").model.get_ref("tok2vec")
    tok2vec.from_bytes(shared.get_pipe("tok2vec").model.to_bytes())
    docs = [inside.make_doc(text) for text, _ in TRAIN]
    theirs = shared.get_pipe("tok2vec").model.predict(docs)
    for mine, other in zip(tok2vec.predict(docs), theirs, strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-6)
    learn_on(inside, optimizer, examples)


# A rate of 0 in training silences every kind of dropout.


def make_encoder(**settings):
    return build_lstm_encoder(**{**ENCODE, **settings})


def make_embed(**settings):
    return build_lexical_embed(**{**EMBED, **settings})


def two_passes(model, inputs):
    return [np.concatenate(list(model.begin_update(inputs)[0])) for _ in range(2)]


LAYERS = {
    "dropout": lambda: make_encoder(dropout=0.6, recurrent_dropout=0.0),
    "recurrent_dropout": lambda: make_encoder(recurrent_dropout=0.6),
    "word_dropout": lambda: make_embed(word_dropout=0.6),
    "case_noise": lambda: make_embed(case_noise=0.6),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_rate_of_zero_silences_a_layers_own_and_says_so_once(name):
    model = LAYERS[name]()
    inputs = [np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)]
    if name in ("word_dropout", "case_noise"):
        make_doc = spacy.blank("en").make_doc
        inputs = [make_doc(f"word{i}") for i in range(40)]
    model.initialize(X=inputs)
    set_dropout_rate(model, 0.1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one, other = two_passes(model, inputs)
    assert not np.array_equal(one, other)
    set_dropout_rate(model, 0.0)
    with pytest.warns(UserWarning, match=rf"LW002.*{name} = 0\.6") as noted:
        one, other = two_passes(model, inputs)
    assert len(noted) == 1
    assert np.array_equal(one, other)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict(inputs)
        two_passes(model, inputs)


def test_nothing_is_said_of_rates_that_the_default_config_has():
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner")
    examples = make_examples(nlp)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        optimizer = nlp.initialize(lambda: examples)
        nlp.update(examples, sgd=optimizer)


def test_nothing_is_said_where_no_rate_is_ignored():
    model = make_encoder(dropout=None, recurrent_dropout=0.0)
    vectors = [np.ones((2, 3), dtype=np.float32)]
    model.initialize(X=vectors)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.begin_update(vectors)


def test_a_rehearsal_is_the_same_each_time_and_warns_of_nothing():
    encode = {"hidden_width": 24, "dropout": 0.5, "recurrent_dropout": 0.5}
    nlp = make_small(tok2vec={**SMALL["tok2vec"], "encode": encode})
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    optimizer = nlp.resume_training()
    for _ in range(3):
        nlp.update(examples, drop=0.1, sgd=optimizer)
    ner = nlp.get_pipe("lstm_ner")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        losses = [ner.rehearse(examples, losses={})["lstm_ner"] for _ in range(2)]
    assert losses[0] == losses[1] > 0.0
