"""The equations by hand and against torch's layers, and the fast paths against the equations."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_lstm_ner.nn.lstm.cells import CELLS, make_cell
from spacy_lstm_ner.nn.lstm.encoder import RecurrentEncoder, RecurrentLayer
from spacy_lstm_ner.nn.lstm.grid import make_grids
from spacy_lstm_ner.nn.lstm.reference import unroll, unroll_encoder
from spacy_lstm_ner.nn.lstm.scan import GateWeights, lstm_scan

N_IN, HIDDEN = 3, 4
LENGTHS = st.lists(st.integers(1, 12), min_size=1, max_size=6)
CELL = pytest.mark.parametrize("cell", CELLS)
BOTH_WAYS = pytest.mark.parametrize("bidirectional", [False, True])


def randomize(module):
    """Leave no weight at a special value, such as zero or the identity."""
    torch.manual_seed(0)
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, std=0.7)
    return module


def cell_of(cell, *, n_in=1, hidden=1, **weights):
    """A cell with the given weights, named as torch names them; all others are zero."""
    layer = make_cell(cell, n_in, hidden)
    for name, parameter in layer.named_parameters():
        values = torch.tensor(weights.get(name.removesuffix("_l0"), 0.0))
        parameter.data = values.reshape(-1, *parameter.shape[1:]).expand_as(parameter).clone()
    return layer


def states(steps):
    return torch.stack([step.h for step in steps])


# By hand: two tokens, the second so that the state before has a part in it.

WEIGHTS = {
    "weight_ih": [0.1, -0.2, 0.3, 0.4],
    "weight_hh": [0.5, 0.6, -0.7, 0.8],
    "bias_ih": [0.01, 0.02, 0.03, 0.04],
    "bias_hh": [-0.5, 0.6, 0.7, -0.8],
}
X = torch.tensor([[1.0], [-2.0]])


def logistic(a):
    return 1 / (1 + np.exp(-a))


def check_by_hand(cell, n_gates, by_hand):
    weights = {name: values[:n_gates] for name, values in WEIGHTS.items()}
    steps = unroll(cell_of(cell, **weights), X)
    assert len(steps) == len(by_hand)
    for step, expected in zip(steps, by_hand, strict=True):
        assert step._fields == tuple(expected)
        np.testing.assert_allclose([value.item() for value in step], list(expected.values()), 1e-5)


def test_lstm_by_hand():
    by_hand = []
    c, h = 0.0, 0.0
    for x in (1.0, -2.0):
        i = logistic(0.1 * x + 0.01 + 0.5 * h - 0.5)
        f = logistic(-0.2 * x + 0.02 + 0.6 * h + 0.6)
        g = np.tanh(0.3 * x + 0.03 - 0.7 * h + 0.7)
        o = logistic(0.4 * x + 0.04 + 0.8 * h - 0.8)
        c = f * c + i * g
        h = o * np.tanh(c)
        by_hand.append({"i": i, "f": f, "g": g, "o": o, "c": c, "h": h})
    check_by_hand("lstm", 4, by_hand)


def test_gru_by_hand():
    by_hand = []
    h = 0.0
    for x in (1.0, -2.0):
        r = logistic(0.1 * x + 0.01 + 0.5 * h - 0.5)
        z = logistic(-0.2 * x + 0.02 + 0.6 * h + 0.6)
        n = np.tanh(0.3 * x + 0.03 + r * (-0.7 * h + 0.7))
        h = (1 - z) * n + z * h
        by_hand.append({"r": r, "z": z, "n": n, "h": h})
    check_by_hand("gru", 3, by_hand)


@pytest.mark.parametrize(
    ("cell", "squash"), [("rnn", np.tanh), ("irnn", lambda a: max(a, 0.0))], ids=["rnn", "irnn"]
)
def test_plain_recurrence_by_hand(cell, squash):
    by_hand = []
    h = 0.0
    for x in (1.0, -2.0):
        h = squash(0.1 * x + 0.01 + 0.5 * h - 0.5)
        by_hand.append({"h": h})
    check_by_hand(cell, 1, by_hand)


# Against torch's own layers.


@CELL
def test_states_are_those_of_torch(cell):
    layer = randomize(make_cell(cell, N_IN, HIDDEN))
    x = torch.randn(9, N_IN)
    expected, _ = layer(x.unsqueeze(1))
    torch.testing.assert_close(states(unroll(layer, x)), expected.squeeze(1))


def test_last_cell_is_that_of_torch():
    layer = randomize(make_cell("lstm", N_IN, HIDDEN))
    x = torch.randn(9, N_IN)
    _, (_, cell) = layer(x.unsqueeze(1))
    torch.testing.assert_close(unroll(layer, x)[-1].c, cell.flatten())


@CELL
def test_gradients_are_those_of_torch(cell):
    layer = randomize(make_cell(cell, N_IN, HIDDEN))
    x = torch.randn(9, N_IN, requires_grad=True)
    leaves = [x, *layer.parameters()]
    found = torch.autograd.grad(states(unroll(layer, x)).square().sum(), leaves)
    expected = torch.autograd.grad(layer(x.unsqueeze(1))[0].square().sum(), leaves)
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs)


@CELL
def test_gates_and_candidates_stay_in_their_ranges(cell):
    layer = randomize(make_cell(cell, N_IN, HIDDEN))
    lowest = {"g": -1, "n": -1, "h": 0 if cell == "irnn" else -1, "c": -np.inf}
    highest = {"h": np.inf if cell == "irnn" else 1, "c": np.inf}
    for step in unroll(layer, 3 * torch.randn(50, N_IN)):
        for name, values in step._asdict().items():
            assert values.shape == (HIDDEN,)
            assert (values >= lowest.get(name, 0)).all(), name
            assert (values <= highest.get(name, 1)).all(), name


# The fast paths, on sequences of different lengths.


def by_scan(layer, x, lengths):
    weights = GateWeights.of(layer.directions())
    return lstm_scan(weights.inputs(x), None, weights, lengths)


def by_rectangles(layer, x, lengths):
    return layer(x, None, make_grids(lengths))


def by_reference(layer, x, lengths):
    outputs = []
    for sequence in x.split(lengths):
        output = states(unroll(layer.left_to_right, sequence))
        if layer.right_to_left is not None:
            backward = states(unroll(layer.right_to_left, sequence.flip(0)))
            output = torch.cat([output, backward.flip(0)], dim=1)
        outputs.append(output)
    return torch.cat(outputs)


def make_layer(cell, bidirectional):
    layer = RecurrentLayer(cell=cell, n_in=N_IN, n_hidden=HIDDEN, bidirectional=bidirectional)
    return randomize(layer)


@CELL
@BOTH_WAYS
@settings(max_examples=15, deadline=None)
@given(lengths=LENGTHS)
def test_rectangles_compute_the_equations(cell, bidirectional, lengths):
    layer = make_layer(cell, bidirectional).double()  # an irnn's states have no bound
    x = torch.randn(sum(lengths), N_IN, dtype=torch.double)
    found, expected = by_rectangles(layer, x, lengths), by_reference(layer, x, lengths)
    torch.testing.assert_close(found, expected)


@BOTH_WAYS
@settings(max_examples=30, deadline=None)
@given(lengths=LENGTHS)
def test_the_scan_computes_the_equations(bidirectional, lengths):
    layer = make_layer("lstm", bidirectional)
    x = torch.randn(sum(lengths), N_IN)
    with torch.no_grad():
        found, expected = by_scan(layer, x, lengths), by_reference(layer, x, lengths)
    torch.testing.assert_close(found, expected)


@CELL
def test_rectangles_learn_by_the_gradients_of_the_equations(cell):
    layer, lengths = make_layer(cell, True), [5, 1, 9, 9, 3]
    x = torch.randn(sum(lengths), N_IN, requires_grad=True)
    leaves = [x, *layer.parameters()]
    found, expected = (
        torch.autograd.grad(run(layer, x, lengths).square().sum(), leaves)
        for run in (by_rectangles, by_reference)
    )
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs)


@CELL
@BOTH_WAYS
@pytest.mark.parametrize("skip", [False, True])
def test_an_encoder_that_is_unrolled_gives_what_it_predicts(cell, bidirectional, skip):
    settings = {"bidirectional": bidirectional, "skip": skip, "depth": 2}
    encoder = RecurrentEncoder(cell=cell, n_in=N_IN, n_hidden=HIDDEN, **settings)
    randomize(encoder).double()
    x, sequence = torch.randn(7, N_IN, dtype=torch.double), torch.zeros(7, dtype=torch.long)
    steps, found = unroll_encoder(encoder, x)
    torch.testing.assert_close(found, encoder(x, None, make_grids([7]), sequence))
    assert [len(directions) for directions in steps] == [1 + bidirectional] * 2
    last = [states(direction) for direction in steps[-1]]
    if not skip:  # else the input of the layer is added to them
        in_order = torch.cat([last[0], *(h.flip(0) for h in last[1:])], dim=1)
        torch.testing.assert_close(in_order, found)


@CELL
def test_sequences_of_one_length_can_be_unrolled_together(cell):
    encoder = RecurrentEncoder(cell=cell, n_in=N_IN, n_hidden=HIDDEN, depth=2)
    randomize(encoder).double()
    x = torch.randn(5, 3, N_IN, dtype=torch.double)
    together = unroll_encoder(encoder, x).states
    alone = [unroll_encoder(encoder, sequence).states for sequence in x.unbind(1)]
    torch.testing.assert_close(together, torch.stack(alone, dim=1))


# What the course says of gates and of gradients through time.

STEPS = 50
OPEN, SHUT = 30.0, -30.0  # before the logistic function: 1 and 0 to the last bit but a few


def gradients_through_time(values):
    """How much the sum of the last value changes with each earlier one. shape: (steps,)."""
    for value in values:
        value.retain_grad()
    values[-1].sum().backward()
    return torch.stack([value.grad.norm() for value in values])


def test_an_open_forget_gate_carries_the_cell_and_its_gradient():
    """The first token (1) opens the input gate and is written; those that follow (0) leave it."""
    layer = cell_of("lstm", weight_ih=[OPEN - SHUT, 0.0, 0.5, 0.0], bias_ih=[SHUT, OPEN, 0.0, OPEN])
    x = torch.zeros(STEPS, 1)
    x[0] = 1.0
    steps = unroll(layer, x)
    written = np.tanh(0.5)
    for step in steps:
        torch.testing.assert_close(step.c, torch.tensor([written], dtype=torch.float32))
    gradients = gradients_through_time([step.c for step in steps])
    torch.testing.assert_close(gradients, torch.ones(STEPS))


def test_a_half_open_forget_gate_halves_the_cell_at_every_step():
    layer = cell_of("lstm", weight_ih=[OPEN - SHUT, 0.0, 0.5, 0.0], bias_ih=[SHUT, 0.0, 0.0, OPEN])
    x = torch.zeros(STEPS, 1)
    x[0] = 1.0
    cells = torch.cat([step.c for step in unroll(layer, x)])
    torch.testing.assert_close(cells, np.tanh(0.5) * 0.5 ** torch.arange(STEPS))


def test_the_gradient_of_a_plain_recurrence_vanishes_and_that_of_an_identity_does_not():
    x = torch.zeros(STEPS, 1)
    x[0] = 1.0
    vanishing, kept = (
        gradients_through_time([step.h for step in unroll(cell_of(cell, **weights), x)])
        for cell, weights in [
            ("rnn", {"weight_ih": [1.0], "weight_hh": [0.8]}),
            ("irnn", {"weight_ih": [1.0], "weight_hh": [1.0]}),
        ]
    )
    assert vanishing[0] < 1e-4
    assert vanishing[-1] == 1.0
    assert (vanishing.diff() > 0).all()
    torch.testing.assert_close(kept, torch.ones(STEPS))
