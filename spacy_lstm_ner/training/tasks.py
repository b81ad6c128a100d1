"""Texts with predicted entities, as tools for annotation read them: one JSON object a text."""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, BinaryIO, NamedTuple

from .converters.label_studio import regions

Task = dict[str, Any]
DIGITS = 4
# What a tool, or `convert`, takes for annotation, for who decided and when, or for the sign that it
# has seen the text. With a text that was annotated before, it is not about what is predicted now.
# Marks of Label Studio may have any name, and are known by what is in them.
ANNOTATION = {
    *("spans", "tokens", "relations", "accept", "answer"),
    *("_input_hash", "_task_hash", "_view_id", "_is_binary"),
    *("_session_id", "_annotator_id", "_timestamp"),
    *("label", "labels", "entities"),
    *("annotations", "annotation_id"),
}


class Entity(NamedTuple):
    """A predicted entity.

    start, end (int): Its first character, and the one after its last.
    label (str): Its label.
    score (Optional[float]): Its probability, None if what predicted it gives none.
    """

    start: int
    end: int
    label: str
    score: float | None

    @property
    def told(self) -> Task:
        """The score as it is told, under its name; nothing if there is none."""
        return {} if self.score is None else {"score": round(self.score, DIGITS)}


class Predicted(NamedTuple):
    """A text with what is predicted in it.

    record (Mapping[str, Any]): "text", and whatever else was given with it.
    entities (List[Entity]): What is predicted.
    uncertainty (Optional[float]): Entropy of the readings in nats, if it was asked for.
    rank (Optional[int]): Its place among the texts, from 1, if they have an order.
    """

    record: Mapping[str, Any]
    entities: list[Entity]
    uncertainty: float | None = None
    rank: int | None = None

    @property
    def given(self) -> Task:
        """The record without annotation that it has."""
        return {
            name: value
            for name, value in self.record.items()
            if name not in ANNOTATION and not regions(value)
        }

    @property
    def place(self) -> Task:
        """Uncertainty and rank, as they are told."""
        uncertainty = None if self.uncertainty is None else round(self.uncertainty, DIGITS)
        found = {"uncertainty": uncertainty, "rank": self.rank}
        return {name: value for name, value in found.items() if value is not None}


def to_prodigy(predicted: Predicted, model: str) -> Task:
    """Prodigy, https://prodi.gy/docs/api-interfaces#spans; "meta" is shown on the card."""
    spans = [
        {"start": e.start, "end": e.end, "label": e.label, **e.told} for e in predicted.entities
    ]
    meta = {**predicted.record.get("meta", {}), **predicted.place}
    return {**predicted.given, "spans": spans, **({"meta": meta} if meta else {})}


def to_doccano(predicted: Predicted, model: str) -> Task:
    """doccano, https://doccano.github.io/doccano; it keeps other keys as metadata of the text."""
    labels = [[e.start, e.end, e.label] for e in predicted.entities]
    scores = [e.told.get("score") for e in predicted.entities]
    return {**predicted.given, "label": labels, "scores": scores, **predicted.place}


def to_label_studio(predicted: Predicted, model: str) -> Task:
    """Label Studio, https://labelstud.io/guide/predictions.

    The score of a prediction is exp(-uncertainty): 1 if a reading is certain, 1/n if n are equally
    likely.
    """
    text = predicted.record["text"]
    result = [
        {
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "value": {
                "start": e.start,
                "end": e.end,
                "text": text[e.start : e.end],
                "labels": [e.label],
                **e.told,
            },
        }
        for e in predicted.entities
    ]
    prediction: Task = {"model_version": model, "result": result}
    if predicted.uncertainty is not None:
        prediction["score"] = round(math.exp(-predicted.uncertainty), DIGITS)
    return {"data": {**predicted.given, **predicted.place}, "predictions": [prediction]}


def encode(task: Task) -> bytes:
    """A task as a line of JSON, without its end.

    Half of a character outside of the plane, which UTF-8 has no bytes for, stays escaped.
    """
    return json.dumps(task, ensure_ascii=False).encode("utf-8", "backslashreplace")


# By the name that the command knows them by. Each takes a text and the name of the model.
FORMATS: Mapping[str, Callable[[Predicted, str], Task]] = {
    "prodigy": to_prodigy,
    "doccano": to_doccano,
    "label-studio": to_label_studio,
}
# Those that a tool reads as one list, and not a line a text.
_LISTS = ("label-studio",)


def write_tasks(file: BinaryIO, texts: Iterable[Predicted], *, format: str, model: str) -> None:
    """Write texts as a tool reads them.

    file (BinaryIO): The file.
    texts (Iterable[Predicted]): The texts.
    format (str): Name of one of FORMATS.
    model (str): Name of what predicted.
    """
    begin, between, end = (b"[\n", b",\n", b"\n]\n") if format in _LISTS else (b"", b"\n", b"\n")
    file.write(begin)
    for i, text in enumerate(texts):
        file.write((between if i else b"") + encode(FORMATS[format](text, model)))
    file.write(end)
