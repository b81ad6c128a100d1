"""Dropout for sequences."""

from collections.abc import Callable
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import dropout


def locked_dropout(x: Tensor, sequence: Tensor, n_sequences: int, rate: float) -> Tensor:
    """Drop the same units at every step of a sequence.

    Gal and Ghahramani 2016, https://arxiv.org/abs/1512.05287

    x (Tensor): One row per token. shape: (tokens, width).
    sequence (Tensor): The sequence of each token. shape: (tokens,).
    n_sequences (int): Number of sequences.
    rate (float): Share of the units to drop.
    RETURNS (Tensor): Kept units, scaled so that the expectation stays. shape: (tokens, width).
    """
    if rate <= 0.0:
        return x
    mask = dropout(x.new_ones(n_sequences, x.shape[1]), rate)
    return x * mask.index_select(0, sequence)


def drop_recurrent(cell: nn.RNNBase, rate: float) -> Callable[[Tensor], tuple[Tensor, Any]]:
    """Drop weights of a cell's state, the same ones at every step of every sequence.

    Merity, Keskar and Socher 2018, https://arxiv.org/abs/1708.02182, section 2, after Wan et al.
    2013, https://proceedings.mlr.press/v28/wan13.html

    cell (RNNBase): A cell of one layer.
    rate (float): Share of the weights to drop.
    RETURNS (Callable[[Tensor], Tuple[Tensor, Any]]): The cell without them.
    """
    if rate <= 0.0:
        return cell
    weights = {"weight_hh_l0": dropout(cell.get_parameter("weight_hh_l0"), rate)}
    return partial(functional_call, cell, weights)
