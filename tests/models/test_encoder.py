"""The encoder layer as servers use it: one pipeline, several threads."""

import threading
from concurrent.futures import ThreadPoolExecutor

import torch

from spacy_lstm_ner.models import encoder
from spacy_lstm_ner.models.shim import ModuleShim
from spacy_lstm_ner.models.vectors import GrowingTable, TokenVectors
from spacy_lstm_ner.nn.encoder import RecurrentEncoder
from spacy_lstm_ner.nn.gates import GateWeights


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
