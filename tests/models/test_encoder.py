"""The encoder layer: in the threads of a server, and in training."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from thinc.api import set_dropout_rate

from spacy_lstm_ner.models import encoder
from spacy_lstm_ner.models.shim import ModuleShim
from spacy_lstm_ner.models.vectors import GrowingTable, TokenVectors
from spacy_lstm_ner.nn.lstm.encoder import RecurrentEncoder
from spacy_lstm_ner.nn.lstm.scan import GateWeights


def test_threads_that_meet_a_word_at_once_do_not_mix_up_their_gates(monkeypatch):
    shim = ModuleShim(RecurrentEncoder)
    shim.build(cell="lstm", n_in=3, n_hidden=2)
    (weights,) = shim.module.gate_weights()
    words = GrowingTable()
    words.append(torch.randn(5, 3))
    vectors = TokenVectors(words.tensor, [5], origin=words)
    together, inputs = threading.Barrier(2, timeout=20), GateWeights.inputs

    def inputs_of_both_at_once(self, x):
        together.wait()
        return inputs(self, x)

    monkeypatch.setattr(GateWeights, "inputs", inputs_of_both_at_once)
    with torch.no_grad(), ThreadPoolExecutor(2) as pool:
        found = list(
            pool.map(lambda _: encoder._gate_inputs(shim, vectors, weights).detach(), range(2))
        )
        monkeypatch.undo()
        found.append(encoder._gate_inputs(shim, vectors, weights).detach())
        for table in found:
            torch.testing.assert_close(table, inputs(weights, words.tensor))


def test_weights_of_the_state_are_dropped_only_where_there_is_dropout():
    model = encoder.build_lstm_encoder(
        cell="lstm",
        hidden_width=4,
        depth=1,
        bidirectional=True,
        skip=False,
        dropout=None,
        recurrent_dropout=0.9,
        clip_value=None,
        clip_norm=None,
    )
    vectors = [np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)]
    model.initialize(X=vectors)
    (expected,) = model.predict(vectors)
    (kept,), _ = model.begin_update(vectors)
    set_dropout_rate(model, 1e-9)
    (dropped,), _ = model.begin_update(vectors)
    np.testing.assert_allclose(kept, expected, atol=1e-6)
    assert not np.allclose(dropped, expected, atol=1e-3)
    np.testing.assert_allclose(model.predict(vectors)[0], expected, atol=1e-6)
