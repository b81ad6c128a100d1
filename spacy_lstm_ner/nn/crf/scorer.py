"""The output layer: scores of tags, and of moves between them."""

from typing import Any

import torch
from torch import Tensor, nn

from ..learner import Learner
from .moves import is_inner

# How much worse than "O" a tag that is added to a trained layer scores everywhere at first: enough
# to take hardly any probability from it, little enough to be learned quickly.
NEW_TAG_MARGIN = 5.0
# Steps of training, as a multiple of the optimizer's. The layer starts at zero and its inputs are
# small, so that Adam's steps at the usual rates take hundreds of updates to move a score at all.
STEP = 20.0
# The very first step is so many times as long. It is all that a training of a few updates has; by
# this many updates the steps have come down to the usual length.
FIRST, SETTLED = 2.0, 60


class TagScorer(Learner):
    """A dense layer from states to emissions, and the transitions of a lattice.

    Everything starts at zero: all tags equally likely, and the first of equals is "O".

    n_in (int): Width of the states.
    n_tags (int): Number of tags.
    crf (bool): Whether transitions are learned; without, they stay zero, and the scores amount to a
        softmax per token.
    inner (bool): Whether transitions are those within entities only, see `moves`.
    """

    def __init__(self, *, n_in: int, n_tags: int, crf: bool, inner: bool = False) -> None:
        super().__init__()
        self.dense = nn.Linear(n_in, n_tags)
        nn.init.zeros_(self.dense.weight)
        nn.init.zeros_(self.dense.bias)
        transitions = torch.zeros(n_tags, 2 if inner else n_tags)
        if crf:
            self.transitions = nn.Parameter(transitions)
        else:
            self.register_buffer("transitions", transitions, persistent=False)
        self._updates = 0

    @property
    def step(self) -> float:
        """How long a step of training is, as a multiple of the optimizer's."""
        left = max(0.0, 1.0 - self._updates / SETTLED)
        return STEP * (1.0 + (FIRST - 1.0) * left)

    def finish_update(self, average: "TagScorer | None" = None) -> None:
        """Count a step, also in an average of this."""
        for scorer in (average, self):
            if scorer is not None:
                scorer._updates = self._updates + 1

    def _load_from_state_dict(self, *args: Any) -> None:
        super()._load_from_state_dict(*args)
        self._updates = SETTLED  # weights that are loaded have been trained

    def forward(self, states: Tensor) -> Tensor:
        """Score tags. shape: (tokens, n_in) -> (tokens, n_tags)."""
        return self.dense(states.to(self.dense.weight.dtype))

    def grow_from(self, smaller: "TagScorer") -> None:
        """Start as a layer with fewer tags whose best tag sequences stay the best.

        A new tag behaves as "O" does, only less likely, so that a path through it is always worse
        than the same path through "O".
        """
        tags = len(smaller.dense.bias)
        self._updates = smaller._updates
        with torch.no_grad():
            self.dense.weight[:tags] = smaller.dense.weight
            self.dense.weight[tags:] = smaller.dense.weight[0]
            self.dense.bias[:tags] = smaller.dense.bias
            self.dense.bias[tags:] = smaller.dense.bias[0] - NEW_TAG_MARGIN
            if not smaller.has_learned_moves:
                return  # all moves score zero, in either form
            self.transitions[:tags, : smaller.transitions.shape[1]] = smaller.transitions
            if not is_inner(self.transitions):
                self.transitions[tags:, :tags] = smaller.transitions[0]
                self.transitions[:tags, tags:] = smaller.transitions[:, :1]
                self.transitions[tags:, tags:] = smaller.transitions[0, 0]

    @property
    def has_learned_moves(self) -> bool:
        """Whether any move scores other than the rest."""
        return bool(self.transitions.any())
