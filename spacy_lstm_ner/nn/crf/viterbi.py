"""The best path through a lattice (Viterbi 1967, https://doi.org/10.1109/TIT.1967.1054010).

It is the forward pass with the maximum in place of the sum. In numpy on the CPU, wherever the
scores come from: a step is three small array operations, and starting those takes numpy a third of
the time it takes torch, which decides how long one document takes.

Most moves between tags are ruled out, and those that are not come in blocks: tags that follow the
same tags. Many sequences are looked at block by block, which is a third of the arithmetic for BILUO
tags of eight labels. For few it would only be more operations.
"""

from collections.abc import Sequence

import numpy as np

from ...tags import Block
from ...types import Floats, Ints

# Moves that are looked at together, so that they stay in the cache.
MOVES = 1 << 16
# With fewer sequences than that, all moves are looked at as one block.
FEW_SEQUENCES = 12


def viterbi(
    emissions: Floats, transitions: Floats, batch_sizes: list[int], blocks: Sequence[Block]
) -> Ints:
    """The best-scoring tag sequence of each text.

    emissions (Floats): Scores in packed order (see `packing`). shape: (tokens, tags).
    transitions (Floats): Score of the column's tag after the row's, minus infinity where that is
        not legal. shape: (tags, tags).
    batch_sizes (List[int]): How many sequences are at least t + 1 tokens long, for every step t.
    blocks (Sequence[Block]): Where legal moves are, see `TagScheme.blocks`.
    RETURNS (Ints): One tag per token, in packed order. shape: (tokens,).
    """
    if batch_sizes[0] < FEW_SEQUENCES:
        alphas = _forward(emissions, transitions, batch_sizes)
    else:
        alphas = _forward_by_blocks(emissions, transitions, batch_sizes, blocks)
    into = np.ascontiguousarray(transitions.T)
    if batch_sizes[0] == 1:
        return _walk_back_alone(alphas, into)
    return _walk_back(alphas, into, batch_sizes)


def _forward(emissions: Floats, transitions: Floats, batch_sizes: list[int]) -> Floats:
    """Score the best way to each token and tag. shape: (tokens, tags)."""
    alphas = emissions.copy()  # (tokens, tags)
    ways = np.empty((batch_sizes[0], *transitions.shape), dtype=alphas.dtype)
    start, end = 0, batch_sizes[0]
    for size in batch_sizes[1:]:
        moves = ways[:size]  # (texts, from, to)
        np.add(transitions, alphas[start : start + size, :, None], out=moves)
        alphas[end : end + size] += np.maximum.reduce(moves, axis=1)
        start, end = end, end + size
    return alphas


def _forward_by_blocks(
    emissions: Floats, transitions: Floats, batch_sizes: list[int], blocks: Sequence[Block]
) -> Floats:
    """What `_forward` does, over legal moves only."""
    # Tokens come last here, so that the largest of the moves is taken over long rows.
    scores = np.array(emissions.T, order="C")  # (tags, tokens), a copy in any case: written to
    # (groups, sources, targets, 1) of each block
    moves_of = [transitions[b.sources[:, :, None], b.targets[:, None], None] for b in blocks]
    together = max(1, MOVES // max(moves.size for moves in moves_of))
    start, end = 0, batch_sizes[0]
    for size in batch_sizes[1:]:
        for first in range(0, size, together):
            stop = min(first + together, size)
            before = scores[:, start + first : start + stop]  # (tags, texts)
            now = scores[:, end + first : end + stop]  # (tags, texts)
            for (sources, targets), from_to in zip(blocks, moves_of, strict=True):
                moves = from_to + before[sources][:, :, None]  # (groups, sources, targets, texts)
                now[targets] += np.maximum.reduce(moves, axis=1)
        start, end = end, end + size
    return np.ascontiguousarray(scores.T)


def _walk_back(alphas: Floats, into: Floats, batch_sizes: list[int]) -> Ints:
    """The tags of the best ways, from the last to the first.

    alphas (Floats): Scores of the best ways. shape: (tokens, tags).
    into (Floats): Score of the row's tag after the column's. shape: (tags, tags).
    batch_sizes (List[int]): How many sequences take part in each step.
    RETURNS (Ints): shape: (tokens,).
    """
    # The last token of each sequence has its tag; of the others, look for the best one before the
    # one tag that was chosen for the token after.
    best = alphas.argmax(axis=1)  # (tokens,)
    end = len(best) - batch_sizes[-1]
    following = best[end:]
    for size in batch_sizes[-2::-1]:
        start, open_end = end - size, end - size + len(following)
        moves = into.take(following, axis=0)  # (texts, from)
        moves += alphas[start:open_end]
        moves.argmax(axis=1, out=best[start:open_end])
        following, end = best[start:end], start
    return best


def _walk_back_alone(alphas: Floats, into: Floats) -> Ints:
    """What `_walk_back` does for one sequence, in fewer operations."""
    best = [int(alphas[-1].argmax())]
    for alpha in alphas[-2::-1]:
        best.append(int((into[best[-1]] + alpha).argmax()))
    return np.array(best[::-1], dtype=np.int64)
