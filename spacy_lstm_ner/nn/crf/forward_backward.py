"""Sums over all tag sequences of a text, in one pass over time each way (forward-backward).

The sums are of probabilities that are rescaled at every token (Rabiner 1989, section V.A,
https://doi.org/10.1109/5.18626), not of logarithms, so that a step is one matrix product.
With 64 bits, a path counts that is e^700 times less likely than the best.

What is not allowed scores minus infinity and so has probability zero exactly; the derivatives are
in closed form (marginals less observed counts), which stays defined there.

Emissions come in packed order (see `packing`). They may carry further dimensions between tokens and
tags, so that lattices which differ in their mask alone share one pass.

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


class Posterior(NamedTuple):
    """Probabilities of tags given the whole text, rows in packed order.

    alphas (Tensor): Probability of each tag given the tokens up to it. shape: (rows, tags).
    betas (Tensor): What the tokens after a tag multiply that with. shape: (rows, tags).
    following (Tensor): The same for the step into each tag, its own token included.
        shape: (rows, tags).
    moves (Tensor): Exponential scores of moves, up to a factor. shape: (tags, tags).
    sizes (List[int]): Rows of each step.
    """

    alphas: Tensor
    betas: Tensor
    following: Tensor
    moves: Tensor
    sizes: list[int]

    @property
    def marginals(self) -> Tensor:
        """Probability of each tag at each token. shape: (rows, tags)."""
        return self.alphas * self.betas

    def before(self) -> Tensor:
        """The alphas of the token before each token that is not a text's first, packed.

        The probability of a move from a to b is before[a] * moves[a, b] * following[b].
        shape: (rows - texts, tags).
        """
        return _going_on(self.alphas, self.sizes)


def posterior(emissions: Tensor, transitions: Tensor, packing: Packing) -> Posterior:
    """Run forward-backward, without a gradient.

    emissions (Tensor): Scores in packed order. shape: (tokens, ..., tags).
    transitions (Tensor): Score of the column's tag after the row's. shape: (tags, tags).
    packing (Packing): Layout of the tokens.
    RETURNS (Posterior): Probabilities, all dimensions but the last laid out in rows.
    """
    with torch.no_grad():
        potentials = _Potentials.of(emissions, transitions, packing)
        alphas, inverse, _ = _forward_pass(potentials)
        betas, following = _backward_pass(potentials, inverse)
        return Posterior(alphas, betas, following, potentials.moves, potentials.sizes)


class _LogPartition(torch.autograd.Function):
    @staticmethod
    def forward(ctx, emissions, transitions, packing):  # type: ignore[no-untyped-def]
        potentials = _Potentials.of(emissions, transitions, packing)
        alphas, inverse, log_sums = _forward_pass(potentials)
        ctx.save_for_backward(emissions, transitions, alphas, inverse)
        ctx.potentials, ctx.packing = potentials, packing
        log_sums = log_sums.view(emissions.shape[:-1])  # (tokens, ...)
        log_z = log_sums.new_zeros(packing.batch_sizes[0], *log_sums.shape[1:])  # (texts, ...)
        return log_z.index_add_(0, packing.sequence, log_sums).to(emissions.dtype)

    @staticmethod
    def backward(ctx, d_log_z):  # type: ignore[no-untyped-def]
        emissions, transitions, alphas, inverse = ctx.saved_tensors
        weight = d_log_z.double().index_select(0, ctx.packing.sequence).view(-1, 1)  # (rows, 1)
        betas, following = _backward_pass(ctx.potentials, inverse)
        d_emissions = (alphas * betas * weight).view_as(emissions)
        # Expected moves: of each token that is not the last, with each that is not the first.
        sizes = ctx.potentials.sizes
        before = _going_on(alphas, sizes)
        after = following[sizes[0] :] * weight[sizes[0] :]  # (rows - texts, tags)
        d_transitions = ctx.potentials.moves * (before.T @ after)  # (tags, tags)
        return d_emissions.to(emissions.dtype), d_transitions.to(transitions.dtype), None


class _Potentials(NamedTuple):
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
    def of(cls, emissions: Tensor, transitions: Tensor, packing: Packing) -> "_Potentials":
        rows = emissions.reshape(-1, emissions.shape[-1]).double()  # (rows, tags)
        lattices = len(rows) // len(emissions)
        sizes = [size * lattices for size in packing.batch_sizes]
        log_factors = _finite(rows.amax(1))  # (rows,)
        tokens = torch.exp(rows - log_factors.unsqueeze(1))  # (rows, tags)
        log_factor = _finite(transitions.max().double())
        moves = torch.exp(transitions.double() - log_factor)  # (tags, tags)
        log_factors[sizes[0] :] += log_factor
        return cls(tokens, log_factors, moves, sizes)


def _finite(scores: Tensor) -> Tensor:
    return torch.where(torch.isneginf(scores), 0.0, scores)


def _going_on(rows: Tensor, sizes: list[int]) -> Tensor:
    """The rows before those of each step but the first. shape: (rows of steps from 1 on, tags)."""
    *blocks, _ = rows.split(sizes)
    kept = [block[:size] for block, size in zip(blocks, sizes[1:], strict=True)]
    return torch.cat([rows[:0], *kept])


def _forward_pass(potentials: _Potentials) -> tuple[Tensor, Tensor, Tensor]:
    """Probability of each tag given the tokens up to it.

    RETURNS (Tuple[Tensor, Tensor, Tensor]): The probabilities, shape: (rows, tags); the inverse of
        what a step's were divided by, zero where there is no path; and its logarithm, factors
        included, which sums up to the log partition. shape: (rows,).
    """
    alphas = potentials.tokens.clone()  # (rows, tags)
    inverse = torch.empty_like(potentials.log_factors).unsqueeze(1)  # (rows, 1)
    blocks = alphas.split(potentials.sizes), inverse.split(potentials.sizes)
    previous = None
    for block, factor in zip(*blocks, strict=True):  # (rows of the step, tags), (..., 1)
        if previous is not None:
            block.mul_(previous[: len(block)] @ potentials.moves)
        torch.sum(block, 1, keepdim=True, out=factor)
        # Without a path the sum is 0. Its inverse is then infinite; 0 takes the row out of all.
        factor.reciprocal_().nan_to_num_(posinf=0.0)
        previous = block.mul_(factor)
    inverse = inverse.squeeze(1)  # (rows,)
    log_sums = potentials.log_factors - torch.log(inverse).where(inverse > 0, torch.inf)
    return alphas, inverse, log_sums


def _backward_pass(potentials: _Potentials, inverse: Tensor) -> tuple[Tensor, Tensor]:
    """How the tokens after each tag change its probability.

    RETURNS (Tuple[Tensor, Tensor]): That factor, and the same for the step into each tag, the tag's
        own token included. shape: (rows, tags).
    """
    betas = torch.ones_like(potentials.tokens)  # (rows, tags)
    following = potentials.tokens * inverse.unsqueeze(1)  # (rows, tags)
    blocks = betas.split(potentials.sizes), following.split(potentials.sizes)
    after = None
    for beta, into in zip(*(reversed(b) for b in blocks), strict=True):
        if after is not None:
            torch.mm(after, potentials.moves.T, out=beta[: len(after)])
        after = into.mul_(beta)
    return betas, following
