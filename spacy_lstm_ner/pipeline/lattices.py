"""From scores and annotation to lattices: what to learn, and what to predict."""

import itertools
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..errors import Errors
from ..models.tagger import Scores
from ..models.util import gradient_of
from ..nn.lattice import log_partition, mask_scores
from ..nn.packing import Floats, pack_lengths, packed_positions
from ..nn.viterbi import Block, find_blocks, viterbi
from ..nn.windows import Windows, make_windows
from ..tags import Bools, Ints, TagScheme
from .annotation import MISSING

# Scores of tags that are computed or decoded at a time: 16 MiB.
MAX_SCORES = 1 << 22


def allowed_mask(tags: Ints, n_tags: int) -> Bools:
    """Tags allowed by an annotation: the given one, or all where it is MISSING.

    RETURNS (Bools): shape: (tokens, tags).
    """
    return (tags[:, None] == MISSING) | (tags[:, None] == np.arange(n_tags))


def boundary_mask(lengths: Sequence[int], scheme: TagScheme) -> Bools:
    """Tags allowed by where documents begin and end. shape: (tokens, tags)."""
    allowed = np.ones((sum(lengths), len(scheme)), dtype=bool)
    last = np.cumsum(lengths, dtype=np.int64) - 1
    allowed[last - np.asarray(lengths) + 1] &= scheme.starts
    allowed[last] &= scheme.ends
    return allowed


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


def best_tags(scores: Scores, preset: Ints, edges: Bools, scheme: TagScheme) -> Ints:
    """The best legal sequence of tags for each document.

    scores (Scores): The scores.
    preset (Ints): Tags that are fixed, MISSING elsewhere. shape: (tokens,).
    edges (Bools): Tokens that cannot start or end an entity. shape: (tokens,).
    scheme (TagScheme): The tags.
    RETURNS (Ints): One tag per token. shape: (tokens,).
    RAISES (ValueError): A score is not a finite number.
    """
    lengths = [n for n in scores.lengths if n]
    if not lengths:
        return np.zeros(0, dtype=np.int64)
    penalties = _penalties(scheme)
    emissions = scores.tokens().detach().float().cpu().numpy()
    transitions = scores.transitions.detach().float().cpu().numpy()
    if not (np.isfinite(emissions).all() and np.isfinite(transitions).all()):
        raise ValueError(Errors.E024)
    emissions = _constrain(emissions, preset, edges, lengths, penalties)
    moves = transitions + penalties.moves
    windows = make_windows(lengths)
    if windows.cut is None:
        return _decode(emissions, moves, lengths, penalties.blocks)
    # Windows of one document overlap, and are joined where both found the same tag, which makes the
    # joined path legal.
    take = windows.cut.take.numpy()
    found = _decode_portions(emissions, take, moves, windows.lengths, penalties.blocks)
    tags = _join(found, windows, take, sum(lengths))
    return _redo_illegal(tags, emissions, moves, lengths, scheme)


def _legal_log_partition(
    emissions: Tensor, transitions: Tensor, lengths: Sequence[int], scheme: TagScheme
) -> Tensor:
    packing = pack_lengths(lengths, device=emissions.device)
    legal = torch.from_numpy(boundary_mask(lengths, scheme)).to(emissions.device)
    moves = mask_scores(transitions, torch.from_numpy(scheme.legal).to(emissions.device))
    return log_partition(packing.pack(mask_scores(emissions, legal)), moves, packing)


class _Penalties(NamedTuple):
    """What a scheme rules out as scores: minus infinity there, zero elsewhere.

    moves (Floats): shape: (tags, tags).
    first, last (Floats): Tags that a document cannot begin or end with. shape: (tags,).
    space (Floats): Tags that whitespace cannot have. shape: (tags,).
    only (Floats): All tags but one. shape: (tags, tags).
    blocks (List[Block]): Where the moves are that it does not rule out.
    """

    moves: Floats
    first: Floats
    last: Floats
    space: Floats
    only: Floats
    blocks: list[Block]


@lru_cache(maxsize=16)
def _penalties(scheme: TagScheme) -> _Penalties:
    one = np.eye(len(scheme), dtype=bool)
    allowed = scheme.legal, scheme.starts, scheme.ends, ~scheme.edges, one
    moves, first, last, space, only = (
        np.where(mask, 0.0, -np.inf).astype(np.float32) for mask in allowed
    )
    return _Penalties(moves, first, last, space, only, find_blocks(scheme.legal))


def _constrain(
    emissions: Floats, preset: Ints, edges: Bools, lengths: Sequence[int], penalties: _Penalties
) -> Floats:
    """Rule out what presets, whitespace and the ends of documents do. shape: (tokens, tags)."""
    emissions = emissions.copy()
    ends = np.cumsum(lengths)
    emissions[ends - lengths] += penalties.first
    emissions[ends - 1] += penalties.last
    fixed = preset != MISSING
    if edges.any():
        emissions[edges & ~fixed] += penalties.space
    if fixed.any():
        emissions[fixed] += penalties.only[preset[fixed]]
        # What was set before does not go on in what is predicted.
        emissions[1:][fixed[:-1] & ~fixed[1:]] += penalties.first
    return emissions


def _decode(
    emissions: Floats, moves: Floats, lengths: Sequence[int], blocks: Sequence[Block]
) -> Ints:
    if len(lengths) == 1:
        return viterbi(emissions, moves, [1] * lengths[0], blocks)
    sizes, positions = packed_positions(np.asarray(lengths, dtype=np.int64))
    packed = np.empty_like(emissions)
    packed[positions] = emissions
    return viterbi(packed, moves, sizes.tolist(), blocks)[positions]


def _decode_portions(
    emissions: Floats,
    take: Ints,
    moves: Floats,
    lengths: Sequence[int],
    blocks: Sequence[Block],
) -> Ints:
    """Decode windows some at a time, which bounds memory.

    take (Ints): The row of `emissions` of each token of each window.
    """
    portion_size = max(1, MAX_SCORES // emissions.shape[1])
    ends = np.cumsum(lengths)
    edges = np.searchsorted(ends, np.arange(portion_size, ends[-1], portion_size))
    cuts = np.unique(np.concatenate([[0], edges, [len(lengths)]])).tolist()

    def decode(portion: tuple[int, int]) -> Ints:
        first, last = portion
        part = slice(int(ends[first]) - lengths[first], int(ends[last - 1]))
        return _decode(emissions[take[part]], moves, lengths[first:last], blocks)

    return np.concatenate([decode(portion) for portion in itertools.pairwise(cuts)])


def _join(found: Ints, windows: Windows, take: Ints, n_tokens: int) -> Ints:
    """Put the paths of windows together, passing from one to the next where they agree.

    Where they agree nowhere, the middle of the overlap is as good as any place.
    """
    tags = np.zeros(n_tokens, dtype=np.int64)
    ends = np.cumsum(windows.lengths)
    begins = ends - windows.lengths
    start = 0
    for i, (begin, end) in enumerate(zip(begins.tolist(), ends.tolist(), strict=True)):
        stop = int(take[end - 1]) + 1
        following = i + 1 < len(ends) and windows.sequence[i + 1] == windows.sequence[i]
        if following:
            overlap = np.arange(int(take[end]), stop)
            here = found[begin + overlap - take[begin]]
            there = found[end + overlap - take[end]]
            middle = len(overlap) // 2
            agreed = np.flatnonzero(here == there)
            nearest = agreed[np.argmin(np.abs(agreed - middle))] if len(agreed) else middle
            stop = int(overlap[nearest])
        tags[start:stop] = found[begin + start - take[begin] : begin + stop - take[begin]]
        start = stop
    return tags


def _redo_illegal(
    tags: Ints, emissions: Floats, moves: Floats, lengths: Sequence[int], scheme: TagScheme
) -> Ints:
    """Decode documents whole whose windows could not be joined legally."""
    illegal = np.append(~scheme.legal[tags[:-1], tags[1:]], False)
    end = 0
    for length in lengths:
        start, end = end, end + length
        if illegal[start : end - 1].any():
            tags[start:end] = _decode(
                emissions[start:end], moves, [length], _penalties(scheme).blocks
            )
    return tags
