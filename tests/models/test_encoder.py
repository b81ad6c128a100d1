"""The encoder layer in training."""

import numpy as np
from thinc.api import set_dropout_rate

from spacy_lstm_ner.models import encoder


def make_encoder(**settings):
    return encoder.build_lstm_encoder(
        **{
            "cell": "lstm",
            "hidden_width": 4,
            "depth": 1,
            "bidirectional": True,
            "skip": False,
            "dropout": None,
            "clip_value": None,
            "clip_norm": None,
            **settings,
        }
    )


def make_vectors():
    return [np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)]


def test_weights_of_the_state_are_dropped_only_where_there_is_dropout():
    model = make_encoder(recurrent_dropout=0.9)
    vectors = make_vectors()
    model.initialize(X=vectors)
    (expected,) = model.predict(vectors)
    (kept,), _ = model.begin_update(vectors)
    set_dropout_rate(model, 1e-9)
    (dropped,), _ = model.begin_update(vectors)
    np.testing.assert_allclose(kept, expected, atol=1e-6)
    assert not np.allclose(dropped, expected, atol=1e-3)
    np.testing.assert_allclose(model.predict(vectors)[0], expected, atol=1e-6)


def test_the_forget_gates_of_all_cells_start_as_the_config_says():
    model = make_encoder(forget_bias=-3.0, depth=2)
    model.initialize(X=make_vectors())
    cells = model.shims[0].module.cells()
    assert len(cells) == 4
    for cell in cells:
        assert cell.bias_ih_l0[4:8].tolist() == [-3.0] * 4
    loaded = make_encoder(forget_bias=0.0, depth=2).from_bytes(model.to_bytes())
    np.testing.assert_array_equal(
        loaded.predict(make_vectors())[0], model.predict(make_vectors())[0]
    )


def test_cells_without_forget_gates_do_without_their_bias():
    for cell in ("gru", "rnn", "irnn"):
        model = make_encoder(cell=cell, forget_bias=5.0)
        model.initialize(X=make_vectors())
        assert not any(c.bias_ih_l0.any() for c in model.shims[0].module.cells())
