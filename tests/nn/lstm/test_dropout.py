"""Dropout that is the same at every step."""

import torch

from spacy_lstm_ner.nn.lstm.cells import make_cell
from spacy_lstm_ner.nn.lstm.dropout import drop_recurrent, locked_dropout

SEQUENCE = torch.tensor([0, 0, 0, 1, 2, 2])


def test_dropout_keeps_the_expectation():
    torch.manual_seed(4)
    x = torch.randn(SEQUENCE.numel(), 6)
    dropped = torch.stack([locked_dropout(x, SEQUENCE, 3, 0.3) for _ in range(4000)]).mean(0)
    torch.testing.assert_close(dropped, x, atol=0.1, rtol=0.1)
    assert torch.equal(locked_dropout(x, SEQUENCE, 3, 0.0), x)


def test_the_same_units_are_dropped_at_every_step_of_a_sequence():
    torch.manual_seed(5)
    dropped = locked_dropout(torch.ones(SEQUENCE.numel(), 50), SEQUENCE, 3, 0.5)
    for sequence in range(3):
        rows = dropped[sequence == SEQUENCE]
        assert (rows == rows[0]).all()
        assert set(rows[0].tolist()) == {0.0, 2.0}
    assert not torch.equal(dropped[0], dropped[-1])


def test_weights_of_the_state_are_dropped_and_others_stay():
    torch.manual_seed(6)
    cell = make_cell("lstm", 3, 4)
    assert drop_recurrent(cell, 0.0) is cell
    x = torch.randn(1, 2, 3)  # at the first step there is no state yet
    torch.testing.assert_close(drop_recurrent(cell, 0.9)(x)[0], cell(x)[0])
    x = torch.randn(5, 2, 3)
    assert not torch.allclose(drop_recurrent(cell, 0.9)(x)[0], cell(x)[0])
