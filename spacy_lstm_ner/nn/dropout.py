"""Dropout for sequences."""

import torch
from torch import Tensor


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
    keep = 1.0 - rate
    mask = torch.empty(n_sequences, x.shape[1], dtype=x.dtype, device=x.device)
    mask.bernoulli_(keep).div_(keep)
    return x * mask.index_select(0, sequence)
