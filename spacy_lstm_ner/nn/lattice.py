"""The lattice: every tag sequence of a text at once, as one scan over time.

A lattice is emissions (a score per token and tag), transitions (a score per pair of neighbouring
tags) and a mask of allowed tags. Partition function and marginals are the same scan; so is the best
path, with the largest score for the sum (see `viterbi`). What is not allowed scores minus infinity
and so has probability zero exactly; the derivatives are in closed form (marginals less observed
counts), which stays defined there.

Emissions come in packed order (see `packing`). They may carry further dimensions between tokens and
tags, so that lattices which differ in their mask alone share one scan.

Lafferty, McCallum and Pereira 2001, https://dl.acm.org/doi/10.5555/645530.655813
"""

import torch
from torch import Tensor

from .packing import Packing


def mask_scores(scores: Tensor, allowed: Tensor) -> Tensor:
    """Give everything that is not allowed a score of minus infinity."""
    return scores.masked_fill(~allowed, -torch.inf)


def log_partition(emissions: Tensor, transitions: Tensor, packing: Packing) -> Tensor:
    """Log of the summed exponential scores of all tag sequences, differentiable.

    emissions (Tensor): Scores in packed order. shape: (tokens, ..., tags).
    transitions (Tensor): Score of the column's tag after the row's. shape: (tags, tags).
    packing (Packing): Layout of the tokens.
    RETURNS (Tensor): One value per sequence, in document order; minus infinity for a sequence
        without an allowed path, which then has no gradient. shape: (sequences, ...).
    """
    return _LogPartition.apply(emissions, transitions, packing)  # type: ignore[no-untyped-call]


def marginals(emissions: Tensor, transitions: Tensor, packing: Packing) -> Tensor:
    """Probability of each tag at each token, given the whole sequence (forward-backward).

    RETURNS (Tensor): Probabilities in packed order. shape: (tokens, ..., tags).
    """
    with torch.no_grad():
        alphas = _forward_scan(emissions, transitions, packing)
        log_z = _logsumexp_last(alphas[packing.last])
        betas, _ = _backward_scan(emissions, transitions, packing, alphas, log_z)
        return _exp_below(alphas + betas, log_z[packing.sequence].unsqueeze(-1))


def path_score(emissions: Tensor, transitions: Tensor, packing: Packing, tags: Tensor) -> Tensor:
    """Score of a given tag sequence.

    emissions (Tensor): Scores in packed order. shape: (tokens, tags).
    tags (Tensor): Tags in packed order. shape: (tokens,).
    RETURNS (Tensor): One value per sequence, in document order. shape: (sequences,).
    """
    score = emissions.gather(-1, tags.unsqueeze(-1)).squeeze(-1).clone()
    end = packing.batch_sizes[0]
    previous = tags[:end]
    for size in packing.batch_sizes[1:]:
        following = tags[end : end + size]
        score[end : end + size] += transitions[previous[:size], following]
        previous, end = following, end + size
    return score.new_zeros(len(packing.last)).index_add(0, packing.sequence, score)


class _LogPartition(torch.autograd.Function):
    @staticmethod
    def forward(ctx, emissions, transitions, packing):  # type: ignore[no-untyped-def]
        alphas = _forward_scan(emissions, transitions, packing)
        log_z = _logsumexp_last(alphas[packing.last])
        ctx.save_for_backward(emissions, transitions, alphas, log_z)
        ctx.packing = packing
        return log_z

    @staticmethod
    def backward(ctx, d_log_z):  # type: ignore[no-untyped-def]
        emissions, transitions, alphas, log_z = ctx.saved_tensors
        packing = ctx.packing
        betas, d_transitions = _backward_scan(
            emissions, transitions, packing, alphas, log_z, weight=d_log_z
        )
        d_emissions = _exp_below(alphas + betas, log_z[packing.sequence].unsqueeze(-1))
        return d_emissions * d_log_z[packing.sequence].unsqueeze(-1), d_transitions, None


def _forward_scan(emissions: Tensor, transitions: Tensor, packing: Packing) -> Tensor:
    """Score of everything up to each token and tag. shape: (tokens, ..., tags)."""
    sizes = packing.batch_sizes
    alphas = torch.empty_like(emissions)
    blocks = list(zip(alphas.split(sizes), emissions.split(sizes), strict=True))
    previous = blocks[0][0].copy_(blocks[0][1])
    for (block, scores), before, size in zip(blocks[1:], sizes[:-1], sizes[1:], strict=True):
        going_on = previous if size == before else previous[:size]
        previous = torch.add(_logsumexp(going_on.unsqueeze(-1) + transitions), scores, out=block)
    return alphas


def _backward_scan(
    emissions: Tensor,
    transitions: Tensor,
    packing: Packing,
    alphas: Tensor,
    log_z: Tensor,
    *,
    weight: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Score of everything after each token and tag, and how often each move is expected.

    RETURNS (Tuple[Tensor, Tensor]): Scores, shape: (tokens, ..., tags), and the expected counts
        summed over sequences, each times its weight (zero without), shape: (tags, tags).
    """
    betas = torch.zeros_like(emissions)
    counts = torch.zeros_like(transitions)
    end = len(emissions)
    for now, after in zip(packing.batch_sizes[-2::-1], packing.batch_sizes[:0:-1], strict=True):
        middle = end - after
        start, stop = middle - now, middle - now + after
        moves = transitions + (emissions[middle:end] + betas[middle:end]).unsqueeze(-2)
        torch.logsumexp(moves, dim=-1, out=betas[start:stop])
        if weight is not None:
            sequence = packing.sequence[:after]
            pairs = alphas[start:stop].unsqueeze(-1) + moves
            pairs = _exp_below(pairs, log_z[sequence, ..., None, None])
            pairs = pairs * weight[sequence, ..., None, None]
            counts += pairs.flatten(0, -3).sum(0)
        end = middle
    return betas, counts


def _exp_below(scores: Tensor, log_z: Tensor) -> Tensor:
    """exp(scores - log_z), zero where there is no path at all (both minus infinity)."""
    return torch.where(torch.isneginf(log_z), 0.0, torch.exp(scores - log_z))


def _logsumexp(moves: Tensor) -> Tensor:
    return torch.logsumexp(moves, dim=-2)


def _logsumexp_last(scores: Tensor) -> Tensor:
    return torch.logsumexp(scores, dim=-1)
