"""The recurrent encoder of a pipeline, and what it reads."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import Model
from torch import Tensor

from ..errors import CodedError, Errors
from ..models.encoder import is_encoder
from ..models.shim import get_shim, own_shim
from ..models.vectors import TokenVectors
from ..nn.lstm.encoder import RecurrentEncoder
from ..pipeline.lstm_ner import LSTMEntityRecognizer

# How the cells of a layer read, in their order.
DIRECTIONS = "left to right", "right to left"


@dataclass(frozen=True)
class EncoderInPlace:
    """An encoder, where it is in a pipeline.

    component (str): The component that holds it.
    before (Sequence[Model]): The layers that make its input of documents.
    layer (Model): The encoder itself.
    """

    component: str
    before: Sequence[Model[Any, Any]]
    layer: Model[Any, Any]

    @property
    def module(self) -> RecurrentEncoder:
        """Its weights."""
        return get_shim(self.layer).predictor

    def exact(self) -> RecurrentEncoder:
        """A copy of the encoder to look into: on the CPU, in numbers of 64 bits."""
        return copy.deepcopy(self.module).cpu().double()

    def read(self, docs: Sequence[Doc]) -> list[Tensor]:
        """What the copy is given for documents. shape of each: (tokens, n_in)."""
        vectors: Any = list(docs)
        for layer in self.before:
            vectors = layer.predict(vectors)
        found = TokenVectors.of(vectors, get_shim(self.layer).device)
        return list(found.tokens().detach().cpu().double().split(list(found.lengths)))


def find_encoder(nlp: Language, name: str | None = None) -> EncoderInPlace:
    """Find the encoder that a pipeline's entities come from; if it has none, any encoder.

    A recognizer that listens to another component has its encoder there.

    nlp (Language): The pipeline.
    name (Optional[str]): The component that holds the encoder, or listens to it, if there are
        several.
    RAISES (ValueError): There is none, or several without a recognizer to choose by, or it was
        never initialized.
    """
    place = _choose(nlp, name)
    if own_shim(place.layer).module is None:
        raise CodedError(Errors.E186.format(name=place.component))
    return place


def _choose(nlp: Language, name: str | None) -> EncoderInPlace:
    found = {key: place for key, pipe in nlp.pipeline if (place := _look_in(key, pipe))}
    if name in found:
        return found[name]
    recognizers = [
        key for key, pipe in nlp.pipeline if isinstance(pipe, LSTMEntityRecognizer) and key in found
    ]
    if name is None and len(recognizers) == 1:
        return found[recognizers[0]]
    if len(found) == 1 and (name is None or name in nlp.pipe_names):
        return next(iter(found.values()))
    components = ", ".join(found or nlp.pipe_names) or "none"
    raise CodedError((Errors.E182 if found else Errors.E181).format(components=components))


def _look_in(name: str, pipe: Any) -> EncoderInPlace | None:
    model = getattr(pipe, "model", None)
    path = _path(model) if isinstance(model, Model) else None
    return EncoderInPlace(name, path[:-1], path[-1]) if path else None


def _path(layer: Model[Any, Any]) -> list[Model[Any, Any]] | None:
    """The first encoder among layers that are chained, after all that come before it."""
    if is_encoder(layer):
        return [layer]
    for i, part in enumerate(layer.layers):
        if path := _path(part):
            return [*layer.layers[:i], *path]
    return None
