"""What training minimizes: the loss of annotation, and the divergence from teachers.

Losses are one value per document that has tokens, times its weight if weights are given; gradients
are those of their sum. Weights have the shape (documents,), documents without tokens among them.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import torch
from torch import Tensor

from ..models.scores import Scores
from ..nn.crf.forward_backward import mask_scores
from ..nn.neutral import neutrally
from ..types import Doubles
from .evidence import Evidence

# Losses of documents by their scores, and the gradient of their sum.
Objective: TypeAlias = Callable[[Scores], tuple[Tensor, Scores]]


@neutrally
def negative_log_likelihood(
    scores: Scores,
    gold: Evidence,
    possible: Evidence,
    weights: Tensor | None = None,
    margin: Doubles | None = None,
) -> tuple[Tensor, Scores]:
    """Negative log-likelihood of the annotation: log Z of what is possible, less of what it says.

    Where entities may have been missed, it is that of the annotation with these gaps: sequences
    with more entities that are not annotated count less.

    scores (Scores): The scores.
    gold (Evidence): What the annotation says.
    possible (Evidence): Tags that the tokens may have at all, those they are annotated with among
        them.
    weights (Optional[Tensor]): How much each document counts; None if all count the same.
    margin (Optional[Doubles]): How much higher tags score that are not annotated, see `costs`.
        shape: (tokens, tags).
    RETURNS (Tuple[Tensor, Scores]): The losses, 0 for a document whose annotation no legal sequence
        fits, and the gradient. shape: (documents,).
    """
    leaves = scores.as_leaves()
    lattice = _raised(leaves, margin).lattice(gold.scheme).restrict(possible.mask)
    missed = None if gold.missed is None else gold.missed * gold.scheme.opens  # each entity once
    log_probability = lattice.log_probability(gold.mask, chances=missed)
    losses = torch.where(torch.isneginf(log_probability), 0.0, -log_probability)
    return _with_gradient(losses, leaves, weights)


@neutrally
def cross_entropy(
    scores: Scores, gold: Evidence, weights: Tensor | None = None, margin: Doubles | None = None
) -> tuple[Tensor, Scores]:
    """The same for tokens by themselves: a softmax of each, whatever its neighbours.

    scores (Scores): The scores; transitions do not count.
    gold (Evidence): What the annotation says.
    weights (Optional[Tensor]): How much each document counts; None if all count the same.
    margin (Optional[Doubles]): How much higher tags score that are not annotated.
    RETURNS (Tuple[Tensor, Scores]): The losses and the gradient. shape: (documents,).
    """
    leaves = scores.as_leaves()
    emissions = _raised(leaves, margin).emissions
    mask = torch.from_numpy(gold.mask).to(leaves.emissions.device)
    allowed = mask_scores(leaves.emissions, mask)
    if gold.missed is not None:
        allowed = allowed + torch.from_numpy(gold.missed).to(allowed)
    loss = torch.logsumexp(emissions, 1) - torch.logsumexp(allowed, 1)  # (tokens,)
    return _with_gradient(leaves.lattice(gold.scheme).sum_texts(loss), leaves, weights)


@neutrally
def divergence(
    scores: Scores,
    teachers: Sequence[Scores],
    possible: Evidence,
    weights: Tensor | None = None,
) -> tuple[Tensor, Scores]:
    """How far a model is from its teachers: the Kullback-Leibler divergence over tag sequences.

    Hinton, Vinyals and Dean 2015, https://arxiv.org/abs/1503.02531, over whole sequences. Of
    several teachers it is the mean.

    scores (Scores): Scores of the model that learns.
    teachers (Sequence[Scores]): Scores of each model that it learns from.
    possible (Evidence): Tags that the tokens may have at all.
    weights (Optional[Tensor]): How much each document counts; None if all count the same.
    RETURNS (Tuple[Tensor, Scores]): The divergences and the gradient. shape: (documents,).
    """
    leaves = scores.as_leaves()
    lattice = leaves.lattice(possible.scheme).restrict(possible.mask)
    taught = [teacher.lattice(possible.scheme).restrict(possible.mask) for teacher in teachers]
    losses = torch.stack([lattice.divergence(other) for other in taught]).mean(0)
    return _with_gradient(losses, leaves, weights)


def in_parts(
    scores: Scores, parts: Iterable[tuple[Sequence[int], Objective]]
) -> tuple[Tensor, Scores]:
    """Some documents by one objective, others by another.

    scores (Scores): The scores.
    parts (Iterable[Tuple[Sequence[int], Objective]]): Numbers of documents that have tokens, and
        the objective of these. No document is in two of them.
    RETURNS (Tuple[Tensor, Scores]): The losses in the order of the parts, and the gradient.
        shape: (documents,).
    """
    gradient, losses = scores.zeros_like(), [scores.emissions.new_zeros(0)]
    for numbers, objective in parts:
        if numbers:
            part, tokens = scores.of_documents(numbers)
            of_part, slopes = objective(part)
            gradient.emissions[tokens] = slopes.emissions
            gradient.transitions += slopes.transitions
            losses.append(of_part)
    return torch.cat(losses), gradient


def _raised(scores: Scores, margin: Doubles | None) -> Scores:
    if margin is None:
        return scores
    raised = scores.emissions + torch.from_numpy(margin).to(scores.emissions)
    return Scores(raised, scores.lengths, scores.transitions)


def _with_gradient(losses: Tensor, leaves: Scores, weights: Tensor | None) -> tuple[Tensor, Scores]:
    if weights is not None:
        losses = losses * weights[[i for i, length in enumerate(leaves.lengths) if length]]
    losses.sum().backward()
    return losses.detach(), leaves.gradient()
