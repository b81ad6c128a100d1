"""Sequences of similar length side by side, for recurrent kernels.

The fast kernels (oneDNN on a CPU, cuDNN on a GPU) take a rectangle of time steps by sequences.
Padding on the right of a left-to-right pass changes nothing before it, so a rectangle may hold
sequences of somewhat different lengths, as long as the backward direction gets its own rectangle in
which every sequence is reversed within its own length. Both directions are exact.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...types import Ints

# Padded cells a grid may hold per token. Small grids waste calls, loose grids waste arithmetic.
MAX_PADDING = 0.125


class Grid(NamedTuple):
    """One rectangle.

    forward (Tensor): The token, in document order, in each cell; a padded cell repeats some token
        of its sequence. shape: (time, batch).
    backward (Tensor): The same with every sequence reversed. shape: (time, batch).
    cells (Tensor): The cells that are not padded, numbered row by row. shape: (tokens,).
    """

    forward: Tensor
    backward: Tensor
    cells: Tensor

    def to(self, device: torch.device) -> "Grid":
        """Move the grid to a device."""
        return Grid(*(tensor.to(device) for tensor in self))


def make_grids(
    lengths: Sequence[int],
    *,
    padding: float = MAX_PADDING,
    max_cells: int = 32768,
) -> list[Grid]:
    """Distribute sequences over grids.

    lengths (Sequence[int]): Tokens of each sequence, at least 1 each.
    padding (float): The most padded cells per token of a sequence.
    max_cells (int): The most cells of one grid, which bounds memory. A longer sequence gets a grid
        of its own.
    RETURNS (List[Grid]): Grids that hold every token once.
    """
    length = np.asarray(lengths, dtype=np.int64)
    first = np.cumsum(length) - length
    order = np.argsort(-length, kind="stable")
    grids = []
    begin = 0
    while begin < len(order):
        longest = int(length[order[begin]])
        widest = max(1, max_cells // longest)
        candidates = length[order[begin : begin + widest]]
        # Lengths fall along `order`: the grid ends before the first that would be too short.
        size = int(np.searchsorted(-candidates, -longest / (1 + padding), side="right"))
        chosen = order[begin : begin + size]
        grids.append(_make_grid(first[chosen], length[chosen], longest))
        begin += size
    return grids


def _make_grid(first: Ints, length: Ints, time: int) -> Grid:
    step = np.arange(time)[:, None]
    forward = first + np.minimum(step, length - 1)
    backward = first + np.maximum(length - 1 - step, 0)
    filled = step < length
    return Grid(
        torch.from_numpy(forward),
        torch.from_numpy(backward),
        torch.from_numpy(np.flatnonzero(filled)),
    )
