"""Sums over all tag sequences in logarithms: for the few texts whose probabilities underflow.

Ten times as slow as `forward_backward`, and exact whatever the scores are.
"""

import torch
from torch import Tensor

from .moves import LOWEST, Moves


def log_sums(rows: Tensor, moves: Moves, sizes: list[int]) -> Tensor:
    """Log of the summed exponential scores of all tag sequences, differentiable.

    rows (Tensor): Scores in packed order, of 64 bits. shape: (tokens, tags).
    moves (Moves): Scores of moves.
    sizes (List[int]): Rows of each step.
    RETURNS (Tensor): Minus infinity for a text without a sequence, which then has no gradient.
        shape: (texts,).
    """
    finished, alphas = [], None
    for step in rows.clamp(min=LOWEST).split(sizes):
        if alphas is not None:
            finished.append(alphas[len(step) :])
            step = step + moves.log_forward(alphas[: len(step)])
        alphas = step
    assert alphas is not None
    sums = torch.logsumexp(torch.cat([alphas, *reversed(finished)]), 1)  # longest text first
    return torch.where(sums > LOWEST / 2, sums, -torch.inf)


def log_futures(rows: Tensor, moves: Moves, sizes: list[int]) -> tuple[Tensor, Tensor]:
    """Log of the sums over what comes after each tag, up to a factor for each text.

    rows (Tensor): As for `log_sums`.
    moves (Moves): Scores of moves.
    sizes (List[int]): Rows of each step.
    RETURNS (Tuple[Tensor, Tensor]): Without and with the tag's own token. shape: (tokens, tags).
    """
    betas = torch.zeros_like(rows)
    following = rows.clamp(min=LOWEST)
    after = None
    for beta, into in zip(*(reversed(r.split(sizes)) for r in (betas, following)), strict=True):
        if after is not None:
            beta[: len(after)] = moves.log_backward(after)
        after = into.add_(beta)
    return betas, following
