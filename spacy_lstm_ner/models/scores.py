"""Scores of a batch of documents: what the tagger gives, and what lattices are made of."""

from collections.abc import Sequence
from typing import cast

import torch
from thinc.api import torch2xp
from thinc.types import Floats2d
from torch import Tensor

from ..nn.crf.lattice import Lattice
from ..tags import TagScheme
from .util import gradient_of
from .vectors import ArrayPerDoc


class Scores(ArrayPerDoc):
    """Emissions and transitions of a batch, or their gradients.

    As a list, one array of emissions per document. shape: (tokens of the document, tags).

    emissions (Tensor): Score of each tag at each token, in document order. shape: (tokens, tags).
    lengths (Sequence[int]): Tokens of each document.
    transitions (Tensor): Score of the column's tag after the row's, shape: (tags, tags); or of
        moves within entities alone, shape: (tags, 2).
    """

    def __init__(self, emissions: Tensor, lengths: Sequence[int], transitions: Tensor) -> None:
        self.emissions = emissions
        self.lengths: list[int] = list(lengths)
        self.transitions = transitions

    def lattice(self, scheme: TagScheme) -> Lattice:
        """The lattice of the documents that have tokens."""
        lengths = [length for length in self.lengths if length]
        return Lattice(self.emissions, self.transitions, lengths, scheme)

    def as_leaves(self) -> "Scores":
        """The same scores, ready for gradients to gather on."""
        emissions = self.emissions.detach().requires_grad_()
        return Scores(emissions, self.lengths, self.transitions.detach().requires_grad_())

    def gradient(self) -> "Scores":
        """The gradient that has gathered on the scores, which are leaves."""
        gathered = gradient_of(self.emissions), self.lengths, gradient_of(self.transitions)
        return Scores(*gathered)

    def zeros_like(self) -> "Scores":
        """Zeros of the same shape."""
        emissions = torch.zeros_like(self.emissions)
        return Scores(emissions, self.lengths, torch.zeros_like(self.transitions))

    def of_documents(self, numbers: Sequence[int]) -> tuple["Scores", Tensor]:
        """The scores of some documents by their numbers, and which tokens these have."""
        lengths = [self.lengths[number] for number in numbers]
        of_document = torch.arange(len(self.emissions)).split(self.lengths)
        tokens = torch.cat([of_document[number] for number in numbers]).to(self.emissions.device)
        return Scores(self.emissions[tokens], lengths, self.transitions), tokens

    def add_(self, other: "Scores") -> None:
        """Add other scores of the same documents, in place."""
        self.emissions += other.emissions
        self.transitions += other.transitions

    def scale_(self, factor: float) -> None:
        """Multiply all scores, in place."""
        self.emissions *= factor
        self.transitions *= factor

    def arrays(self) -> list[Floats2d]:
        """Emissions of each document, of 32-bit floats. shape: (tokens of the document, tags)."""
        parts = self.emissions.detach().float().split(self.lengths)
        return [cast(Floats2d, torch2xp(part)) for part in parts]
