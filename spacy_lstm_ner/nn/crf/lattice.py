"""The lattice: every tag sequence of each text at once, weighed by its score.

A linear-chain CRF (Lafferty, McCallum and Pereira 2001,
https://dl.acm.org/doi/10.5555/645530.655813): the score of a sequence is the sum of a score for
each of its tags (emissions) and one for each pair of neighbours (transitions), and its probability
is the exponential of that, divided by the sum over all sequences that are allowed. With transitions
of zero it is a softmax per token.

What is allowed is the scheme's legal moves and a mask of tags, which `restrict` narrows.
"""

from collections.abc import Iterator, Sequence
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
from ..windows import CONTEXT, Windows, make_windows
from .forward_backward import Posterior, log_partition, mask_scores
from .moves import MakeMoves, is_inner, moves_form
from .spans import TagChain
from .ways import FullWays, InnerWays, Ways

# Scores of long texts that are worked on at a time: 16 MiB of emissions.
MAX_SCORES = 1 << 22


class TagPath(NamedTuple):
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

    def scale(self, factor: float) -> "Lattice":
        """Multiply all scores, as with the inverse of a temperature.

        factor (float): More than 0, so that the order of tag sequences stays as it is.
        RETURNS (Lattice): The lattice of the multiplied scores.
        """
        if factor == 1.0:
            return self
        scaled = self.emissions * factor, self.transitions * factor
        return Lattice(*scaled, self.lengths, self.scheme, self.allowed)

    def texts(self) -> list["Lattice"]:
        """A lattice for each text by itself."""
        ends = np.cumsum(self.lengths).tolist()
        parts = [slice(end - n, end) for end, n in zip(ends, self.lengths, strict=True)]
        return [self._of(part, [part.stop - part.start]) for part in parts]

    def _of(self, tokens: slice | Ints, lengths: Sequence[int]) -> "Lattice":
        """A lattice of some of the tokens, which make up texts of the given lengths."""
        allowed = None if self.allowed is None else self.allowed[tokens]
        return Lattice(self.emissions[tokens], self.transitions, lengths, self.scheme, allowed)

    @neutrally
    def log_partition(self) -> Tensor:
        """Log of the summed exponential scores of all sequences (log Z), differentiable.

        RETURNS (Tensor): Minus infinity for a text without a sequence. shape: (texts,).
        """
        packed = self._packing.pack(self._emissions)
        return log_partition(packed, self._transitions, self._packing, self._form)

    @neutrally
    def log_probability(self, allowed: Bools, *, chances: Doubles | None = None) -> Tensor:
        """Log of the probability that every tag is one that a mask allows, differentiable.

        Both log partitions are found in one pass.

        allowed (Bools): shape: (tokens, tags).
        chances (Optional[Doubles]): Logs of chances that each tag would be seen so, if it is not
            certain; the probability is then that of what is seen. shape: (tokens, tags).
        RETURNS (Tensor): Minus infinity where the mask leaves no sequence. shape: (texts,).
        """
        kept = mask_scores(self._emissions, self._on_device(allowed))
        if chances is not None:
            kept = kept + torch.from_numpy(chances).to(kept)
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

        In a long text it is the probability given the window that decides over the first of them,
        see `nn.windows`; if they go on beyond what that sees, given a window of their own.

        spans (Spans): Tokens counted over all texts, as the emissions are; each span within one
            text. They may overlap.
        RETURNS (Doubles): shape: (spans,).
        """
        windows = self._windows
        if windows.cut is None:
            return self._chain.span_marginals(spans)
        place = windows.cut.core.numpy()[spans.start]
        placed = Spans(place, place + spans.end - spans.start, spans.label)
        ends = np.cumsum(windows.lengths)
        fits = placed.end <= ends[np.searchsorted(ends, placed.start, side="right")]
        found = np.empty(len(place))
        for first, part in self._portions():
            here = fits & (placed.start >= first) & (placed.start < first + sum(part.lengths))
            start, end, label = placed.where(here)
            of_part = Spans(start - first, end - first, label)
            found[here] = part._chain.span_marginals(of_part)
        for i in np.flatnonzero(~fits).tolist():
            found[i] = self._alone(*(int(column[i]) for column in spans))
        return found

    def _portions(self) -> Iterator[tuple[int, "Lattice"]]:
        """Lattices of bounded size for the windows of long texts; one alone is kept for next time.

        YIELDS (Tuple[int, Lattice]): A lattice with a text for each window, and the place of its
            first token among the tokens of all windows.
        """
        batches = self._windows.batches(max(1, MAX_SCORES // len(self.scheme)))
        if len(batches) == 1:
            yield 0, self._all_windows
            return
        start = 0
        for numbers in batches:
            part = self._of_windows(numbers)
            yield start, part
            start += sum(part.lengths)

    @cached_property
    def _windows(self) -> Windows:
        return make_windows(self.lengths)

    @cached_property
    def _all_windows(self) -> "Lattice":
        return self._of_windows(slice(None))

    def _of_windows(self, numbers: slice) -> "Lattice":
        assert self._windows.cut is not None
        lengths = self._windows.lengths[numbers]
        first = sum(self._windows.lengths[: numbers.start or 0])
        tokens = self._windows.cut.gather.numpy()[first : first + sum(lengths)]
        return self._of(tokens, lengths)

    def _alone(self, start: int, end: int, label: int) -> float:
        """The probability of one span, given the tokens around it."""
        text_end = np.cumsum(self.lengths)
        text = int(np.searchsorted(text_end, start, side="right"))
        first = max(start - CONTEXT, int(text_end[text]) - self.lengths[text])
        last = min(end + CONTEXT, int(text_end[text]))
        around = self._of(slice(first, last), [last - first])
        span = Spans(*np.array([[start - first], [end - first], [label]]))
        return float(around._chain.span_marginals(span)[0])

    @neutrally
    def likely_spans(self, probability: float) -> tuple[Spans, Doubles]:
        """Every span and label whose probability is at least a given one.

        In long texts, probabilities are those of `span_marginals`, and spans that go on beyond what
        their window sees are left out.

        probability (float): More than 0, at most 1.
        RETURNS (Tuple[Spans, Doubles]): The spans by start, end and label, and the probability of
            each. shape: (spans,).
        """
        windows = self._windows
        if windows.cut is None:
            return self._chain.likely_spans(probability)
        token, core = windows.cut.gather.numpy(), windows.cut.core.numpy()
        found = []
        for first, part in self._portions():
            spans, chances = part._chain.likely_spans(probability)
            place = first + spans.start
            start = token[place]
            decides = core[start] == place
            end = start + spans.end - spans.start
            found.append([column[decides] for column in (start, end, spans.label, chances)])
        start, end, label, chance = (
            np.concatenate(columns) for columns in zip(*found, strict=True)
        )
        return Spans(start, end, label), chance

    @neutrally
    def entropy(self) -> Tensor:
        """How uncertain a whole tag sequence is: its entropy in nats.

        RETURNS (Tensor): Zero for a text of which one sequence alone is allowed. shape: (texts,).
        """
        seen = self._posterior
        marginals = self.marginals()  # (tokens, tags)
        score = self.sum_texts(torch.where(marginals > 0, marginals * self._emissions, 0.0).sum(1))
        moves = torch.where(torch.isfinite(self._transitions), self._transitions, 0.0).double()
        # The difference of sums may be below 0 in the last digit.
        return (self.log_partition() - score - seen.gained(moves)).clamp(min=0.0)

    @neutrally
    def expected_counts(self) -> Tensor:
        """How many entities of each label a text has on average. shape: (texts, labels)."""
        marginals = self.marginals()
        # Every entity has one tag that opens it.
        opening = [
            marginals[:, self.scheme.tags_with(p)] for p in "BU" if p in self.scheme.prefixes
        ]
        return self.sum_texts(torch.stack(opening).sum(0))

    def check(self) -> None:
        """See that there is a distribution at all.

        RAISES (ValueError): A score is not a finite number.
        """
        if not (self.emissions.isfinite().all() and self.transitions.isfinite().all()):
            raise CodedError(Errors.E024)

    def best(self) -> Ints:
        """The most probable tag sequence of each text.

        Long texts are decoded in overlapping windows, see `nn.windows`.

        RETURNS (Ints): One tag per token. shape: (tokens,).
        RAISES (ValueError): A score is not a finite number.
        """
        emissions, ways = self._arrays()
        windows = self._windows
        if windows.cut is None:
            return ways.best_paths(emissions, self.lengths)
        return windows.join_paths(
            lambda tokens, lengths: ways.best_paths(emissions[tokens], lengths),
            follows=self.scheme.follows,
            max_tokens=max(1, MAX_SCORES // len(self.scheme)),
        )

    @neutrally
    def best_k(self, k: int) -> list[list[TagPath]]:
        """The most probable tag sequences of each text, best first.

        k (int): How many, at least 1.
        RETURNS (List[List[TagPath]]): For each text, as many as k or as there are.
        RAISES (ValueError): A score is not a finite number.
        """
        emissions, ways = self._arrays()
        log_z = self.log_partition().tolist()
        ends = np.cumsum(self.lengths).tolist()
        return [
            [
                TagPath(tags, score - z)
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
        """Transitions, minus infinity where not legal. shape: (tags, tags).

        Those of inner moves alone stay as they are. shape: (tags, 2).
        """
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
            marginals=seen.marginals.cpu().numpy(),
            betas=seen.futures[0].cpu().numpy(),
            following=seen.futures[1].cpu().numpy(),
            in_logs=seen.in_logs.cpu().numpy(),
            rows=self._packing.positions.cpu().numpy(),
            moves=seen.moves,
            ends=np.cumsum(self.lengths),
            scheme=self.scheme,
        )

    def _on_device(self, mask: Bools) -> Tensor:
        return torch.from_numpy(mask).to(self.emissions.device)

    def _arrays(self) -> tuple[Floats, Ways]:
        """Scores for Viterbi, minus infinity where not allowed; those given must be finite."""
        self.check()
        emissions = self.emissions.detach().float().cpu().numpy()  # (tokens, tags)
        transitions = self.transitions.detach().float().cpu().numpy()
        if self.allowed is not None:
            emissions = np.where(self.allowed, emissions, np.float32(-np.inf))
        if is_inner(self.transitions):
            return emissions, InnerWays(transitions, self.scheme)
        return emissions, FullWays(transitions + self.scheme.illegal_scores, self.scheme.blocks)
