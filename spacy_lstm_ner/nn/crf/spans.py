"""Probabilities of whole entities in a lattice.

Given the whole text, tags are a Markov chain: the probability of a run of tags is that of its first
tag, times that of each next tag given the one before. An entity is such a run, and the end of one.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ...tags import Spans, TagScheme, ranges
from ...types import Bools, Doubles, Ints
from .moves import LOWEST, Moves


@dataclass(frozen=True)
class TagChain:
    """The distribution over tag sequences as a Markov chain.

    marginals (Doubles): Probability of each tag at each token, in any order of tokens.
        shape: (tokens, tags).
    betas, following (Doubles): See `forward_backward.Posterior.futures`. shape: (tokens, tags).
    in_logs (Bools): Whether they are logarithms, for each token. shape: (tokens,).
    rows (Ints): Where each token is in these, the tokens in document order. shape: (tokens,).
    moves (Moves): Scores of moves.
    ends (Ints): The token after the last of each text. shape: (texts,).
    scheme (TagScheme): The tags.
    """

    marginals: Doubles
    betas: Doubles
    following: Doubles
    in_logs: Bools
    rows: Ints
    moves: Moves
    ends: Ints
    scheme: TagScheme

    def span_marginals(self, spans: Spans) -> Doubles:
        """Probability that exactly these tokens are an entity of exactly this label.

        spans (Spans): Spans, which may overlap. Each is within one text.
        RETURNS (Doubles): shape: (spans,).
        """
        length = spans.end - spans.start
        if not len(length):
            return np.zeros(0)
        last = np.cumsum(length) - 1  # in the spans laid end to end, whose tags are those of a text
        first = last - length + 1
        tags = self.scheme.encode(Spans(first, last + 1, spans.label), int(length.sum()))
        token = ranges(spans.start, spans.end)
        chance = np.empty(len(tags))
        chance[first] = self.marginals[self.rows[spans.start], tags[first]]
        later = np.delete(np.arange(len(tags)), first)
        chance[later] = self._step(token[later], tags[later - 1], tags[later])
        return np.multiply.reduceat(chance, first) * self._ends_there(spans.end, tags[last])

    def likely_spans(self, probability: float) -> tuple[Spans, Doubles]:
        """Every span and label whose probability is at least a given one.

        Spans grow token by token from each start that is likely enough. That only ever makes them
        less likely, so those that fall below the probability are given up.

        probability (float): More than 0, at most 1.
        RETURNS (Tuple[Spans, Doubles]): The spans by start, end and label, and the probability of
            each. shape: (spans,).
        """
        # In "bio" no tag tells an entity of one token.
        units = ["U"] if self.scheme.scheme == "biluo" else []
        found = [self._likely(prefix, probability) for prefix in units]
        open_spans = self._likely("B", probability)
        while len(open_spans.start):
            found.append(self._closed(open_spans))
            open_spans = self._grown(open_spans, probability)
        spans = _Candidates(*map(np.concatenate, zip(open_spans, *found, strict=True)))
        spans = spans.where(spans.chance >= probability)
        order = np.lexsort((spans.label, spans.end, spans.start))
        return Spans(*(column[order] for column in spans[:3])), spans.chance[order]

    def _likely(self, prefix: str, probability: float) -> "_Candidates":
        """Single tokens that are likely enough to have a label's tag of some prefix."""
        tags = self.scheme.tags_with(prefix)
        row, label = np.nonzero(self.marginals[:, tags] >= probability)
        start = self._tokens[row]
        return _Candidates(start, start + 1, label, self.marginals[row, tags[label]])

    def _grown(self, spans: "_Candidates", probability: float) -> "_Candidates":
        """Open spans with one more token inside, where that is likely enough."""
        spans = self._within_text(spans)
        inside = self.scheme.tags_with("I")[spans.label]
        chance = spans.chance * self._step(spans.end, self._last_tag(spans), inside)
        grown = spans._replace(end=spans.end + 1, chance=chance)
        return grown.where(chance >= probability)

    def _closed(self, spans: "_Candidates") -> "_Candidates":
        """Open spans that end: in "biluo" with one more token, whose tag says so."""
        if self.scheme.scheme == "bio":
            ends = self._ends_there(spans.end, self._last_tag(spans))
            return spans._replace(chance=spans.chance * ends)
        spans = self._within_text(spans)
        last = self.scheme.tags_with("L")[spans.label]
        chance = spans.chance * self._step(spans.end, self._last_tag(spans), last)
        return spans._replace(end=spans.end + 1, chance=chance)

    def _last_tag(self, spans: "_Candidates") -> Ints:
        opens, inside = self.scheme.tags_with("B"), self.scheme.tags_with("I")
        alone = spans.end - spans.start == 1
        return np.where(alone, opens[spans.label], inside[spans.label])

    def _within_text(self, spans: "_Candidates") -> "_Candidates":
        """Those of the spans that have a token after them."""
        return spans.where(~self._at_end(spans.end))

    @cached_property
    def _tokens(self) -> Ints:
        """The token of each row."""
        return np.argsort(self.rows)

    @cached_property
    def _is_end(self) -> Bools:
        is_end = np.zeros(len(self.marginals) + 1, dtype=bool)
        is_end[self.ends] = True
        return is_end

    def _at_end(self, end: Ints) -> Bools:
        return self._is_end[end]

    def _step(self, token: Ints, before: Ints, tag: Ints) -> Doubles:
        """Probability of a token's tag given the tag of the token before."""
        row = self.rows[token]
        in_logs = self.in_logs[row]
        given = _logs(self.betas[self.rows[token - 1], before], in_logs)
        step = self.moves.inside(before, tag) + _logs(self.following[row, tag], in_logs)
        return np.exp(
            np.subtract(step, given, out=np.full_like(step, -np.inf), where=given > LOWEST)
        )

    def _ends_there(self, end: Ints, tag: Ints) -> Doubles:
        """Probability that an entity goes no further, given the tag of its last token.

        end (Ints): The token after the last of each span.
        tag (Ints): The tag of the last.
        """
        chance = np.ones(len(end))
        if self.scheme.scheme == "bio":  # in "biluo" the last tag says so itself
            goes_on = ~self._at_end(end)
            end, tag = end[goes_on], tag[goes_on]
            inside = self.scheme.tags_with("I")[self.scheme.label_of_tag[tag]]
            chance[goes_on] -= self._step(end, tag, inside)
        return chance


def _logs(values: Doubles, in_logs: Bools) -> Doubles:
    """Logarithms of values, some of which are logarithms already."""
    logs = np.log(values, out=np.full_like(values, -np.inf), where=values > 0)
    return np.where(in_logs, values, logs)


class _Candidates(NamedTuple):
    """Spans and their probabilities. shape of each: (spans,)."""

    start: Ints
    end: Ints
    label: Ints
    chance: Doubles

    def where(self, mask: Bools) -> "_Candidates":
        start, end, label, chance = self
        return _Candidates(start[mask], end[mask], label[mask], chance[mask])
