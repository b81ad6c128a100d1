"""Texts with predicted entities, as tools for annotation read them: one JSON object a text."""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Task = dict[str, Any]
DIGITS = 4


class Entity(NamedTuple):
    """A predicted entity.

    start, end (int): Its first character, and the one after its last.
    label (str): Its label.
    score (float): Its probability.
    """

    start: int
    end: int
    label: str
    score: float


class Ranked(NamedTuple):
    """A text, in its place.

    record (Mapping[str, Any]): "text", and whatever else was given with it.
    entities (List[Entity]): What is predicted.
    uncertainty (float): Entropy of the readings, in nats.
    rank (int): Its place, from 1.
    """

    record: Mapping[str, Any]
    entities: list[Entity]
    uncertainty: float
    rank: int

    @property
    def place(self) -> Task:
        """Uncertainty and rank, as they are told."""
        return {"uncertainty": round(self.uncertainty, DIGITS), "rank": self.rank}


def to_prodigy(ranked: Ranked, model: str) -> Task:
    """Prodigy, https://prodi.gy/docs/api-interfaces#spans; "meta" is shown on the card."""
    spans = [
        {"start": e.start, "end": e.end, "label": e.label, "score": round(e.score, DIGITS)}
        for e in ranked.entities
    ]
    meta = {**ranked.record.get("meta", {}), **ranked.place}
    return {**ranked.record, "spans": spans, "meta": meta}


def to_doccano(ranked: Ranked, model: str) -> Task:
    """doccano, https://doccano.github.io/doccano; it keeps other keys as metadata of the text."""
    labels = [[e.start, e.end, e.label] for e in ranked.entities]
    scores = [round(e.score, DIGITS) for e in ranked.entities]
    return {**ranked.record, "label": labels, "scores": scores, **ranked.place}


def to_label_studio(ranked: Ranked, model: str) -> Task:
    """Label Studio, https://labelstud.io/guide/predictions.

    The score of a prediction is exp(-uncertainty): 1 if a reading is certain, 1/n if n are equally
    likely.
    """
    text = ranked.record["text"]
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
                "score": round(e.score, DIGITS),
            },
        }
        for e in ranked.entities
    ]
    score = round(math.exp(-ranked.uncertainty), DIGITS)
    prediction = {"model_version": model, "score": score, "result": result}
    return {"data": {**ranked.record, **ranked.place}, "predictions": [prediction]}


# By the name that the command knows them by. Each takes a text and the name of the model.
FORMATS: Mapping[str, Callable[[Ranked, str], Task]] = {
    "prodigy": to_prodigy,
    "doccano": to_doccano,
    "label-studio": to_label_studio,
}
