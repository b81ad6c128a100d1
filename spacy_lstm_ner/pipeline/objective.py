"""What training minimizes: the loss of annotation, and the divergence from a teacher.

Losses are one value per document that has tokens; gradients are those of their sum.
"""

import torch
from torch import Tensor

from ..models.scores import Scores
from ..models.util import gradient_of
from ..nn.crf.forward_backward import mask_scores
from ..nn.neutral import neutrally
from .evidence import Evidence


@neutrally
def negative_log_likelihood(
    scores: Scores, gold: Evidence, possible: Evidence
) -> tuple[Tensor, Scores]:
    """Negative log-likelihood of the annotation: log Z of what is possible, less of what it says.

    scores (Scores): The scores.
    gold (Evidence): What the annotation says.
    possible (Evidence): Tags that the tokens may have at all, those they are annotated with among
        them.
    RETURNS (Tuple[Tensor, Scores]): The losses, 0 for a document whose annotation no legal sequence
        fits, and the gradient. shape: (documents,).
    """
    leaves = scores.as_leaves()
    lattice = leaves.lattice(gold.scheme).restrict(possible.mask)
    log_probability = lattice.log_probability(gold.mask)
    losses = torch.where(torch.isneginf(log_probability), 0.0, -log_probability)
    return _with_gradient(losses, leaves)


@neutrally
def cross_entropy(scores: Scores, gold: Evidence) -> tuple[Tensor, Scores]:
    """The same for tokens by themselves: a softmax of each, whatever its neighbours.

    scores (Scores): The scores; transitions do not count.
    gold (Evidence): What the annotation says.
    RETURNS (Tuple[Tensor, Scores]): The losses and the gradient. shape: (documents,).
    """
    leaves = scores.as_leaves()
    mask = torch.from_numpy(gold.mask).to(leaves.emissions.device)
    allowed = mask_scores(leaves.emissions, mask)
    loss = torch.logsumexp(leaves.emissions, 1) - torch.logsumexp(allowed, 1)  # (tokens,)
    return _with_gradient(leaves.lattice(gold.scheme).sum_texts(loss), leaves)


@neutrally
def divergence(scores: Scores, teacher: Scores, possible: Evidence) -> tuple[Tensor, Scores]:
    """How far a model is from its teacher: the Kullback-Leibler divergence over tag sequences.

    Hinton, Vinyals and Dean 2015, https://arxiv.org/abs/1503.02531, over whole sequences.

    scores (Scores): Scores of the model that learns.
    teacher (Scores): Scores of the model that it learns from.
    possible (Evidence): Tags that the tokens may have at all.
    RETURNS (Tuple[Tensor, Scores]): The divergences and the gradient. shape: (documents,).
    """
    leaves = scores.as_leaves()
    taught = teacher.lattice(possible.scheme).restrict(possible.mask)
    lattice = leaves.lattice(possible.scheme).restrict(possible.mask)
    return _with_gradient(lattice.divergence(taught), leaves)


def _with_gradient(losses: Tensor, leaves: Scores) -> tuple[Tensor, Scores]:
    losses.sum().backward()
    gradient = gradient_of(leaves.emissions), leaves.lengths, gradient_of(leaves.transitions)
    return losses.detach(), Scores(*gradient)
