"""The recurrent cells as their equations: slow, exact, every gate in sight.

One direction, one token at a time, with the weights that are trained. `encoder` and `scan` compute
the same states fast and are tested against this file.

In the equations x is a token's vector, and h and c are what the step before left until they are set
anew. W holds the weights of the input, U those of the state, b and d are the biases that torch adds
to either; each has the rows of all gates, one gate after the other. σ is the logistic function, and
* multiplies number by number.

Why gates: the gradient of a loss reaches an earlier token through one derivative per step between
the two. In a plain recurrence that is U times a slope of at most 1, and after many steps the
gradient has vanished (or exploded; Bengio, Simard and Frasconi 1994,
https://doi.org/10.1109/72.279181). In an LSTM, from cell to cell it is f, apart from what goes
through the gates: where f stays near 1, the gradient arrives.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from .encoder import RecurrentEncoder


class LSTMStep(NamedTuple):
    """What an LSTM computes for one token. shape of each: (hidden,), or (batch, hidden).

    Hochreiter and Schmidhuber 1997, https://doi.org/10.1162/neco.1997.9.8.1735; the forget gate:
    Gers, Schmidhuber and Cummins 2000, https://doi.org/10.1162/089976600300015015

    i (Tensor): Input gate, 0 to 1: how much of the candidate is written to the cell.
    f (Tensor): Forget gate, 0 to 1: how much of the cell is kept.
    g (Tensor): Candidate, -1 to 1: what could be written.
    o (Tensor): Output gate, 0 to 1: how much of the cell is shown.
    c (Tensor): The cell, the memory.
    h (Tensor): The state, what the next step and the next layer see.
    """

    i: Tensor
    f: Tensor
    g: Tensor
    o: Tensor
    c: Tensor
    h: Tensor


class GRUStep(NamedTuple):
    """What a GRU computes for one token. shape of each: (hidden,), or (batch, hidden).

    Cho et al. 2014, https://arxiv.org/abs/1406.1078, in torch's variant: they reset the state
    before U_n multiplies it, torch resets the product.

    r (Tensor): Reset gate, 0 to 1: how much of the state the candidate sees.
    z (Tensor): Update gate, 0 to 1: how much of the state is kept.
    n (Tensor): Candidate, -1 to 1: what takes the place of the rest.
    h (Tensor): The state.
    """

    r: Tensor
    z: Tensor
    n: Tensor
    h: Tensor


class RNNStep(NamedTuple):
    """What a plain recurrence computes for one token: no gates, a state alone.

    Elman 1990, https://doi.org/10.1207/s15516709cog1402_1; with rectified units and U the identity
    at the start: Le, Jaitly and Hinton 2015, https://arxiv.org/abs/1504.00941

    h (Tensor): The state. shape: (hidden,), or (batch, hidden).
    """

    h: Tensor


Step: TypeAlias = LSTMStep | GRUStep | RNNStep


def unroll(cell: nn.RNNBase, x: Tensor) -> Sequence[Step]:
    """Run a cell over a sequence from a state of zeros, differentiably.

    cell (RNNBase): One layer of one direction, as `make_cell` makes it.
    x (Tensor): Vectors of the tokens in the order of reading; for a cell that reads from right to
        left, `x.flip(0)`. shape: (tokens, n_in), or (tokens, batch, n_in) for several sequences of
        one length.
    RETURNS (Sequence[Step]): What is computed at each token, in the order of reading. The tensors
        are those that the next step reads: `retain_grad` and `backward` give their gradients.
    """
    if isinstance(cell, nn.LSTM):
        return unroll_lstm(cell, x)
    return unroll_gru(cell, x) if isinstance(cell, nn.GRU) else unroll_rnn(cell, x)


def unroll_lstm(cell: nn.LSTM, x: Tensor) -> list[LSTMStep]:
    """Run an LSTM, see `unroll`.

    i = σ(W_i x + b_i + U_i h + d_i)
    f = σ(W_f x + b_f + U_f h + d_f)
    g = tanh(W_g x + b_g + U_g h + d_g)
    o = σ(W_o x + b_o + U_o h + d_o)
    c = f * c + i * g
    h = o * tanh(c)
    """
    W, U, b, d = _weights(cell)
    c = h = _nothing(cell, x)
    steps = []
    for token in x:
        i, f, g, o = (linear(token, W, b) + linear(h, U, d)).chunk(4, dim=-1)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        c = f * c + i * g
        h = o * c.tanh()
        steps.append(LSTMStep(i, f, g, o, c, h))
    return steps


def unroll_gru(cell: nn.GRU, x: Tensor) -> list[GRUStep]:
    """Run a GRU, see `unroll`.

    r = σ(W_r x + b_r + U_r h + d_r)
    z = σ(W_z x + b_z + U_z h + d_z)
    n = tanh(W_n x + b_n + r * (U_n h + d_n))
    h = (1 - z) * n + z * h
    """
    W, U, b, d = _weights(cell)
    h = _nothing(cell, x)
    steps = []
    for token in x:
        r_input, z_input, n_input = linear(token, W, b).chunk(3, dim=-1)
        r_state, z_state, n_state = linear(h, U, d).chunk(3, dim=-1)
        r = (r_input + r_state).sigmoid()
        z = (z_input + z_state).sigmoid()
        n = (n_input + r * n_state).tanh()
        h = (1 - z) * n + z * h
        steps.append(GRUStep(r, z, n, h))
    return steps


def unroll_rnn(cell: nn.RNNBase, x: Tensor) -> list[RNNStep]:
    """Run a plain recurrence, see `unroll`.

    h = tanh(W x + b + U h + d), or max(0, ...) in an irnn
    """
    W, U, b, d = _weights(cell)
    h = _nothing(cell, x)
    steps = []
    for token in x:
        a = linear(token, W, b) + linear(h, U, d)
        h = a.relu() if cell.mode == "RNN_RELU" else a.tanh()
        steps.append(RNNStep(h))
    return steps


class Unrolled(NamedTuple):
    """What an encoder computes for a sequence.

    steps (Sequence[Sequence[Sequence[Step]]]): Of each layer and each direction, left to right
        first, what its cell computes at each token, in its order of reading.
    states (Tensor): What the encoder gives, in document order. shape: (tokens, n_out), or (tokens,
        batch, n_out).
    """

    steps: Sequence[Sequence[Sequence[Step]]]
    states: Tensor


def unroll_encoder(encoder: RecurrentEncoder, x: Tensor) -> Unrolled:
    """Run all layers of an encoder as in prediction, differentiably, see `unroll`.

    encoder (RecurrentEncoder): The encoder.
    x (Tensor): Vectors of the tokens in document order. shape: (tokens, n_in), or (tokens, batch,
        n_in).
    RETURNS (Unrolled): What it computes.
    """
    steps = []
    for i, layer in enumerate(encoder.recurrent_layers()):
        left_to_right, *right_to_left = layer.directions()
        read = [unroll(left_to_right, x), *(unroll(cell, x.flip(0)) for cell in right_to_left)]
        forward, *backward = (torch.stack([step.h for step in direction]) for direction in read)
        states = torch.cat([forward, *(h.flip(0) for h in backward)], dim=-1)
        x = encoder.add_shortcut(i, x, None, states)
        steps.append(read)
    return Unrolled(steps, x)


def _nothing(cell: nn.RNNBase, x: Tensor) -> Tensor:
    """The state before the first token."""
    return x.new_zeros(*x.shape[1:-1], cell.hidden_size)


def _weights(cell: nn.RNNBase) -> tuple[Tensor, ...]:
    """W, U, b and d of a cell. shape: (gates * hidden, n_in), (gates * hidden, hidden), biases."""
    names = "weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"
    return tuple(cell.get_parameter(name) for name in names)
