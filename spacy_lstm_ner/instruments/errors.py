"""Where a pipeline errs: scores, kinds of errors, and each error with the model's own view."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from spacy.tokens import Doc

from ..training.reliability import Forecasts
from . import bootstrap, buckets
from .bootstrap import Difference, Score
from .buckets import Bucket, Kind
from .familiarity import Seen, Words, look_up
from .pairing import Cause, Pair, confusion, pair
from .readings import Mention, Reading
from .semeval import SCHEMAS, Tally, tally


@dataclass(frozen=True)
class Error:
    """An error.

    cause (Cause): What is wrong.
    pair (Pair): The annotated and the predicted entity, or one of them.
    reading (Reading): Its document.
    other_is_right (Optional[bool]): Whether the other pipeline does not err there, if there is one.
    """

    cause: Cause
    pair: Pair
    reading: Reading
    other_is_right: bool | None = None

    @property
    def confidence(self) -> float | None:
        """The probability of what is predicted; if nothing is, that of no such entity."""
        gold, predicted = self.pair
        if predicted is not None:
            return predicted.probability
        chance = gold.probability if gold is not None else None
        return None if chance is None else 1.0 - chance

    @property
    def bounds(self) -> tuple[int, int]:
        """The tokens that it is about."""
        mentions = [mention for mention in self.pair if mention is not None]
        return min(m.start for m in mentions), max(m.end for m in mentions)

    def text_of(self, mention: Mention) -> str:
        """The text of one of its entities."""
        return self.reading.text(mention.start, mention.end).rstrip()


@dataclass(frozen=True)
class Comparison:
    """Another pipeline on the same documents.

    scores (Sequence[Score]): Its scores.
    differences (Sequence[Difference]): How much better than it the first one is.
    """

    scores: Sequence[Score]
    differences: Sequence[Difference]


@dataclass(frozen=True)
class Report:
    """What there is to say of a pipeline on annotated documents.

    readings (Sequence[Reading]): The documents.
    scores (Sequence[Score]): Of all labels, and then of each.
    schemas (Dict[str, Tally]): Counts by schema of SemEval.
    confusion (Counter[Tuple[str, str]]): How often each label was predicted for each, see
        `pairing.confusion`.
    buckets (Dict[str, List[Bucket]]): Scores by kind of entity.
    forecasts (Forecasts): Probabilities of what the recognizer predicted, and whether it was right.
    errors (Dict[Cause, List[Error]]): By cause, what the model is surest of first.
    seen (Optional[Dict[Words, Seen]]): What training has of all entities, if it was given.
    comparison (Optional[Comparison]): The other pipeline, if there is one.
    """

    readings: Sequence[Reading]
    scores: Sequence[Score]
    schemas: dict[str, Tally]
    confusion: Counter[tuple[str, str]]
    buckets: dict[str, list[Bucket]]
    forecasts: Forecasts
    errors: dict[Cause, list[Error]]
    seen: dict[Words, Seen] | None = None
    comparison: Comparison | None = None


def inspect_errors(
    readings: Sequence[Reading],
    *,
    training: Iterable[Doc] | None = None,
    other: Sequence[Reading] | None = None,
) -> Report:
    """Find where a pipeline errs.

    readings (Sequence[Reading]): Documents, as `readings.read` gives them.
    training (Optional[Iterable[Doc]]): What the pipeline was trained on.
    other (Optional[Sequence[Reading]]): The same documents, as another pipeline reads them.
    """
    labels = sorted({m.label for m in _mentions([*readings, *(other or [])])})
    pairs = [(reading, list(pair(reading))) for reading in readings]
    seen = None
    if training is not None:
        words = (reading.words_of(m) for reading in readings for m in _mentions([reading]))
        seen = look_up(words, training)
    return Report(
        readings=readings,
        scores=bootstrap.score(readings, labels),
        schemas={schema: tally(readings, schema) for schema in SCHEMAS},
        confusion=confusion(found for _, of_document in pairs for found in of_document),
        buckets=_sort(readings, seen),
        forecasts=_forecasts(readings),
        errors=_errors(pairs, other),
        seen=seen,
        comparison=None if other is None else _compare(readings, other, labels),
    )


def _mentions(readings: Iterable[Reading]) -> Iterable[Mention]:
    return (m for reading in readings for m in (*reading.gold, *reading.predicted))


def _sort(readings: Sequence[Reading], seen: dict[Words, Seen] | None) -> dict[str, list[Bucket]]:
    kinds: dict[str, tuple[Sequence[str], Kind]] = {
        "Length": (buckets.LENGTHS, buckets.by_length),
        "Capitals": (buckets.CAPITALS, buckets.by_capitals),
    }
    if seen is not None:
        kinds["Seen in training"] = (buckets.SEEN, buckets.by_seen(seen))
        kinds["Times an entity in training"] = (buckets.FREQUENCIES, buckets.by_frequency(seen))
    files = list(dict.fromkeys(reading.source for reading in readings))
    if len(files) > 1:
        kinds["File"] = (files, buckets.by_source)
    return {
        title: buckets.sort_into(names, kind, readings) for title, (names, kind) in kinds.items()
    }


def _forecasts(readings: Iterable[Reading]) -> Forecasts:
    told = [
        (mention.probability, mention.right)
        for reading in readings
        for mention in reading.predicted
        if mention.probability is not None and not mention.given
    ]
    return Forecasts(
        np.array([probability for probability, _ in told], dtype=float),
        np.array([right for _, right in told], dtype=bool),
    )


def _compare(
    ours: Sequence[Reading], theirs: Sequence[Reading], labels: Sequence[str]
) -> Comparison:
    return Comparison(bootstrap.score(theirs, labels), bootstrap.compare(ours, theirs, labels))


def _errors(
    pairs: Sequence[tuple[Reading, list[Pair]]], other: Sequence[Reading] | None
) -> dict[Cause, list[Error]]:
    errors: dict[Cause, list[Error]] = {cause: [] for cause in Cause}
    others = other if other is not None else [None] * len(pairs)
    for (reading, of_document), beside in zip(pairs, others, strict=True):
        wrong = [found for found in of_document if found.cause is not None]
        for found, is_right in zip(wrong, _others_right(wrong, beside), strict=True):
            assert found.cause is not None
            errors[found.cause].append(Error(found.cause, found, reading, is_right))
    return {cause: sorted(found, key=_doubt) for cause, found in errors.items()}


def _others_right(wrong: Sequence[Pair], other: Reading | None) -> list[bool | None]:
    """Whether another pipeline finds what is annotated, or nothing wrong if nothing is."""
    if other is None:
        return [None] * len(wrong)
    found = {(m.start, m.end, m.label) for m in other.gold if m.right}
    amiss = {i for m in other.predicted if not m.right for i in range(m.start, m.end)}
    is_right: list[bool | None] = []
    for gold, predicted in wrong:
        if gold is not None:
            is_right.append((gold.start, gold.end, gold.label) in found)
        elif predicted is not None:
            is_right.append(amiss.isdisjoint(range(predicted.start, predicted.end)))
    return is_right


def _doubt(error: Error) -> float:
    return 2.0 if error.confidence is None else 1.0 - error.confidence
