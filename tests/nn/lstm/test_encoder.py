"""The encoder against plain torch layers run on one sequence at a time."""

import pytest
import torch
from torch import nn

from spacy_lstm_ner.nn.lstm.cells import CELLS
from spacy_lstm_ner.nn.lstm.encoder import RecurrentEncoder
from spacy_lstm_ner.nn.lstm.grid import make_grids

LENGTHS = [5, 1, 9, 9, 3]


def make(cell="lstm", **settings):
    torch.manual_seed(0)
    return RecurrentEncoder(cell=cell, n_in=6, n_hidden=4, **settings)


def sequences():
    lengths = torch.tensor(LENGTHS)
    return torch.repeat_interleave(torch.arange(len(LENGTHS)), lengths)


def run(encoder, x, *, padding=0.5, dropout=0.0):
    return encoder(x, None, make_grids(LENGTHS, padding=padding), sequences(), dropout=dropout)


def one_by_one(encoder, x):
    """The same network, spelled out: no grid, no padding, no batch."""
    outputs = []
    for rows in x.split(LENGTHS):
        for i, layer in enumerate(encoder.layers):
            states, _ = layer.left_to_right(rows.unsqueeze(1))
            states = states.squeeze(1)
            if layer.right_to_left is not None:
                backward, _ = layer.right_to_left(rows.flip(0).unsqueeze(1))
                states = torch.cat([states, backward.squeeze(1).flip(0)], 1)
            rows = states + encoder.shortcuts[i](rows) if encoder.shortcuts else states
        outputs.append(rows)
    return torch.cat(outputs)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("skip", [True, False])
@pytest.mark.parametrize("padding", [0.0, 0.5, 10.0])
def test_encoder_is_exact_whatever_the_batch(cell, depth, bidirectional, skip, padding):
    encoder = make(cell, depth=depth, bidirectional=bidirectional, skip=skip)
    x = torch.randn(sum(LENGTHS), 6)
    torch.testing.assert_close(run(encoder, x, padding=padding), one_by_one(encoder, x))


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_are_exact_whatever_the_batch(cell):
    encoder = make(cell)
    gradients = []
    for function in (run, one_by_one):
        x = torch.randn(sum(LENGTHS), 6, generator=torch.Generator().manual_seed(2))
        x.requires_grad_()
        encoder.zero_grad()
        function(encoder, x).square().sum().backward()
        gradients.append([x.grad, *(p.grad.clone() for p in encoder.parameters())])
    for grid, alone in zip(*gradients, strict=True):
        torch.testing.assert_close(grid, alone)


def test_repeated_rows_equal_rows_written_out():
    encoder = make()
    table = torch.randn(4, 6)
    rows = torch.randint(4, (sum(LENGTHS),))
    grids = make_grids(LENGTHS)
    found = encoder(table, rows, grids, sequences())
    torch.testing.assert_close(found, encoder(table[rows], None, grids, sequences()))


def test_one_direction_does_not_see_what_follows():
    encoder = make(bidirectional=False)
    x = torch.randn(sum(LENGTHS), 6)
    changed = x.clone()
    changed[4] += 1.0  # last token of the first sequence
    difference = (run(encoder, x) - run(encoder, changed)).abs().sum(1)
    assert (difference > 0).nonzero().flatten().tolist() == [4]


def test_skip_adds_the_input():
    encoder = RecurrentEncoder(cell="lstm", n_in=8, n_hidden=4, depth=1, skip=True)
    assert isinstance(encoder.shortcuts[0], nn.Identity)
    x = torch.randn(sum(LENGTHS), 8)
    states = encoder.layers[0](x, None, make_grids(LENGTHS))
    torch.testing.assert_close(run(encoder, x), states + x)


def test_clip_value_bounds_every_gradient():
    encoder = make(clip_value=25.0)
    for parameter in encoder.parameters():
        parameter.grad = torch.linspace(-100, 100, parameter.numel()).view_as(parameter)
    encoder.clip_gradients()
    for parameter in encoder.parameters():
        expected = torch.linspace(-100, 100, parameter.numel()).clamp(-25, 25)
        torch.testing.assert_close(parameter.grad.flatten(), expected)


def test_clip_norm_is_over_all_gradients_together():
    encoder = make(clip_norm=1.0)
    for parameter in encoder.parameters():
        parameter.grad = torch.full_like(parameter, 3.0)
    before = torch.cat([p.grad.flatten() for p in encoder.parameters()])
    encoder.clip_gradients()
    after = torch.cat([p.grad.flatten() for p in encoder.parameters()])
    torch.testing.assert_close(after, before / before.norm(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("settings", [{"clip_value": 25.0}, {"clip_norm": 1.0}])
@pytest.mark.parametrize("learning", ["none", "some"])
def test_weights_without_a_gradient_are_left_out_of_clipping(settings, learning):
    encoder = make(**settings)
    parameters = list(encoder.parameters())
    parameters[0].requires_grad_(False)
    if learning == "some":
        parameters[1].grad = torch.full_like(parameters[1], 100.0)
    encoder.clip_gradients()
    assert all(p.grad is None for i, p in enumerate(parameters) if i != 1 or learning == "none")
    if learning == "some":
        assert parameters[1].grad.max() <= 25.0


def test_dropout_is_locked_over_a_sequence_and_differs_between_them():
    torch.manual_seed(3)
    encoder = RecurrentEncoder(cell="lstm", n_in=6, n_hidden=64)
    dropped = run(encoder, torch.randn(sum(LENGTHS), 6), dropout=0.5) == 0.0
    masks = []
    for rows in dropped.split(LENGTHS):
        assert (rows == rows[0]).all()
        masks.append(rows[0])
    assert not torch.equal(masks[2], masks[3])
    share = torch.stack(masks).float().mean()
    assert 0.4 < share < 0.6


@pytest.mark.parametrize("cell", CELLS)
def test_recurrent_dropout_takes_weights_of_the_state_from_every_step(cell):
    encoder, x = make(cell), torch.randn(sum(LENGTHS), 6)
    expected = make(cell)
    for layer in expected.layers:
        for direction in layer.directions():
            torch.nn.init.zeros_(direction.weight_hh_l0)
    states = encoder(x, None, make_grids(LENGTHS), sequences(), recurrent_dropout=1.0)
    torch.testing.assert_close(states, run(expected, x))
    some = encoder(x, None, make_grids(LENGTHS), sequences(), recurrent_dropout=0.5)
    some.sum().backward()
    learned = encoder.layers[0].left_to_right.weight_hh_l0.grad != 0
    assert 0.2 < learned.float().mean() < 0.8


def test_an_encoder_gives_a_state_for_each_token():
    x = torch.randn(sum(LENGTHS), 6)
    assert run(make(), x).shape == (sum(LENGTHS), 8)
