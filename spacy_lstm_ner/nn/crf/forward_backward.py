"""The lattice: every tag sequence of a text at once, as one scan over time.

A lattice is emissions (a score per token and tag), transitions (a score per pair of neighbouring
tags) and a mask of allowed tags. Partition function and marginals are the same scan; so is the best
path, with the largest score for the sum (see `viterbi`). What is not allowed scores minus infinity
and so has probability zero exactly; the derivatives are in closed form (marginals less observed
counts), which stays defined there.

The sums are of probabilities that are rescaled at every token (Rabiner 1989, section V.A,
https://doi.org/10.1109/5.18626), not of logarithms, so that a step is one matrix product.
With 64 bits, a path counts that is e^700 times less likely than the best.

Emissions come in packed order (see `packing`). They may carry further dimensions between tokens and
tags, so that lattices which differ in their mask alone share one scan.

Lafferty, McCallum and Pereira 2001, https://dl.acm.org/doi/10.5555/645530.655813
"""

from typing import NamedTuple

import torch
from torch import Tensor

from ..packing import Packing


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
        lattice = _Lattice.of(emissions, transitions, packing)
        alphas, inverse, _ = _scan_forward(lattice)
        betas, _ = _scan_backward(lattice, inverse)
        return (alphas * betas).view_as(emissions).to(emissions.dtype)


class _LogPartition(torch.autograd.Function):
    @staticmethod
    def forward(ctx, emissions, transitions, packing):  # type: ignore[no-untyped-def]
        lattice = _Lattice.of(emissions, transitions, packing)
        alphas, inverse, log_sums = _scan_forward(lattice)
        ctx.save_for_backward(emissions, transitions, alphas, inverse)
        ctx.lattice, ctx.packing = lattice, packing
        log_sums = log_sums.view(emissions.shape[:-1])
        log_z = log_sums.new_zeros(packing.batch_sizes[0], *log_sums.shape[1:])
        return log_z.index_add_(0, packing.sequence, log_sums).to(emissions.dtype)

    @staticmethod
    def backward(ctx, d_log_z):  # type: ignore[no-untyped-def]
        emissions, transitions, alphas, inverse = ctx.saved_tensors
        weight = d_log_z.double().index_select(0, ctx.packing.sequence).view(-1, 1)
        betas, following = _scan_backward(ctx.lattice, inverse)
        d_emissions = (alphas * betas * weight).view_as(emissions)
        # Expected moves: of each token that is not the last, with each that is not the first.
        sizes = ctx.lattice.sizes
        *blocks, _ = alphas.split(sizes)
        going_on = [block[:size] for block, size in zip(blocks, sizes[1:], strict=True)]
        before = torch.cat([alphas[:0], *going_on])
        after = following[sizes[0] :] * weight[sizes[0] :]
        d_transitions = ctx.lattice.moves * (before.T @ after)
        return d_emissions.to(emissions.dtype), d_transitions.to(transitions.dtype), None


class _Lattice(NamedTuple):
    """Scores as probabilities, up to a factor for each token and one for all moves.

    tokens (Tensor): shape: (rows, tags), a row for each token of each lattice.
    log_factors (Tensor): Logarithms of the factors, those of moves among them. shape: (rows,).
    moves (Tensor): shape: (tags, tags).
    sizes (List[int]): Rows of each step.
    """

    tokens: Tensor
    log_factors: Tensor
    moves: Tensor
    sizes: list[int]

    @classmethod
    def of(cls, emissions: Tensor, transitions: Tensor, packing: Packing) -> "_Lattice":
        rows = emissions.reshape(-1, emissions.shape[-1]).double()
        lattices = len(rows) // len(emissions)
        sizes = [size * lattices for size in packing.batch_sizes]
        log_factors = _finite(rows.amax(1))
        tokens = torch.exp(rows - log_factors.unsqueeze(1))
        log_factor = _finite(transitions.max().double())
        moves = torch.exp(transitions.double() - log_factor)
        log_factors[sizes[0] :] += log_factor
        return cls(tokens, log_factors, moves, sizes)


def _finite(scores: Tensor) -> Tensor:
    return torch.where(torch.isneginf(scores), 0.0, scores)


def _scan_forward(lattice: _Lattice) -> tuple[Tensor, Tensor, Tensor]:
    """Probability of each tag given the tokens up to it.

    RETURNS (Tuple[Tensor, Tensor, Tensor]): The probabilities, shape: (rows, tags); the inverse of
        what a step's were divided by, zero where there is no path; and its logarithm, factors
        included, which sums up to the log partition. shape: (rows,).
    """
    alphas = lattice.tokens.clone()
    inverse = torch.empty_like(lattice.log_factors).unsqueeze(1)
    blocks = alphas.split(lattice.sizes), inverse.split(lattice.sizes)
    previous = None
    for block, factor in zip(*blocks, strict=True):
        if previous is not None:
            block.mul_(previous[: len(block)] @ lattice.moves)
        torch.sum(block, 1, keepdim=True, out=factor)
        # Without a path the sum is 0. Its inverse is then infinite; 0 takes the row out of all.
        factor.reciprocal_().nan_to_num_(posinf=0.0)
        previous = block.mul_(factor)
    inverse = inverse.squeeze(1)
    return alphas, inverse, lattice.log_factors - torch.log(inverse).where(inverse > 0, torch.inf)


def _scan_backward(lattice: _Lattice, inverse: Tensor) -> tuple[Tensor, Tensor]:
    """How the tokens after each tag change its probability.

    RETURNS (Tuple[Tensor, Tensor]): That factor, and the same for the step into each tag, the tag's
        own token included. shape: (rows, tags).
    """
    betas = torch.ones_like(lattice.tokens)
    following = lattice.tokens * inverse.unsqueeze(1)
    blocks = betas.split(lattice.sizes), following.split(lattice.sizes)
    after = None
    for beta, into in zip(*(reversed(b) for b in blocks), strict=True):
        if after is not None:
            torch.mm(after, lattice.moves.T, out=beta[: len(after)])
        after = into.mul_(beta)
    return betas, following
