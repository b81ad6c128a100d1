"""Sequences of different lengths in one tensor, without a padded element.

Tokens come in *document order* (all of the first sequence, then all of the second). A scan over
time wants them in *packed order*: every sequence's first token, then every second token and so on,
longest sequence first, as in torch's `PackedSequence`. Step t then touches one contiguous block.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class Packing(NamedTuple):
    """Where each token goes when sequences are packed.

    batch_sizes (List[int]): How many sequences are at least t + 1 tokens long, for every step t.
    positions (Tensor): Packed position of each token in document order. shape: (tokens,).
    sequence (Tensor): Which sequence each packed token is of. shape: (tokens,).
    last (Tensor): Packed position of each sequence's last token. shape: (sequences,).
    """

    batch_sizes: list[int]
    positions: Tensor
    sequence: Tensor
    last: Tensor

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
    length = torch.as_tensor(lengths, dtype=torch.long)
    order = torch.argsort(length, descending=True, stable=True)
    rank = torch.empty_like(order)
    rank[order] = torch.arange(len(order))
    ended = torch.bincount(length, minlength=1)
    # Sequences alive at step t = all of them less those of length t or shorter.
    alive = len(length) - torch.cumsum(ended, 0)[:-1]
    step_start = torch.cumsum(alive, 0) - alive
    of_token = torch.repeat_interleave(torch.arange(len(length)), length)
    positions = step_start[token_steps(length)] + rank[of_token]
    sequence = torch.empty_like(of_token)
    sequence[positions] = of_token
    last = step_start[length - 1] + rank
    return Packing(alive.tolist(), positions.to(device), sequence.to(device), last.to(device))


def token_steps(length: Tensor) -> Tensor:
    """Position of each token in its own sequence. shape: (tokens,)."""
    start = torch.cumsum(length, 0) - length
    return torch.arange(int(length.sum())) - torch.repeat_interleave(start, length)
