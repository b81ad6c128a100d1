"""Sequences of different lengths in one tensor, without a padded element.

Tokens come in *document order* (all of the first sequence, then all of the second). A scan over
time wants them in *packed order*: every sequence's first token, then every second token and so on,
longest sequence first, as in torch's `PackedSequence`. Step t then touches one contiguous block.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..types import Ints


class Packing(NamedTuple):
    """Where each token goes when sequences are packed.

    batch_sizes (List[int]): How many sequences are at least t + 1 tokens long, for every step t.
    positions (Tensor): Packed position of each token in document order. shape: (tokens,).
    sequence (Tensor): Which sequence each packed token is of. shape: (tokens,).
    """

    batch_sizes: list[int]
    positions: Tensor
    sequence: Tensor

    def pack(self, tokens: Tensor) -> Tensor:
        """Move rows from document order to packed order. shape: (tokens, ...)."""
        packed = torch.empty_like(tokens)
        packed[self.positions] = tokens
        return packed

    def unpack(self, packed: Tensor) -> Tensor:
        """Move rows from packed order to document order. shape: (tokens, ...)."""
        return packed[self.positions]


def pack_lengths(lengths: Sequence[int], *, device: torch.device | None = None) -> Packing:
    """Lay out sequences for a scan over time.

    lengths (Sequence[int]): Tokens of each sequence, at least 1 each.
    device (Optional[torch.device]): Where the positions live; the CPU if not given.
    RETURNS (Packing): The layout.
    """
    length = np.asarray(lengths, dtype=np.int64)
    batch_sizes, positions = packed_positions(length)
    sequence = np.empty_like(positions)
    sequence[positions] = np.repeat(np.arange(len(length)), length)
    on_device = (torch.from_numpy(a).to(device) for a in (positions, sequence))
    return Packing(batch_sizes.tolist(), *on_device)


def inverse(order: Tensor) -> Tensor:
    """The permutation that undoes another. shape: (n,) -> (n,)."""
    place = torch.empty_like(order)
    place[order] = torch.arange(len(order), device=order.device)
    return place


def packed_positions(length: Ints) -> tuple[Ints, Ints]:
    """Where each token goes.

    length (Ints): Tokens of each sequence, at least 1 each. shape: (sequences,).
    RETURNS (Tuple[Ints, Ints]): How many sequences are at least t + 1 tokens long, for every step
        t, shape: (steps,), and the packed position of each token, shape: (tokens,).
    """
    order = np.argsort(-length, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    # Sequences alive at step t = all of them less those of length t or shorter.
    alive = len(length) - np.cumsum(np.bincount(length))[:-1]
    step_start = np.cumsum(alive) - alive
    end = np.cumsum(length)
    step = np.arange(end[-1]) - np.repeat(end - length, length)
    return alive, step_start[step] + np.repeat(rank, length)
