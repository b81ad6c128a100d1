"""Sums over all tag sequences of a text, in one pass over time each way (forward-backward).

The sums are of probabilities that are rescaled at every token (Rabiner 1989, section V.A,
https://doi.org/10.1109/5.18626), not of logarithms, so that a step is one matrix product.
The few texts of which that loses what counts, since scores differ by hundreds at a step, are found
out and summed in logarithms (`log_scan`): what all sequences add up to is the same seen from the
first token and from the last, if nothing was lost on the way.

What is not allowed scores minus infinity and so has probability zero exactly; the derivatives are
in closed form (marginals less observed counts), which stays defined there.

Emissions come in packed order (see `packing`). They may carry further dimensions between tokens and
tags, so that lattices which differ in their mask alone share one pass.

Lafferty, McCallum and Pereira 2001, https://dl.acm.org/doi/10.5555/645530.655813
"""

from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from ..packing import Packing
from .log_scan import log_futures, log_sums
from .moves import FullMoves, MakeMoves, Moves, any_unsafe, finite, unsafe

# How much of the sum over all sequences may be missing.
TOLERANCE = 1e-8


def mask_scores(scores: Tensor, allowed: Tensor) -> Tensor:
    """Give everything that is not allowed a score of minus infinity."""
    return scores.masked_fill(~allowed, -torch.inf)


def log_partition(
    emissions: Tensor, transitions: Tensor, packing: Packing, form: MakeMoves = FullMoves
) -> Tensor:
    """Log of the summed exponential scores of all tag sequences, differentiable.

    emissions (Tensor): Scores in packed order. shape: (tokens, ..., tags).
    transitions (Tensor): Scores of moves, in their form.
    packing (Packing): Layout of the tokens.
    form (MakeMoves): Makes moves of transitions.
    RETURNS (Tensor): One value per sequence, in document order; minus infinity for a sequence
        without an allowed path, which then has no gradient. shape: (sequences, ...).
    """
    log_z, lost = _LogPartition.apply(  # type: ignore[no-untyped-call]
        emissions, transitions, packing, form
    )  # both (lattices,), in the order of the first step
    if lost.any():
        rows = emissions.reshape(-1, emissions.shape[-1]).double()  # (rows, tags)
        lattices = len(rows) // len(emissions)
        part = _Part.of(lost, [size * lattices for size in packing.batch_sizes])
        sums = log_sums(rows[part.rows], form(transitions.double()), part.sizes)
        log_z = log_z.masked_scatter(lost, sums)
    shape = packing.batch_sizes[0], *emissions.shape[1:-1]
    by_text = log_z.new_zeros(shape)
    first = packing.sequence[: packing.batch_sizes[0]]
    return by_text.index_add(0, first, log_z.view(shape)).to(emissions.dtype)


class Posterior:
    """Probabilities of tags given the whole text, rows in packed order.

    emissions (Tensor): Scores in packed order. shape: (tokens, tags).
    transitions (Tensor): Scores of moves, in their form.
    packing (Packing): Layout of the tokens.
    form (MakeMoves): Makes moves of transitions.
    """

    @torch.no_grad()
    def __init__(
        self,
        emissions: Tensor,
        transitions: Tensor,
        packing: Packing,
        form: MakeMoves = FullMoves,
    ) -> None:
        self._rows = emissions.double()
        self._transitions = transitions.double()
        self._packing, self._form = packing, form
        self._passes = _Passes.of(_Potentials.of(emissions, transitions, packing, form))
        self.moves = self._passes.potentials.moves

    @cached_property
    def marginals(self) -> Tensor:
        """Probability of each tag at each token. shape: (tokens, tags)."""
        marginals = self._passes.marginals()
        if self._part is not None:
            rows, moves = self._rows[self._part.rows], self.moves
            marginals[self._part.rows] = _gradient(rows, moves, self._part.sizes, of=rows)
        return marginals

    @cached_property
    def futures(self) -> tuple[Tensor, Tensor]:
        """What the tokens after a tag multiply its probability with, and the same for the step into
        each tag, its own token included; `in_logs` says where. shape: (tokens, tags) each.
        """
        betas, following = self._passes.betas, self._passes.following
        if self._part is not None:
            betas, following = betas.clone(), following.clone()
            logs = log_futures(self._rows[self._part.rows], self.moves, self._part.sizes)
            betas[self._part.rows] = logs[0]
            following[self._part.rows] = logs[1] + self.moves.log_factor
        return betas, following

    @property
    def in_logs(self) -> Tensor:
        """Tokens whose futures are logarithms. shape: (tokens,)."""
        return self._passes.lost[self._passes.lattice]

    def gained(self, gains: Tensor) -> Tensor:
        """What the moves of each text gain on average, differentiable in the gains.

        gains (Tensor): What each move gains, in the form of transitions.
        RETURNS (Tensor): In document order. shape: (texts,).
        """
        before, after = self._passes.around()
        texts = self._packing.batch_sizes[0]
        of_move = self.moves.gained(before, after, gains)
        total = of_move.new_zeros(texts)
        total = total.index_add(0, self._packing.sequence[texts:], of_move)
        for i in self._passes.lost.nonzero().flatten().tolist():
            alone = _Part.of(torch.arange(texts, device=total.device) == i, self._passes.sizes)
            transitions = self._transitions.clone().requires_grad_()
            with torch.enable_grad():
                moves = self._form(transitions)
            counts = _gradient(self._rows[alone.rows], moves, alone.sizes, of=transitions)
            total = total.index_add(
                0, self._packing.sequence[i : i + 1], (counts * gains).sum()[None]
            )
        return total

    @cached_property
    def _part(self) -> "_Part | None":
        """The texts to be summed in logarithms, if any."""
        lost = self._passes.lost
        return _Part.of(lost, self._passes.sizes) if lost.any() else None


def _gradient(rows: Tensor, moves: Moves, sizes: list[int], *, of: Tensor) -> Tensor:
    """How the sums of all texts in logarithms change with scores, zero where there is no path."""
    with torch.enable_grad():
        log_z = log_sums(rows.requires_grad_(), moves, sizes)
        (gradient,) = torch.autograd.grad(log_z.sum(), of, materialize_grads=True)
    return gradient


class _LogPartition(torch.autograd.Function):
    @staticmethod
    def forward(ctx, emissions, transitions, packing, form):  # type: ignore[no-untyped-def]
        passes = _Passes.of(_Potentials.of(emissions, transitions, packing, form))
        ctx.save_for_backward(emissions, transitions)
        ctx.passes = passes
        ctx.mark_non_differentiable(passes.lost)
        return passes.by_lattice(passes.log_sums), passes.lost

    @staticmethod
    def backward(ctx, d_log_z, _):  # type: ignore[no-untyped-def]
        emissions, transitions = ctx.saved_tensors
        passes = ctx.passes
        weight = d_log_z.index_select(0, passes.lattice).unsqueeze(1)  # (rows, 1)
        d_emissions = (passes.marginals() * weight).view_as(emissions)
        # Expected moves: of each token that is not the last, with each that is not the first.
        before, after = passes.around()
        after = after * weight[passes.sizes[0] :]  # (rows - texts, tags)
        d_transitions = passes.potentials.moves.counts(before, after)
        return d_emissions.to(emissions.dtype), d_transitions.to(transitions.dtype), None, None


class _Part(NamedTuple):
    """Some of the texts of a batch.

    rows (Tensor): Which rows are theirs. shape: (rows,).
    sizes (List[int]): Rows of each of their steps.
    """

    rows: Tensor
    sizes: list[int]

    @classmethod
    def of(cls, texts: Tensor, sizes: list[int]) -> "_Part":
        """Take some of the texts, in the order of the first step."""
        counts = texts.cumsum(0).tolist()
        rows = torch.cat([texts[:size] for size in sizes])
        return cls(rows, [n for n in (counts[size - 1] for size in sizes) if n])


class _Potentials(NamedTuple):
    """Scores as probabilities, up to a factor for each token and one for all moves.

    tokens (Tensor): shape: (rows, tags), a row for each token of each lattice.
    log_factors (Tensor): Logarithms of the factors, those of moves among them. shape: (rows,).
    moves (Moves): The moves.
    sizes (List[int]): Rows of each step.
    lost (Optional[Tensor]): Rows of which a possible score is none any more. shape: (rows,).
    """

    tokens: Tensor
    log_factors: Tensor
    moves: Moves
    sizes: list[int]
    lost: Tensor | None

    @classmethod
    def of(
        cls, emissions: Tensor, transitions: Tensor, packing: Packing, form: MakeMoves
    ) -> "_Potentials":
        rows = emissions.reshape(-1, emissions.shape[-1]).double()  # (rows, tags)
        lattices = len(rows) // len(emissions)
        sizes = [size * lattices for size in packing.batch_sizes]
        log_factors = finite(rows.amax(1))  # (rows,)
        below = rows - log_factors.unsqueeze(1)  # (rows, tags)
        lost = unsafe(below).any(1) if any_unsafe(below) else None
        tokens = below.exp_()
        moves = form(transitions.detach().double())
        log_factors[sizes[0] :] += moves.log_factor
        return cls(tokens, log_factors, moves, sizes, lost)


class _Passes(NamedTuple):
    """Both passes over time.

    potentials (_Potentials): What they were made of.
    alphas (Tensor): Probability of each tag given the tokens up to it. shape: (rows, tags).
    betas (Tensor): What the tokens after a tag multiply that with. shape: (rows, tags).
    following (Tensor): The same for the step into each tag, its own token included.
        shape: (rows, tags).
    log_sums (Tensor): Logarithm of what each step was divided by, factors included, which sums up
        to the log partition. shape: (rows,).
    lattice (Tensor): Which lattice each row is of, in the order of the first step. shape: (rows,).
    lost (Tensor): Lattices of which too much underflowed. Their rows are zero. shape: (lattices,).
    """

    potentials: _Potentials
    alphas: Tensor
    betas: Tensor
    following: Tensor
    log_sums: Tensor
    lattice: Tensor
    lost: Tensor

    @classmethod
    def of(cls, potentials: _Potentials) -> "_Passes":
        alphas, inverse, log_sums = _forward_pass(potentials)
        betas, following = _backward_pass(potentials, inverse)
        sizes = potentials.sizes
        lattices = torch.arange(sizes[0], device=alphas.device)
        lattice = torch.cat([lattices[:size] for size in sizes])
        total = (alphas[: sizes[0]] * betas[: sizes[0]]).sum(1)  # (lattices,)
        lost = ~((total - 1.0).abs() < TOLERANCE)  # nan is lost too
        if potentials.lost is not None:
            lost[lattice[potentials.lost]] = True
        if len(sizes) > 1 and not potentials.moves.are_safe:
            lost[: sizes[1]] = True
        if lost.any():
            rows = lost[lattice]
            for array in (alphas, betas, following):
                array[rows] = 0.0
        return cls(potentials, alphas, betas, following, log_sums, lattice, lost)

    @property
    def sizes(self) -> list[int]:
        return self.potentials.sizes

    def marginals(self) -> Tensor:
        """Probability of each tag at each token. shape: (rows, tags)."""
        return self.alphas * self.betas

    def around(self) -> tuple[Tensor, Tensor]:
        """What is before and after each move; with the move's weight, that is its probability.

        shape: (moves, tags) each.
        """
        return _going_on(self.alphas, self.sizes), self.following[self.sizes[0] :]

    def by_lattice(self, values: Tensor) -> Tensor:
        """Sum over rows. shape: (rows,) -> (lattices,)."""
        return values.new_zeros(self.sizes[0]).index_add_(0, self.lattice, values)


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
            block.mul_(potentials.moves.forward(previous[: len(block)]))
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
            potentials.moves.backward(after, beta[: len(after)])
        after = into.mul_(beta)
    return betas, following
