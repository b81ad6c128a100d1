"""The best path through a lattice.

It is the lattice's scan with the maximum in place of the sum (Viterbi 1967,
https://doi.org/10.1109/TIT.1967.1054010). In numpy on the CPU, wherever the scores come from: a
step is three small array operations, and starting those takes numpy a third of the time it takes
torch, which decides how long one document takes.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

# Sequences that a step looks at together, so that its table of moves stays in the cache.
_BLOCK = 256


def viterbi(emissions: Floats, transitions: Floats, batch_sizes: list[int]) -> Ints:
    """The best-scoring tag sequence of each text.

    emissions (Floats): Scores in packed order (see `packing`). shape: (tokens, tags).
    transitions (Floats): Score of the column's tag after the row's. shape: (tags, tags).
    batch_sizes (List[int]): How many sequences are at least t + 1 tokens long, for every step t.
    RETURNS (Ints): One tag per token, in packed order. shape: (tokens,).
    """
    alphas = _scan(emissions, transitions, batch_sizes)
    into = np.ascontiguousarray(transitions.T)
    best = alphas.argmax(axis=1)
    # Sequences ended at a later step already have their tag there; walk the others back, looking
    # for the best predecessor of the one tag that was chosen.
    end = len(best) - batch_sizes[-1]
    following = best[end:]
    for size in batch_sizes[-2::-1]:
        start, open_end = end - size, end - size + len(following)
        moves = into.take(following, axis=0)
        moves += alphas[start:open_end]
        moves.argmax(axis=1, out=best[start:open_end])
        following, end = best[start:end], start
    return best


def _scan(emissions: Floats, transitions: Floats, batch_sizes: list[int]) -> Floats:
    """Score of the best way to each token and tag. shape: (tokens, tags)."""
    # Tokens come last here, so that the largest of the moves is taken over long rows.
    scores = np.ascontiguousarray(emissions.T)
    from_to = transitions[:, :, None]
    start, end = 0, batch_sizes[0]
    for size in batch_sizes[1:]:
        for block in range(0, size, _BLOCK):
            stop = min(block + _BLOCK, size)
            moves = from_to + scores[:, None, start + block : start + stop]
            scores[:, end + block : end + stop] += np.maximum.reduce(moves, axis=0)
        start, end = end, end + size
    return np.ascontiguousarray(scores.T)
