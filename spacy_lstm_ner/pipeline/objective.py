"""What training minimizes: the loss of annotation, and the distance from a teacher."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ..models.tagger import Scores
from ..models.util import gradient_of
from ..nn.crf.forward_backward import log_partition, mask_scores
from ..nn.packing import pack_lengths
from ..tags import TagScheme
from ..types import Bools
from .evidence import boundary_mask


def negative_log_likelihood(
    scores: Scores, allowed: Bools, scheme: TagScheme, *, crf: bool
) -> tuple[Tensor, Scores]:
    """How unlikely what the annotation allows is, and the gradient with respect to the scores.

    scores (Scores): The scores.
    allowed (Bools): Tags that the annotation allows. shape: (tokens, tags).
    scheme (TagScheme): The tags.
    crf (bool): Whether transitions count. Without, tokens are independent and there is no scan.
    RETURNS (Tuple[Tensor, Scores]): The loss of each document (0 for one whose annotation no legal
        sequence fits), and the gradient of their sum. shape: (documents that are not empty,).
    """
    lengths = [n for n in scores.lengths if n]
    emissions = scores.tokens().detach().requires_grad_()
    mask = torch.from_numpy(allowed).to(emissions.device)
    if not crf:
        loss = torch.logsumexp(emissions, 1) - torch.logsumexp(mask_scores(emissions, mask), 1)
        of_token = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths))
        losses = loss.new_zeros(len(lengths)).index_add(0, of_token.to(loss.device), loss)
        losses.sum().backward()
        return losses.detach(), Scores(
            gradient_of(emissions), scores.lengths, torch.zeros_like(scores.transitions)
        )
    packing = pack_lengths(lengths, device=emissions.device)
    transitions = scores.transitions.detach().requires_grad_()
    legal = torch.from_numpy(boundary_mask(lengths, scheme)).to(emissions.device)
    # Two lattices over the same scores, in one scan: all legal sequences, and the allowed ones.
    both = torch.stack([legal, legal & mask], dim=1)
    moves = mask_scores(transitions, torch.from_numpy(scheme.legal).to(emissions.device))
    lattices = mask_scores(emissions.unsqueeze(1), both)
    log_z = log_partition(packing.pack(lattices), moves, packing)
    losses = torch.where(torch.isneginf(log_z[:, 1]), 0.0, log_z[:, 0] - log_z[:, 1])
    losses.sum().backward()
    return losses.detach(), Scores(gradient_of(emissions), scores.lengths, gradient_of(transitions))


def distil(scores: Scores, teacher: Scores, scheme: TagScheme) -> tuple[Tensor, Scores]:
    """How far one distribution over tag sequences is from another (Kullback-Leibler divergence).

    Hinton, Vinyals and Dean 2015, https://arxiv.org/abs/1503.02531, over whole sequences.

    scores (Scores): Scores of the model that learns.
    teacher (Scores): Scores of the model it learns from.
    scheme (TagScheme): The tags.
    RETURNS (Tuple[Tensor, Scores]): The divergence of each document, and the gradient of the sum
        with respect to `scores`. shape: (documents that are not empty,).
    """
    lengths = [n for n in scores.lengths if n]
    emissions = scores.tokens().detach().requires_grad_()
    transitions = scores.transitions.detach().requires_grad_()
    taught = teacher.tokens().detach().requires_grad_()
    taught_moves = teacher.transitions.detach().requires_grad_()
    log_z = _legal_log_partition(emissions, transitions, lengths, scheme)
    taught_log_z = _legal_log_partition(taught, taught_moves, lengths, scheme)
    # The derivatives of a log partition are the expected counts of what the scores weigh.
    seen, moved = torch.autograd.grad(taught_log_z.sum(), (taught, taught_moves))
    of_token = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths))
    expected = (seen * (taught.detach() - emissions)).sum(1)
    loss = log_z - taught_log_z.detach()
    loss = loss.index_add(0, of_token.to(loss.device), expected)
    loss[0] = loss[0] + (moved * (taught_moves.detach() - transitions)).sum()
    loss.sum().backward()
    return loss.detach(), Scores(gradient_of(emissions), scores.lengths, gradient_of(transitions))


def _legal_log_partition(
    emissions: Tensor, transitions: Tensor, lengths: Sequence[int], scheme: TagScheme
) -> Tensor:
    packing = pack_lengths(lengths, device=emissions.device)
    legal = torch.from_numpy(boundary_mask(lengths, scheme)).to(emissions.device)
    moves = mask_scores(transitions, torch.from_numpy(scheme.legal).to(emissions.device))
    return log_partition(packing.pack(mask_scores(emissions, legal)), moves, packing)
