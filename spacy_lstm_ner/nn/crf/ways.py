"""The best ways through a lattice, for moves of either form (see `moves`)."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from ...tags import Block, TagScheme
from ...types import Doubles, Floats, Ints
from ..packing import packed_positions
from .viterbi import viterbi


class Ways(ABC):
    """Scores of moves, and what the best of them lead to."""

    def best_paths(self, emissions: Floats, lengths: Sequence[int]) -> Ints:
        """The best-scoring tag sequence of each text.

        emissions (Floats): Scores in document order, minus infinity where a tag is not allowed.
            shape: (tokens, tags).
        lengths (Sequence[int]): Tokens of each text, at least 1 each.
        RETURNS (Ints): One tag per token, in document order. shape: (tokens,).
        """
        if len(lengths) == 1:
            return self.viterbi(emissions, [1] * lengths[0])
        sizes, positions = packed_positions(np.asarray(lengths, dtype=np.int64))
        packed = np.empty_like(emissions)  # (tokens, tags)
        packed[positions] = emissions
        return self.viterbi(packed, sizes.tolist())[positions]

    def best_k_paths(self, emissions: Floats, k: int) -> list[tuple[Ints, float]]:
        """The k best-scoring tag sequences of one text, best first.

        Every token keeps the k best ways to each of its tags (Seshadri and Sundberg 1994, "List
        Viterbi decoding algorithms with applications", IEEE Transactions on Communications 42).

        emissions (Floats): As for `best_paths`. shape: (tokens, tags).
        k (int): How many, at least 1.
        RETURNS (List[Tuple[Ints, float]]): Tags and score of each, fewer than k if there are no
            more.
        """
        scores = np.full((emissions.shape[1], k), -np.inf)  # of the best ways to each tag
        scores[:, 0] = emissions[0]
        came_from: list[Ints] = []  # of each later token, the way before. shape: (tags, k)
        for row in emissions[1:].astype(np.float64):
            scores, order = self.best_before(scores)
            scores += row[:, None]
            came_from.append(order)
        flat = scores.ravel()
        found = []
        for way in np.argsort(-flat, kind="stable")[:k].tolist():
            if np.isneginf(flat[way]):
                break
            tags, place = [way // k], way
            for before in reversed(came_from):
                place = int(before.reshape(-1)[place])
                tags.append(place // k)
            found.append((np.array(tags[::-1], dtype=np.int64), float(flat[way])))
        return found

    @abstractmethod
    def viterbi(self, emissions: Floats, batch_sizes: list[int]) -> Ints:
        """The best-scoring tag sequence of each text, in packed order (see `packing`)."""

    @abstractmethod
    def best_before(self, scores: Doubles) -> tuple[Doubles, Ints]:
        """The best ways to each tag, of the best ways to each tag before it.

        scores (Doubles): Scores of the ways, best first. shape: (tags, k).
        RETURNS (Tuple[Doubles, Ints]): Scores of the k best ways, and the place of each in the
            flattened scores before. shape: (tags, k).
        """


class FullWays(Ways):
    """Moves of any tag to any other.

    transitions (Floats): Score of the column's tag after the row's, minus infinity where that is
        not legal. shape: (tags, tags).
    blocks (Sequence[Block]): Where legal moves are, see `TagScheme.blocks`.
    """

    def __init__(self, transitions: Floats, blocks: Sequence[Block]) -> None:
        self._transitions = transitions
        self._blocks = blocks

    def viterbi(self, emissions: Floats, batch_sizes: list[int]) -> Ints:
        """See the module of that name."""
        return viterbi(emissions, self._transitions, batch_sizes, self._blocks)

    def best_before(self, scores: Doubles) -> tuple[Doubles, Ints]:
        """Of all moves into each tag."""
        tags, k = scores.shape
        ways = (scores[:, :, None] + self._transitions[:, None, :]).reshape(tags * k, tags)
        order = np.argsort(-ways, axis=0, kind="stable")[:k]  # (k, tags)
        return np.take_along_axis(ways, order, axis=0).T, order.T


class InnerWays(Ways):
    """Moves within entities; those from an end to a start score zero.

    transitions (Floats): Score of the row's tag after its label's "B" tag, and after its "I" tag.
        shape: (tags, 2).
    scheme (TagScheme): The tags.
    """

    def __init__(self, transitions: Floats, scheme: TagScheme) -> None:
        self._transitions = transitions
        self._starts = scheme.starts
        self._stays = np.where(scheme.ends, 0.0, -np.inf).astype(transitions.dtype)
        begins, insides = scheme.tags_with("B"), scheme.tags_with("I")
        # The "B" and the "I" tag of each tag's label; those of "O" do not count. shape: (tags, 2)
        self._sources = np.zeros((len(scheme), 2), dtype=np.int64)
        self._sources[1:] = np.stack([begins, insides], 1).repeat(len(scheme.prefixes), axis=0)
        self._shape = len(scheme.labels), len(scheme.prefixes)
        self._targets = scheme.continuing
        self._inner = self._of_label(transitions.T)[..., self._targets]  # (2, labels, targets)

    def _of_label(self, rows: Floats) -> Floats:
        """A view of the tags of each label. shape: (n, tags) -> (n, labels, prefixes)."""
        return rows[:, 1:].reshape(len(rows), *self._shape)

    def viterbi(self, emissions: Floats, batch_sizes: list[int]) -> Ints:
        """One maximum for all starts, and one of two ways for every other tag."""
        alphas = emissions.copy()  # (tokens, tags)
        last = np.zeros(len(alphas), dtype=np.int64)  # the best tag to end with at each token
        start, end = 0, batch_sizes[0]
        for size in batch_sizes[1:]:
            before = alphas[start : start + size]
            last[start : start + size] = left = (before + self._stays).argmax(axis=1)
            ways = np.where(self._starts, before[np.arange(size), left, None], np.float32(0.0))
            sources = self._of_label(before)[..., None, :2]  # (texts, labels, 1, sources)
            inner = sources[..., 0] + self._inner[0]  # (texts, labels, targets)
            np.maximum(inner, sources[..., 1] + self._inner[1], out=inner)
            self._of_label(ways)[..., self._targets] = inner
            alphas[end : end + size] += ways
            start, end = end, end + size
        return self._walk_back(alphas, last, batch_sizes)

    def _walk_back(self, alphas: Floats, last: Ints, batch_sizes: list[int]) -> Ints:
        """The tags of the best ways, from the last to the first. shape: (tokens,)."""
        best = alphas.argmax(axis=1)  # (tokens,); of the last token of each text, that is its tag
        end = len(best) - batch_sizes[-1]
        following = best[end:]
        for size in batch_sizes[-2::-1]:
            start = end - size
            token = np.arange(start, start + len(following))
            sources = self._sources[following]  # (texts, 2)
            begun, went_on = (alphas[token[:, None], sources] + self._transitions[following]).T
            inside = np.where(begun >= went_on, sources[:, 0], sources[:, 1])
            best[token] = np.where(self._starts[following], last[token], inside)
            following, end = best[start:end], start
        return best

    def best_before(self, scores: Doubles) -> tuple[Doubles, Ints]:
        """The same ways for all starts, and those from two tags for every other."""
        tags, k = scores.shape
        left = (scores + self._stays[:, None]).ravel()
        order = np.argsort(-left, kind="stable")[:k]
        ways, places = np.tile(left[order], (tags, 1)), np.tile(order, (tags, 1))
        inner = np.flatnonzero(~self._starts)
        sources = self._sources[inner]  # (inner tags, 2)
        of_inner = scores[sources] + self._transitions[inner][:, :, None]  # (inner tags, 2, k)
        of_inner = of_inner.reshape(len(inner), 2 * k)
        order = np.argsort(-of_inner, axis=1, kind="stable")[:, :k]
        ways[inner] = np.take_along_axis(of_inner, order, axis=1)
        places[inner] = np.take_along_axis(sources, order // k, axis=1) * k + order % k
        return ways, places
