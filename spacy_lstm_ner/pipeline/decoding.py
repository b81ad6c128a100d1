"""The best tags of documents."""

import itertools
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ..errors import Errors
from ..models.tagger import Scores
from ..nn.crf.viterbi import Block, find_blocks, viterbi
from ..nn.packing import packed_positions
from ..nn.windows import Windows, make_windows
from ..tags import TagScheme
from ..types import Bools, Floats, Ints
from .annotation import MISSING

# Scores of tags that are computed or decoded at a time: 16 MiB.
MAX_SCORES = 1 << 22


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
