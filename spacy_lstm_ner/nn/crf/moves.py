"""Moves from tag to tag, in two forms with one way to use them.

`FullMoves` has a score for every pair of tags, which is tags times tags. `InnerMoves` has scores
for moves within an entity only, and all moves from the end of one to the start of another are
alike. A step is then one sum for all starts and a small block for each label: linear in the labels.
What a start or an end scores by itself, emissions say already.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property, partial
from typing import TypeAlias

import torch
from torch import Tensor

from ...tags import TagScheme
from ...types import Doubles, Ints

# A score of less than that is never allowed. It stands for minus infinity where a gradient goes by.
LOWEST = -1e200
# Numbers that are further below the largest are not safe as probabilities, of which several are
# multiplied; the smallest of 64 bits is e^-708.
SAFE = 300.0


class Moves(ABC):
    """Scores of moves, and their exponentials.

    scores (Tensor): In the form of the moves, of 64 bits.
    """

    def __init__(self, scores: Tensor) -> None:
        self.scores = scores

    @cached_property
    def log_factor(self) -> Tensor:
        """Logarithm of what the exponentials are divided by. shape: ()."""
        return finite(self.scores.amax())

    @cached_property
    def weights(self) -> Tensor:
        """Exponentials of the scores, up to the factor."""
        return torch.exp(self.scores - self.log_factor)

    @property
    def are_safe(self) -> bool:
        """Whether every score that is possible keeps its exponential."""
        return not any_unsafe(self.scores - self.log_factor)

    @abstractmethod
    def forward(self, rows: Tensor) -> Tensor:
        """Sum over the tags before each tag. shape: (texts, tags) -> (texts, tags)."""

    @abstractmethod
    def backward(self, rows: Tensor, out: Tensor) -> None:
        """Sum over the tags after each tag. shape: (texts, tags) -> (texts, tags)."""

    @abstractmethod
    def log_forward(self, rows: Tensor) -> Tensor:
        """As `forward`, in logarithms and differentiable."""

    @abstractmethod
    def log_backward(self, rows: Tensor) -> Tensor:
        """As `backward`, in logarithms."""

    @abstractmethod
    def counts(self, before: Tensor, after: Tensor) -> Tensor:
        """How often each move is made.

        before, after (Tensor): Weights of the tags on either side. shape: (moves, tags).
        RETURNS (Tensor): shape: that of the scores.
        """

    @abstractmethod
    def gained(self, before: Tensor, after: Tensor, gains: Tensor) -> Tensor:
        """What moves gain on average, differentiable in the gains.

        before, after (Tensor): Weights of the tags on either side. shape: (moves, tags).
        gains (Tensor): What each move gains, in the form of the scores.
        RETURNS (Tensor): shape: (moves,).
        """

    @abstractmethod
    def inside(self, before: Ints, tags: Ints) -> Doubles:
        """Logarithms of the weights of moves within entities. shape: (moves,)."""


MakeMoves: TypeAlias = Callable[[Tensor], Moves]


class FullMoves(Moves):
    """Moves of any tag to any other.

    scores (Tensor): Score of the column's tag after the row's; minus infinity where that is not
        legal. shape: (tags, tags).
    """

    def forward(self, rows: Tensor) -> Tensor:
        """One matrix product."""
        return rows @ self.weights

    def backward(self, rows: Tensor, out: Tensor) -> None:
        """One matrix product."""
        torch.mm(rows, self.weights.T, out=out)

    def log_forward(self, rows: Tensor) -> Tensor:
        """A sum over each row of all moves."""
        return torch.logsumexp(rows.unsqueeze(2) + self.scores.clamp(min=LOWEST), 1)

    def log_backward(self, rows: Tensor) -> Tensor:
        """A sum over each row of all moves."""
        return torch.logsumexp(rows.unsqueeze(1) + self.scores.clamp(min=LOWEST), 2)

    def counts(self, before: Tensor, after: Tensor) -> Tensor:
        """One matrix product."""
        return self.weights * (before.T @ after)

    def gained(self, before: Tensor, after: Tensor, gains: Tensor) -> Tensor:
        """One matrix product."""
        return ((before @ (self.weights * gains)) * after).sum(1)

    def inside(self, before: Ints, tags: Ints) -> Doubles:
        """Looked up."""
        return self._logs[before, tags]

    @cached_property
    def _logs(self) -> Doubles:
        return (self.scores - self.log_factor).cpu().numpy()


class InnerMoves(Moves):
    """Moves within entities; those from an end to a start score zero.

    scores (Tensor): Score of the row's tag after its label's "B" tag, and after its "I" tag. Only
        the rows of tags that go on in an entity count. shape: (tags, 2).
    scheme (TagScheme): The tags.
    """

    def __init__(self, scores: Tensor, scheme: TagScheme) -> None:
        self._table = scores
        self._labels, self._prefixes = len(scheme.labels), len(scheme.prefixes)
        self._targets = scheme.continuing
        self._starts = torch.from_numpy(scheme.starts).to(scores.device)
        self._ends = torch.from_numpy(scheme.ends).to(scores.device)
        super().__init__(self._of_label(scores.T).permute(1, 2, 0)[:, self._targets])

    @cached_property
    def log_factor(self) -> Tensor:
        """That of the largest; moves between entities score zero."""
        return torch.cat([self.scores.new_zeros(1), self.scores.flatten()]).amax()

    @cached_property
    def _leave(self) -> Tensor:
        """Weight of leaving each tag for a start. shape: (tags,)."""
        return self._ends * torch.exp(-self.log_factor)

    @cached_property
    def _enter(self) -> Tensor:
        return self._starts.to(self.scores.dtype)

    def _of_label(self, rows: Tensor) -> Tensor:
        """A view of the tags of each label. shape: (n, tags) -> (n, labels, prefixes)."""
        return rows[:, 1:].unflatten(1, (self._labels, self._prefixes))

    def forward(self, rows: Tensor) -> Tensor:
        """One sum for all starts, and a block for each label."""
        out = (rows @ self._leave).unsqueeze(1) * self._enter
        before = self._of_label(rows).unsqueeze(2)  # (texts, labels, 1, prefixes)
        inner = self._of_label(out)[..., self._targets]  # (texts, labels, targets)
        inner.addcmul_(before[..., 0], self.weights[..., 0])
        inner.addcmul_(before[..., 1], self.weights[..., 1])
        return out

    def backward(self, rows: Tensor, out: Tensor) -> None:
        """One sum for all ends, and a block for each label."""
        torch.mul((rows @ self._enter).unsqueeze(1), self._leave, out=out)
        after = self._of_label(rows)[..., self._targets]  # (texts, labels, targets)
        inner = self._of_label(out)[..., :2]  # (texts, labels, sources)
        for i in range(after.shape[2]):
            inner.addcmul_(after[..., i, None], self.weights[:, i])

    def log_forward(self, rows: Tensor) -> Tensor:
        """One sum for all starts, and a block for each label."""
        left = torch.logsumexp(rows.where(self._ends, LOWEST), 1, keepdim=True)  # (texts, 1)
        before = self._of_label(rows)[..., None, :2]  # (texts, labels, 1, sources)
        inner = torch.logsumexp(before + self.scores, 3)  # (texts, labels, targets)
        return self._with_inner(left.where(self._starts, LOWEST), self._targets, inner)

    def log_backward(self, rows: Tensor) -> Tensor:
        """One sum for all ends, and a block for each label."""
        entered = torch.logsumexp(rows.where(self._starts, LOWEST), 1, keepdim=True)  # (texts, 1)
        after = self._of_label(rows)[..., self._targets, None]  # (texts, labels, targets, 1)
        inner = torch.logsumexp(after + self.scores, 2)  # (texts, labels, sources)
        return self._with_inner(entered.where(self._ends, LOWEST), slice(0, 2), inner)

    def _with_inner(self, rows: Tensor, tags: slice, inner: Tensor) -> Tensor:
        """Add, in logarithms, to some tags of each label. shape: (texts, tags)."""
        spread = rows.new_full((len(rows), self._labels, self._prefixes), LOWEST)
        spread[..., tags] = inner
        outside = rows.new_full((len(rows), 1), LOWEST)
        return torch.logaddexp(rows, torch.cat([outside, spread.flatten(1)], 1))

    def counts(self, before: Tensor, after: Tensor) -> Tensor:
        """A block for each label."""
        sources = self._of_label(before)[..., :2].permute(1, 0, 2)  # (labels, moves, sources)
        targets = self._of_label(after)[..., self._targets].permute(1, 2, 0)
        counts = torch.zeros_like(self._table)  # (tags, 2)
        of_label = counts[1:].unflatten(0, (self._labels, self._prefixes))
        of_label[:, self._targets] = self.weights * (targets @ sources)
        return counts

    def gained(self, before: Tensor, after: Tensor, gains: Tensor) -> Tensor:
        """A block for each label."""
        gains = self._of_label(gains.T).permute(1, 2, 0)[:, self._targets]
        sources = self._of_label(before)[..., :2]
        targets = self._of_label(after)[..., self._targets]
        return torch.einsum("nls,lts,nlt->n", sources, self.weights * gains, targets)

    def inside(self, before: Ints, tags: Ints) -> Doubles:
        """Looked up."""
        return self._logs[tags, (before - 1) % self._prefixes]

    @cached_property
    def _logs(self) -> Doubles:
        return (self._table - self.log_factor).cpu().numpy()


def moves_form(transitions: Tensor, scheme: TagScheme) -> MakeMoves:
    """What makes moves of transitions in the form that these have.

    transitions (Tensor): shape: (tags, tags), or (tags, 2) for moves within entities.
    scheme (TagScheme): The tags; their number is odd.
    """
    return partial(InnerMoves, scheme=scheme) if is_inner(transitions) else FullMoves


def is_inner(transitions: Tensor) -> bool:
    """Whether transitions are of moves within entities only. The number of tags is always odd."""
    return transitions.shape[1] == 2


def finite(scores: Tensor) -> Tensor:
    """Zero in place of minus infinity."""
    return torch.where(torch.isneginf(scores), 0.0, scores)


def unsafe(below: Tensor) -> Tensor:
    """Scores that are possible, but too far below the largest to be probabilities.

    below (Tensor): How far below: the scores, less the largest.
    """
    return (below < -SAFE) & (below > LOWEST)


def any_unsafe(below: Tensor) -> bool:
    """Whether there are any, which is asked of every batch."""
    return below.numel() > 0 and bool(below.nan_to_num(neginf=0.0).amin() < -SAFE)
