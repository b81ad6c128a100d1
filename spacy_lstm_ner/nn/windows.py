"""Long sequences as overlapping windows, so that memory and time per token stay bounded."""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

# Most tokens that a window decides over, and further tokens that it sees on either side.
WINDOW, CONTEXT = 512, 32


class Windows(NamedTuple):
    """Sequences cut into windows.

    lengths (List[int]): Tokens of each window.
    sequence (List[int]): The sequence that each window is of.
    cut (Optional[Cut]): Which tokens they hold; None if every sequence is one window.
    """

    lengths: list[int]
    sequence: list[int]
    cut: "Cut | None" = None

    def rows(self, rows: Tensor | None, device: torch.device) -> Tensor | None:
        """The row of each token of each window.

        rows (Optional[Tensor]): The row of each token; without, tokens are rows. shape: (tokens,).
        RETURNS (Optional[Tensor]): The rows; None where tokens of windows are rows.
        """
        if self.cut is None:
            return rows
        take = self.cut.take.to(device)
        return take if rows is None else rows.index_select(0, take)

    def keep(self, states: Tensor) -> Tensor:
        """What each window decides over. shape: (taken, width) -> (tokens, width)."""
        return (
            states if self.cut is None else states.index_select(0, self.cut.keep.to(states.device))
        )


class Cut(NamedTuple):
    """Tokens of windows that overlap.

    take (Tensor): The token, in document order, of each token of a window. shape: (taken,).
    keep (Tensor): The place of each token in the window that it is read from. shape: (tokens,).
    """

    take: Tensor
    keep: Tensor


def make_windows(lengths: Sequence[int], *, size: int = WINDOW, context: int = CONTEXT) -> Windows:
    """Cut sequences into windows; one that fits stays whole.

    Each window decides over `size` tokens and sees up to `context` more on either side.

    lengths (Sequence[int]): Tokens of each sequence, at least 1 each.
    size (int): Most tokens that a window decides over.
    context (int): Further tokens on either side.
    RETURNS (Windows): The windows, in document order.
    """
    if max(lengths) <= size + 2 * context:
        return Windows(list(lengths), list(range(len(lengths))))
    take, keep, window_lengths, sequence = [], [], [], []
    first, taken = 0, 0
    for i, length in enumerate(lengths):
        # Windows of equal size rather than a short last one: they share a grid.
        count = 1 if length <= size + 2 * context else -(-length // size)
        edges = np.linspace(0, length, count + 1).astype(np.int64).tolist()
        for start, end in itertools.pairwise(edges):
            left, right = max(0, start - context), min(length, end + context)
            take.append(np.arange(first + left, first + right))
            keep.append(np.arange(taken + start - left, taken + end - left))
            window_lengths.append(right - left)
            sequence.append(i)
            taken += right - left
        first += length
    cut = Cut(torch.from_numpy(np.concatenate(take)), torch.from_numpy(np.concatenate(keep)))
    return Windows(window_lengths, sequence, cut)
