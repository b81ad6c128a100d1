"""The engine's choices: kernels, windows and what is kept. Its numbers are in test_encoder."""

import pytest
import torch

from spacy_lstm_ner.nn.lstm import engine as engine_module
from spacy_lstm_ner.nn.lstm.encoder import RecurrentEncoder
from spacy_lstm_ner.nn.lstm.engine import Engine
from spacy_lstm_ner.nn.windows import make_windows
from spacy_lstm_ner.nn.words import WordRows

LENGTHS = [5, 1, 9, 9, 3]


def make(cell="lstm", **settings):
    torch.manual_seed(0)
    return RecurrentEncoder(cell=cell, n_in=6, n_hidden=4, **settings).eval()


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn", "irnn"])
@pytest.mark.parametrize("skip", [True, False])
def test_predicting_gives_what_training_without_dropout_gives(cell, skip):
    engine, x = Engine(make(cell, depth=2, skip=skip)), torch.randn(sum(LENGTHS), 6)
    trained = engine.train(x, LENGTHS, dropout=0.0, recurrent_dropout=0.0).detach()
    torch.testing.assert_close(engine.predict(x, None, LENGTHS), trained)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_document_is_encoded_in_windows_that_see_their_neighbourhood(monkeypatch, dtype):
    """Windows decide over tokens that each see at least the context on either side."""
    engine, x = Engine(make()), torch.randn(50, 6)
    monkeypatch.setattr(
        engine_module, "make_windows", lambda lengths: make_windows(lengths, size=10, context=4)
    )
    found = engine.predict(x, None, [50], dtype=dtype)
    monkeypatch.undo()
    for start in range(0, 50, 10):
        left, right = max(0, start - 4), min(50, start + 14)
        alone = engine.predict(x[left:right], None, [right - left], dtype=dtype)
        core = alone[start - left : start - left + 10]
        torch.testing.assert_close(found[start : start + 10], core, atol=2e-2, rtol=2e-2)


def test_bfloat16_is_computed_in_it_and_close_to_float32():
    engine, x = Engine(make()), torch.randn(sum(LENGTHS), 6)
    half = engine.predict(x, None, LENGTHS, dtype=torch.bfloat16)
    assert half.dtype is torch.bfloat16
    full = engine.predict(x, None, LENGTHS)
    torch.testing.assert_close(half.float(), full, atol=0.03, rtol=0.05)
    assert engine.encoder.cells()[0].weight_hh_l0.dtype is torch.float32


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_known_words_give_what_they_give_unknown(dtype):
    engine, words = Engine(make()), torch.randn(7, 6)
    indices = torch.randint(7, (sum(LENGTHS),))
    rows = WordRows()
    rows.add(range(7), words)
    expected = engine.predict(words, indices, LENGTHS, dtype=dtype)
    for _ in range(2):
        found = engine.predict(words, indices, LENGTHS, dtype=dtype, words=rows)
        assert torch.equal(found, expected)


def test_two_encoders_share_words_and_not_what_they_derive():
    one, other = Engine(make()), Engine(make(depth=2))
    words, indices = torch.randn(7, 6), torch.randint(7, (sum(LENGTHS),))
    rows = WordRows()
    rows.add(range(7), words)
    for engine in (one, other, one):
        expected = engine.predict(words, indices, LENGTHS)
        assert torch.equal(engine.predict(words, indices, LENGTHS, words=rows), expected)
