"""From scores and evidence to entities."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..models.scores import Scores
from ..nn.crf.lattice import Lattice
from ..tags import TagScheme
from ..types import Ids, Ints
from .annotation import Annotation, entity_array, trim_whitespace
from .evidence import preset_evidence


class Prediction(NamedTuple):
    """What is found in one document.

    tags (Ints): The best tag of each token. shape: (tokens,).
    entities (Ids): The attributes ENT_IOB and ENT_TYPE of each token; those of entities and blocked
        tokens that were set before are as they were. shape: (tokens, 2).
    lattice (Optional[Lattice]): All tag sequences with their probabilities, if it was asked for.
    """

    tags: Ints
    entities: Ids
    lattice: Lattice | None = None


def decode(
    scores: Scores, annotation: Annotation, scheme: TagScheme, *, with_lattice: bool = False
) -> Iterator[Prediction]:
    """Find the best tags of a batch of documents, each with at least one token.

    scores (Scores): Scores of the documents.
    annotation (Annotation): What is set on them already, which stays.
    scheme (TagScheme): The tags.
    with_lattice (bool): Whether each prediction is to hold its lattice.
    YIELDS (Prediction): One for each document.
    RAISES (ValueError): A score is not a finite number.
    """
    lattice = scores.lattice(scheme).restrict(preset_evidence(annotation, scheme).mask)
    tags = lattice.best()
    if annotation.space.any():
        free = annotation.space & ~annotation.preset
        tags = trim_whitespace(tags, free, annotation.last, scheme)
    entities = entity_array(tags, annotation, scheme)
    lattices: Sequence[Lattice | None] = [None] * len(scores)
    if with_lattice:
        lattices = lattice.texts()
    end = 0
    for length, of_document in zip(scores.lengths, lattices, strict=True):
        start, end = end, end + length
        yield Prediction(tags[start:end], entities[start:end], of_document)
