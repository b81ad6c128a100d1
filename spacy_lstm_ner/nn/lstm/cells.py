"""Kinds of cells (LSTM, GRU, tanh and identity RNN) and how their weights start.

Their equations are written out in `reference`.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import nn

# Forget gates start open.
FORGET_BIAS = 1.0


def make_cell(cell: str, n_in: int, n_hidden: int) -> nn.RNNBase:
    """Make one layer of one direction, ready to train.

    cell (str): One of CELLS.
    n_in (int): Width of the input.
    n_hidden (int): Width of the state.
    RETURNS (nn.RNNBase): The layer. shape: (time, batch, n_in) -> (time, batch, n_hidden).
    """
    layer, start = CELLS[cell]
    made = layer(n_in, n_hidden)
    with torch.no_grad():
        start(made)
    return made


def _start_orthogonal(layer: nn.RNNBase) -> None:
    """Keep the length of the state at first: every gate's recurrent matrix is a rotation.

    Saxe et al. 2014, https://arxiv.org/abs/1312.6120
    """
    hidden = layer.hidden_size
    parameters = dict(layer.named_parameters())
    for gate in parameters["weight_hh_l0"].split(hidden):
        nn.init.orthogonal_(gate)
    for gate in parameters["weight_ih_l0"].split(hidden):
        nn.init.xavier_uniform_(gate)
    parameters["bias_ih_l0"].zero_()
    parameters["bias_hh_l0"].zero_()
    if isinstance(layer, nn.LSTM):
        set_forget_bias(layer, FORGET_BIAS)


def set_forget_bias(layer: nn.LSTM, bias: float) -> None:
    """Set how far open the forget gates of an LSTM are, before the logistic function.

    Jozefowicz et al. 2015, https://proceedings.mlr.press/v37/jozefowicz15.html
    """
    hidden = layer.hidden_size
    biases = dict(layer.named_parameters())
    # Gates come as input, forget, cell, output. Torch adds two biases, so one of them stays zero.
    with torch.no_grad():
        biases["bias_ih_l0"][hidden : 2 * hidden] = bias


def _start_identity(layer: nn.RNNBase) -> None:
    """Keep the state at first: rectified units whose recurrent matrix is the identity.

    Le, Jaitly and Hinton 2015, https://arxiv.org/abs/1504.00941
    """
    parameters = dict(layer.named_parameters())
    nn.init.eye_(parameters["weight_hh_l0"])
    nn.init.normal_(parameters["weight_ih_l0"], std=0.001)
    parameters["bias_ih_l0"].zero_()
    parameters["bias_hh_l0"].zero_()


# To add a cell, add a row: the layer that it is, and how its weights start.
CELLS: dict[str, tuple[Callable[[int, int], nn.RNNBase], Callable[[nn.RNNBase], None]]] = {
    "lstm": (nn.LSTM, _start_orthogonal),
    "gru": (nn.GRU, _start_orthogonal),
    "rnn": (nn.RNN, _start_orthogonal),
    "irnn": (partial(nn.RNN, nonlinearity="relu"), _start_identity),
}
