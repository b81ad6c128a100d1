"""The lattice: every tag sequence of each text at once, weighed by its score.

A linear-chain CRF (Lafferty, McCallum and Pereira 2001,
https://dl.acm.org/doi/10.5555/645530.655813): the score of a sequence is the sum of a score for
each of its tags (emissions) and one for each pair of neighbours (transitions), and its probability
is the exponential of that, divided by the sum over all sequences that are allowed. With transitions
of zero it is a softmax per token.

What is allowed is the scheme's legal moves and a mask of tags, which `restrict` narrows.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...errors import CodedError, Errors
from ...tags import Spans, TagScheme
from ...types import Bools, Doubles, Floats, Ints
from ..neutral import neutrally
from ..packing import Packing, pack_lengths
from ..windows import make_windows
from .forward_backward import Posterior, log_partition, mask_scores
from .moves import MakeMoves, is_inner, moves_form
from .spans import TagChain
from .ways import FullWays, InnerWays, Ways

# Scores that the best paths of long texts are found over at a time: 16 MiB.
MAX_SCORES = 1 << 22


class Reading(NamedTuple):
    """One tag sequence of a text.

    tags (Ints): One tag per token. shape: (tokens,).
    log_probability (float): Log of its probability among all that are allowed.
    """

    tags: Ints
    log_probability: float


class Lattice:
    """Every tag sequence of each text, weighed by its score.

    Tokens come in document order: all of the first text, then all of the second.

    emissions (Tensor): Score of each tag at each token. shape: (tokens, tags).
    transitions (Tensor): Score of the column's tag after the row's, shape: (tags, tags); or of
        moves within entities alone, shape: (tags, 2), see `moves`.
    lengths (Sequence[int]): Tokens of each text, at least 1 each.
    scheme (TagScheme): The tags, and which may follow which.
    allowed (Optional[Bools]): Tags that each token may have; all if not given.
        shape: (tokens, tags).
    """

    def __init__(
        self,
        emissions: Tensor,
        transitions: Tensor,
        lengths: Sequence[int],
        scheme: TagScheme,
        allowed: Bools | None = None,
    ) -> None:
        self.emissions = emissions
        self.transitions = transitions
        self.lengths = list(lengths)
        self.scheme = scheme
        self.allowed = allowed

    def restrict(self, allowed: Bools | None) -> "Lattice":
        """Leave only the sequences whose tags a mask allows, besides what is ruled out already.

        allowed (Optional[Bools]): Tags that each token may have; None rules out nothing.
            shape: (tokens, tags).
        RETURNS (Lattice): The lattice of what is left.
        """
        if self.allowed is not None:
            allowed = self.allowed if allowed is None else self.allowed & allowed
        return Lattice(self.emissions, self.transitions, self.lengths, self.scheme, allowed)

    def texts(self) -> list["Lattice"]:
        """A lattice for each text by itself."""
        ends = np.cumsum(self.lengths).tolist()
        parts = [slice(end - n, end) for end, n in zip(ends, self.lengths, strict=True)]
        return [
            Lattice(
                self.emissions[part],
                self.transitions,
                [part.stop - part.start],
                self.scheme,
                None if self.allowed is None else self.allowed[part],
            )
            for part in parts
        ]

    @neutrally
    def log_partition(self) -> Tensor:
        """Log of the summed exponential scores of all sequences (log Z), differentiable.

        RETURNS (Tensor): Minus infinity for a text without a sequence. shape: (texts,).
        """
        packed = self._packing.pack(self._emissions)
        return log_partition(packed, self._transitions, self._packing, self._form)

    @neutrally
    def log_probability(self, allowed: Bools) -> Tensor:
        """Log of the probability that every tag is one that a mask allows, differentiable.

        Both log partitions are found in one pass.

        allowed (Bools): shape: (tokens, tags).
        RETURNS (Tensor): Minus infinity where the mask leaves no sequence. shape: (texts,).
        """
        kept = mask_scores(self._emissions, self._on_device(allowed))
        both = self._packing.pack(torch.stack([self._emissions, kept], dim=1))
        log_z = log_partition(both, self._transitions, self._packing, self._form)  # (texts, 2)
        return log_z[:, 1] - log_z[:, 0]

    @neutrally
    def marginals(self) -> Tensor:
        """Probability of each tag at each token, given the whole text. shape: (tokens, tags)."""
        return self._packing.unpack(self._posterior.marginals)

    @neutrally
    def span_marginals(self, spans: Spans) -> Doubles:
        """Probability that exactly these tokens are an entity of exactly this label.

        spans (Spans): Tokens counted over all texts, as the emissions are; each span within one
            text. They may overlap.
        RETURNS (Doubles): shape: (spans,).
        """
        return self._chain.span_marginals(spans)

    @neutrally
    def likely_spans(self, probability: float) -> tuple[Spans, Doubles]:
        """Every span and label whose probability is at least a given one.

        probability (float): More than 0, at most 1.
        RETURNS (Tuple[Spans, Doubles]): The spans by start, end and label, and the probability of
            each. shape: (spans,).
        """
        return self._chain.likely_spans(probability)

    @neutrally
    def expected_counts(self) -> Tensor:
        """How many entities of each label a text has on average. shape: (texts, labels)."""
        marginals = self.marginals()
        # Every entity has one tag that opens it.
        opening = [
            marginals[:, self.scheme.tags_with(p)] for p in "BU" if p in self.scheme.prefixes
        ]
        return self.sum_texts(torch.stack(opening).sum(0))

    def best(self) -> Ints:
        """The most probable tag sequence of each text.

        Long texts are decoded in overlapping windows, see `nn.windows`.

        RETURNS (Ints): One tag per token. shape: (tokens,).
        RAISES (ValueError): A score is not a finite number.
        """
        emissions, ways = self._arrays()
        windows = make_windows(self.lengths)
        if windows.cut is None:
            return ways.best_paths(emissions, self.lengths)
        return windows.join_paths(
            lambda tokens, lengths: ways.best_paths(emissions[tokens], lengths),
            follows=self.scheme.follows,
            max_tokens=max(1, MAX_SCORES // len(self.scheme)),
        )

    @neutrally
    def best_k(self, k: int) -> list[list[Reading]]:
        """The most probable tag sequences of each text, best first.

        k (int): How many, at least 1.
        RETURNS (List[List[Reading]]): For each text, as many as k or as there are.
        RAISES (ValueError): A score is not a finite number.
        """
        emissions, ways = self._arrays()
        log_z = self.log_partition().tolist()
        ends = np.cumsum(self.lengths).tolist()
        return [
            [
                Reading(tags, score - z)
                for tags, score in ways.best_k_paths(emissions[end - n : end], k)
            ]
            for end, n, z in zip(ends, self.lengths, log_z, strict=True)
        ]

    @neutrally
    def divergence(self, other: "Lattice") -> Tensor:
        """How far this distribution is from another, differentiable in this one's scores.

        The Kullback-Leibler divergence KL(other || this) over whole tag sequences.

        other (Lattice): A lattice of the same texts and tags, no wider than this one.
        RETURNS (Tensor): One value per text, zero where both are the same. shape: (texts,).
        """
        seen = other._posterior
        other_emissions = other._emissions.detach()
        other_transitions = other._transitions.detach()
        marginals = other.marginals()
        gain = torch.where(marginals > 0, other_emissions - self._emissions, 0.0)
        expected = self.sum_texts((marginals * gain).sum(1))
        legal = torch.isfinite(other_transitions)
        move_gain = torch.where(legal, other_transitions - self._transitions, 0.0).double()
        expected = expected + seen.gained(move_gain)
        return expected + self.log_partition() - other.log_partition().detach()

    @neutrally
    def sum_texts(self, tokens: Tensor) -> Tensor:
        """Sum over the tokens of each text. shape: (tokens, ...) -> (texts, ...)."""
        of_token = torch.repeat_interleave(
            torch.arange(len(self.lengths)), torch.tensor(self.lengths)
        ).to(tokens.device)
        sums = tokens.new_zeros(len(self.lengths), *tokens.shape[1:])
        return sums.index_add(0, of_token, tokens)

    @cached_property
    def _packing(self) -> Packing:
        return pack_lengths(self.lengths, device=self.emissions.device)

    @cached_property
    def _emissions(self) -> Tensor:
        """Emissions, minus infinity where not allowed. shape: (tokens, tags)."""
        if self.allowed is None:
            return self.emissions
        return mask_scores(self.emissions, self._on_device(self.allowed))

    @cached_property
    def _transitions(self) -> Tensor:
        """Transitions, minus infinity where not legal. shape: (tags, tags)."""
        if is_inner(self.transitions):
            return self.transitions
        return mask_scores(self.transitions, self._on_device(self.scheme.legal))

    @property
    def _form(self) -> MakeMoves:
        return moves_form(self.transitions, self.scheme)

    @cached_property
    def _posterior(self) -> Posterior:
        packed = self._packing.pack(self._emissions)
        return Posterior(packed, self._transitions, self._packing, self._form)

    @cached_property
    def _chain(self) -> TagChain:
        seen = self._posterior
        return TagChain(
            marginals=self._to_numpy(seen.marginals),
            betas=self._to_numpy(seen.futures[0]),
            following=self._to_numpy(seen.futures[1]),
            in_logs=self._packing.unpack(seen.in_logs).cpu().numpy(),
            moves=seen.moves,
            ends=np.cumsum(self.lengths),
            scheme=self.scheme,
        )

    def _to_numpy(self, packed: Tensor) -> Doubles:
        return self._packing.unpack(packed).cpu().numpy()

    def _on_device(self, mask: Bools) -> Tensor:
        return torch.from_numpy(mask).to(self.emissions.device)

    def _arrays(self) -> tuple[Floats, Ways]:
        """Scores for Viterbi, minus infinity where not allowed; those given must be finite."""
        emissions = self.emissions.detach().float().cpu().numpy()  # (tokens, tags)
        transitions = self.transitions.detach().float().cpu().numpy()
        if not (np.isfinite(emissions).all() and np.isfinite(transitions).all()):
            raise CodedError(Errors.E024)
        if self.allowed is not None:
            emissions = np.where(self.allowed, emissions, np.float32(-np.inf))
        if is_inner(self.transitions):
            return emissions, InnerWays(transitions, self.scheme)
        return emissions, FullWays(transitions + self.scheme.illegal_scores, self.scheme.blocks)
