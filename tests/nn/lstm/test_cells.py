"""How the weights of cells start."""

import torch

from spacy_lstm_ner.nn.lstm.cells import make_cell, set_forget_bias


def test_lstm_starts_with_open_forget_gates_and_rotations():
    layer = make_cell("lstm", 6, 4)
    bias = (layer.bias_ih_l0 + layer.bias_hh_l0).detach()
    assert bias[4:8].tolist() == [1.0] * 4
    assert bias.sum() == 4.0
    for gate in layer.weight_hh_l0.detach().split(4):
        torch.testing.assert_close(gate @ gate.T, torch.eye(4))


def test_forget_gates_can_start_anywhere():
    layer = make_cell("lstm", 6, 4)
    set_forget_bias(layer, -2.0)
    bias = (layer.bias_ih_l0 + layer.bias_hh_l0).detach()
    assert bias.tolist() == [0.0] * 4 + [-2.0] * 4 + [0.0] * 8


def test_irnn_starts_as_the_identity():
    layer = make_cell("irnn", 6, 4)
    assert layer.nonlinearity == "relu"
    assert torch.equal(layer.weight_hh_l0, torch.eye(4))
    assert not layer.bias_ih_l0.any()
    assert not layer.bias_hh_l0.any()
    assert 0 < layer.weight_ih_l0.abs().max() < 0.01


def test_irnn_keeps_a_state_that_nothing_disturbs():
    cell = make_cell("irnn", 6, 4)
    state = torch.rand(1, 1, 4)
    outputs, _ = cell(torch.zeros(50, 1, 6), state)
    torch.testing.assert_close(outputs[-1], state[0])
