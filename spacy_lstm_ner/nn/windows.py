"""Long sequences as overlapping windows, so that memory and time per token stay bounded.

Cutting is one way; putting together again is two. States are read from the window that decides over
their token (`Windows.core`). Paths are joined where neighbouring windows agree
(`Windows.join_paths`), since a path cannot change tags between any two tokens.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..types import Bools, Ints
from .batches import batched

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
        gather = self.cut.gather.to(device)
        return gather if rows is None else rows.index_select(0, gather)

    def core(self, states: Tensor) -> Tensor:
        """What each window decides over. shape: (tokens of windows, width) -> (tokens, width)."""
        if self.cut is None:
            return states
        return states.index_select(0, self.cut.core.to(states.device))

    def spans(self) -> list[tuple[int, int]]:
        """The first token of each window, and the one after its last, in document order."""
        ends = list(itertools.accumulate(self.lengths))
        if self.cut is None:
            return [(end - length, end) for end, length in zip(ends, self.lengths, strict=True)]
        gather = self.cut.gather.numpy()
        return [
            (int(gather[end - length]), int(gather[end - 1]) + 1)
            for end, length in zip(ends, self.lengths, strict=True)
        ]

    def batches(self, max_tokens: int) -> list[slice]:
        """The numbers of the windows of each batch of bounded size.

        max_tokens (int): Most tokens of a batch of several.
        """
        numbers = range(len(self.lengths))
        batches = batched(numbers, self.lengths.__getitem__, most=max_tokens)
        return [slice(batch[0], batch[-1] + 1) for batch in batches]

    def join_paths(
        self,
        decode: Callable[[Ints, list[int]], Ints],
        *,
        follows: Callable[[Ints, Ints], Bools],
        max_tokens: int,
    ) -> Ints:
        """Decode windows, and join the paths of those of one sequence where they agree.

        Where two agree nowhere they are joined in the middle of their overlap; a sequence in which
        that made a move that is not legal is decoded whole.

        decode (Callable[[Ints, List[int]], Ints]): From tokens in document order, and how many of
            them each window has, to one tag per token.
        follows (Callable[[Ints, Ints], Bools]): Whether each of some tags may follow each of some
            others.
        max_tokens (int): Most tokens to decode at a time, unless a window is longer.
        RETURNS (Ints): One tag per token, in document order. shape: (tokens,).
        """
        spans = self.spans()
        paths: list[Ints] = []
        for numbers in self.batches(max_tokens):
            tokens = np.concatenate([np.arange(*span) for span in spans[numbers]])
            lengths = self.lengths[numbers]
            paths += np.split(decode(tokens, lengths), np.cumsum(lengths)[:-1])
        tags = np.zeros(max(end for _, end in spans), dtype=np.int64)
        for _, group in itertools.groupby(range(len(spans)), self.sequence.__getitem__):
            of_text = list(group)
            start, end = spans[of_text[0]][0], spans[of_text[-1]][1]
            joined = _join([spans[i] for i in of_text], [paths[i] for i in of_text])
            if not follows(joined[:-1], joined[1:]).all():
                joined = decode(np.arange(start, end), [end - start])
            tags[start:end] = joined
        return tags


class Cut(NamedTuple):
    """Tokens of windows that overlap.

    gather (Tensor): The token, in document order, of each token of a window.
        shape: (tokens of windows,).
    core (Tensor): The place of each token in the window that decides over it. shape: (tokens,).
    """

    gather: Tensor
    core: Tensor


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
    gather, core, window_lengths, sequence = [], [], [], []
    first, gathered = 0, 0
    for i, length in enumerate(lengths):
        # Windows of equal size rather than a short last one: they share a grid.
        count = 1 if length <= size + 2 * context else -(-length // size)
        edges = np.linspace(0, length, count + 1).astype(np.int64).tolist()
        for start, end in itertools.pairwise(edges):
            left, right = max(0, start - context), min(length, end + context)
            gather.append(np.arange(first + left, first + right))
            core.append(np.arange(gathered + start - left, gathered + end - left))
            window_lengths.append(right - left)
            sequence.append(i)
            gathered += right - left
        first += length
    cut = Cut(torch.from_numpy(np.concatenate(gather)), torch.from_numpy(np.concatenate(core)))
    return Windows(window_lengths, sequence, cut)


def _join(spans: Sequence[tuple[int, int]], paths: Sequence[Ints]) -> Ints:
    """One path of overlapping ones: from one to the next where they agree, nearest to the middle.

    spans (Sequence[Tuple[int, int]]): First token of each window, and the one after its last.
    paths (Sequence[Ints]): A tag for each token of each window.
    RETURNS (Ints): A tag for each token from the first window's first to the last one's last.
    """
    parts = []
    start = spans[0][0]
    for (span, path), (following, next_path) in itertools.pairwise(zip(spans, paths, strict=True)):
        overlap = np.arange(following[0], span[1])
        middle = len(overlap) // 2
        agreed = np.flatnonzero(path[overlap - span[0]] == next_path[overlap - following[0]])
        nearest = agreed[np.argmin(np.abs(agreed - middle))] if len(agreed) else middle
        stop = int(overlap[nearest])
        parts.append(path[start - span[0] : stop - span[0]])
        start = stop
    return np.concatenate([*parts, paths[-1][start - spans[-1][0] :]])
