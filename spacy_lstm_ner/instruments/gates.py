"""What the gates of a recurrent encoder do at each token, and which of its units are worth a look.

As LSTMVis does for states (Strobelt et al. 2018, https://arxiv.org/abs/1606.07461): a unit is known
by the places that switch it on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from spacy.language import Language
from spacy.tokens import Doc

from ..nn.lstm.reference import Step, unroll_encoder
from ..types import Bools, Doubles, Ints
from .encoders import DIRECTIONS, find_encoder

# What cells compute, by the letters of the equations.
NAMES = {
    "i": "input gate",
    "f": "forget gate",
    "o": "output gate",
    "r": "reset gate",
    "z": "update gate",
    "g": "candidate",
    "n": "candidate",
    "c": "cell",
    "h": "state",
}
GATES = "iforz"  # from 0 to 1; all else has a sign


@dataclass(frozen=True)
class Activations:
    """What one layer computes in one direction.

    layer (int): Its number, from 1.
    direction (str): How it reads: "left to right" or "right to left".
    values (Dict[str, Doubles]): By the letters of the equations, in document order, see NAMES.
        shape of each: (tokens, hidden).
    """

    layer: int
    direction: str
    values: dict[str, Doubles]

    @property
    def memory(self) -> Doubles:
        """What is carried on: the cell, or the state where there is none."""
        return self.values.get("c", self.values["h"])


class Place(NamedTuple):
    """A token at which a unit is on.

    doc (int): Number of the document.
    token (int): The token's position in it.
    value (float): What the unit's memory holds.
    """

    doc: int
    token: int
    value: float


def read_gates(
    nlp: Language, docs: Iterable[Doc], *, name: str | None = None
) -> list[list[Activations]]:
    """Compute what the encoder of a pipeline does at each token, by the reference.

    nlp (Language): The pipeline.
    docs (Iterable[Doc]): Documents as the component with the encoder is to see them.
    name (Optional[str]): The component, if several have an encoder.
    RETURNS (List[List[Activations]]): For each document, layer by layer, left to right first;
        nothing for one without tokens.
    RAISES (ValueError): There is no encoder.
    """
    place = find_encoder(nlp, name)
    encoder = place.exact()
    with torch.no_grad():
        return [
            [
                Activations(i + 1, direction, _in_order(steps, backward=direction == DIRECTIONS[1]))
                for i, layer in enumerate(unroll_encoder(encoder, vectors).steps)
                for direction, steps in zip(DIRECTIONS, layer, strict=False)
            ]
            if len(vectors)
            else []
            for doc in docs
            for vectors in place.read([doc])
        ]


def _in_order(steps: Sequence[Step], *, backward: bool) -> dict[str, Doubles]:
    """Steps by the letters of the equations, in document order."""
    columns = {
        letter: torch.stack([getattr(step, letter) for step in steps])
        for letter in steps[0]._fields
    }
    return {
        letter: (values.flip(0) if backward else values).numpy()
        for letter, values in columns.items()
    }


def moving_units(memory: Doubles, count: int) -> Ints:
    """The units whose memory moves most, the most moving first.

    memory (Doubles): shape: (tokens, hidden).
    count (int): Most units.
    RETURNS (Ints): Their numbers. shape: (units,).
    """
    return np.argsort(-memory.std(axis=0), kind="stable")[:count]


def telling_units(memory: Doubles, inside: Bools, count: int) -> Ints:
    """The units whose memory tells some tokens from all others, the most telling first.

    That is, whose means differ most, in units of the deviation within both (Cohen's d).

    memory (Doubles): shape: (tokens, hidden).
    inside (Bools): Whether each token is one of these. shape: (tokens,).
    count (int): Most units.
    RETURNS (Ints): Their numbers. shape: (units,).
    """
    one, other = memory[inside], memory[~inside]
    squares = ((one - one.mean(0)) ** 2).sum(0) + ((other - other.mean(0)) ** 2).sum(0)
    deviation = np.sqrt(squares / len(memory)) + 1e-9
    return np.argsort(-np.abs(one.mean(0) - other.mean(0)) / deviation, kind="stable")[:count]


def where_on(memories: Sequence[Doubles], unit: int, count: int) -> list[Place]:
    """Where a unit's memory is furthest from zero, one token a document.

    memories (Sequence[Doubles]): Of each document. shape of each: (tokens, hidden).
    unit (int): The unit.
    count (int): Most places.
    RETURNS (List[Place]): The places, furthest first.
    """
    places = []
    for number, memory in enumerate(memories):
        if len(memory):
            token = int(np.abs(memory[:, unit]).argmax())
            places.append(Place(number, token, float(memory[token, unit])))
    return sorted(places, key=lambda place: -abs(place.value))[:count]


def in_entities(doc: Doc, label: str) -> Bools:
    """Whether each token is in an entity of a label. shape: (tokens,)."""
    return np.array([token.ent_type_ == label for token in doc], dtype=bool)
