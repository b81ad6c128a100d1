"""From scores and evidence to entities."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ..nn.crf.lattice import Lattice
from ..types import Ids, Ints
from .annotation import entity_array, trim_whitespace
from .decision import Decision, Scored, decide
from .policy import BEST_PATH, Policy
from .possibilities import Possibilities


class Prediction(NamedTuple):
    """What is found in one document.

    tags (Ints): The tag of each token, the best ones if the policy is no other. shape: (tokens,).
    entities (Ids): The attributes ENT_IOB and ENT_TYPE of each token; those of entities and blocked
        tokens that were set before are as they were. shape: (tokens, 2).
    lattice (Optional[Lattice]): All tag sequences with their probabilities, if it was asked for.
    scored (Optional[Scored]): All entities with their probabilities, if the policy tells of them.
    candidates (Optional[Scored]): All likely spans, if the policy tells of them.
    """

    tags: Ints
    entities: Ids
    lattice: Lattice | None = None
    scored: Scored | None = None
    candidates: Scored | None = None


def decode(
    possible: Possibilities, *, policy: Policy = BEST_PATH, with_lattice: bool = False
) -> Iterator[Prediction]:
    """Find the entities of a batch of documents. What is set on them already stays.

    possible (Possibilities): What is possible in them.
    policy (Policy): Which spans become entities, and what is told of them.
    with_lattice (bool): Whether each prediction is to hold its lattice.
    YIELDS (Prediction): One for each document.
    RAISES (ValueError): A score is not a finite number.
    """
    lattice, annotation = possible.lattice, possible.annotation
    free_space, scheme = annotation.free_space, lattice.scheme
    if policy.cuts is None or annotation.preset.any():
        tags = trim_whitespace(lattice.best(), free_space, annotation.last, scheme)
    else:  # entities are chosen by probability alone
        lattice.check()
        tags = np.zeros(len(free_space), dtype=int)
    decision = Decision(tags, None, None)
    if policy.needs_probabilities:
        decision = decide(tags, possible.forecast, annotation, scheme, policy)
    entities = entity_array(decision.tags, annotation, scheme)
    columns = (
        lattice.lengths,
        lattice.texts() if with_lattice else [None] * len(lattice.lengths),
        _by_text(decision.scored, lattice.lengths),
        _by_text(decision.candidates, lattice.lengths),
    )
    end = 0
    for length, of_text, scored, candidates in zip(*columns, strict=True):
        start, end = end, end + length
        yield Prediction(decision.tags[start:end], entities[start:end], of_text, scored, candidates)


def _by_text(scored: Scored | None, lengths: Sequence[int]) -> Sequence[Scored | None]:
    return [None] * len(lengths) if scored is None else list(scored.of_texts(lengths))
