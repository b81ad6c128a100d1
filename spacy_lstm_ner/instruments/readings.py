"""Annotated documents beside what a pipeline reads in them, and how sure its recognizer is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example

from ..pipeline.batching import by_tokens, most_tokens
from ..pipeline.decoding import decode
from ..pipeline.lstm_ner import LSTMEntityRecognizer
from ..pipeline.upstream import upstream_only
from ..tags import Spans
from ..training.partly import annotated_labels
from ..types import Ints

# Most tokens that are read at once, so that readings come steadily.
MAX_TOKENS = 8192


@dataclass(frozen=True)
class Mention:
    """An entity of a document.

    start, end (int): Its first token, and the one after its last, in the annotated document.
    label (str): Its label.
    right (bool): Whether it is both annotated and predicted.
    probability (Optional[float]): What the recognizer gives it. None if that cannot be told: it
        does not have the label, or the pipeline other tokens.
    given (bool): Whether an earlier component set it.
    """

    start: int
    end: int
    label: str
    right: bool = False
    probability: float | None = None
    given: bool = False

    def __len__(self) -> int:
        return self.end - self.start

    def overlap(self, other: "Mention") -> int:
        """How many tokens it has in common with another."""
        return max(0, min(self.end, other.end) - max(self.start, other.start))


@dataclass(frozen=True)
class Reading:
    """A document.

    source (str): The name of the file that it is from.
    number (int): Its number there, from 1.
    words (Sequence[str]): Its tokens.
    spaces (Sequence[str]): The space after each, or nothing.
    gold (Sequence[Mention]): Entities that are annotated.
    predicted (Sequence[Mention]): Entities that are predicted, where something is annotated.
    """

    source: str
    number: int
    words: Sequence[str]
    spaces: Sequence[str]
    gold: Sequence[Mention]
    predicted: Sequence[Mention]

    def words_of(self, mention: Mention) -> tuple[str, ...]:
        """The tokens of an entity."""
        return tuple(self.words[mention.start : mention.end])

    def text(self, start: int, end: int) -> str:
        """The text from one token to before another."""
        tokens = zip(self.words[start:end], self.spaces[start:end], strict=True)
        return "".join(word + space for word, space in tokens)

    def groups(self) -> Iterator[tuple[list[Mention], list[Mention]]]:
        """Annotated and predicted entities in small groups; those that overlap are in one."""
        sides = [*((mention, 0) for mention in self.gold), *((m, 1) for m in self.predicted)]
        group: tuple[list[Mention], list[Mention]] = ([], [])
        end = 0
        for mention, side in sorted(sides, key=lambda pair: pair[0].start):
            if mention.start >= end and (group[0] or group[1]):
                yield group
                group = ([], [])
            group[side].append(mention)
            end = max(end, mention.end)
        yield group


def read(
    nlp: Language, ner: LSTMEntityRecognizer, files: Mapping[str, Sequence[Example]]
) -> Iterator[Reading]:
    """Let a pipeline read annotated documents.

    Entities count as in the component's scorer, whichever component set them: documents without
    annotation are left out, and so are predicted entities with a token that has none, or of a label
    that the document was not annotated for.

    nlp (Language): The pipeline.
    ner (LSTMEntityRecognizer): The recognizer in it.
    files (Mapping[str, Sequence[Example]]): The documents of each file, by its name; `predicted` is
        still without annotation.
    YIELDS (Reading): One for each that is annotated.
    RAISES (ValueError): The recognizer was never trained.
    """
    ner.predict([])  # an error if it was never trained
    max_tokens = min(MAX_TOKENS, most_tokens(ner.scheme))
    for source, examples in files.items():
        annotated = [(i, eg) for i, eg in enumerate(examples, start=1) if _is_annotated(eg)]
        end = 0
        for docs in by_tokens((eg.predicted for _, eg in annotated), max_tokens=max_tokens):
            start, end = end, end + len(docs)
            yield from _read_batch(nlp, ner, source, dict(annotated[start:end]))


def _is_annotated(eg: Example) -> bool:
    return bool(eg.reference.has_annotation("ENT_IOB") and len(eg.predicted))


def _read_batch(
    nlp: Language, ner: LSTMEntityRecognizer, source: str, examples: Mapping[int, Example]
) -> Iterator[Reading]:
    """Read some documents of a file, which are given by their numbers."""
    with upstream_only(nlp, ner.name):
        docs = list(nlp.pipe(eg.predicted for eg in examples.values()))
    belief = Belief(ner, dict(zip(examples, docs, strict=True)))
    ner.set_annotations(docs, belief.predictions)
    with nlp.select_pipes(disable=nlp.pipe_names[: nlp.pipe_names.index(ner.name) + 1]):
        docs = list(nlp.pipe(docs))
    for eg, doc in zip(examples.values(), docs, strict=True):
        eg.predicted = doc
    places = [
        Place.of(ent, number)
        for number, eg in examples.items()
        for ent in (*eg.reference.ents, *eg.predicted.ents)
    ]
    chances = dict(zip(places, belief.probability(places), strict=True))
    for number, eg in examples.items():
        yield _with_belief(eg, source, number, chances, belief)


def _with_belief(
    eg: Example,
    source: str,
    number: int,
    chances: Mapping["Place", float | None],
    belief: "Belief",
) -> Reading:
    return compare(
        eg,
        source,
        number,
        chance=lambda ent: chances[Place.of(ent, number)],
        is_given=lambda ent: belief.is_given(Place.of(ent, number)),
    )


class Place(NamedTuple):
    """Where an entity is, by the characters of its document.

    document (int): The number of its document.
    start, end (int): Its first character, and the one after its last.
    label (str): Its label.
    """

    document: int
    start: int
    end: int
    label: str

    @classmethod
    def of(cls, ent: Span, document: int) -> "Place":
        """The place of an entity of a document with a given number."""
        return cls(document, ent.start_char, ent.end_char, ent.label_)


class Belief:
    """What a recognizer holds possible in a batch of documents.

    ner (LSTMEntityRecognizer): The recognizer.
    docs (Mapping[int, Doc]): The documents by their numbers, as earlier components leave them.
        Later ones may change their tokens, so entities are found by their characters.

    predictions (List[Prediction]): What it predicts of them, of the same scores.
    """

    def __init__(self, ner: LSTMEntityRecognizer, docs: Mapping[int, Doc]) -> None:
        possible = ner.look(list(docs.values()))
        self.predictions = list(decode(possible, policy=ner.policy))
        self._forecast = possible.forecast
        self._preset = possible.annotation.preset
        self._labels = {label: i for i, label in enumerate(possible.lattice.scheme.labels)}
        tokens = [(number, token) for number, doc in docs.items() for token in doc]
        self._first = {(n, token.idx): i for i, (n, token) in enumerate(tokens)}
        self._last = {(n, token.idx + len(token)): i for i, (n, token) in enumerate(tokens)}

    def probability(self, places: Sequence[Place]) -> list[float | None]:
        """What it gives each entity; None if it does not have the label, or such tokens."""
        rows = [self._row(place) for place in places]
        known = [row for row in rows if row is not None]
        chances = iter(self._forecast.probability(Spans(*_columns(known))).tolist())
        return [None if row is None else next(chances) for row in rows]

    def is_given(self, place: Place) -> bool:
        """Whether an entity was set by an earlier component."""
        first = self._first.get(place[:2])
        return first is not None and bool(self._preset[first])

    def _row(self, place: Place) -> tuple[int, int, int] | None:
        first = self._first.get((place.document, place.start))
        last = self._last.get((place.document, place.end))
        label = self._labels.get(place.label)
        if first is None or last is None or label is None:
            return None
        return first, last + 1, label


def _columns(rows: Sequence[tuple[int, int, int]]) -> Ints:
    return np.array(rows, dtype=np.int64).reshape(-1, 3).T


def compare(
    eg: Example,
    source: str,
    number: int,
    *,
    chance: Callable[[Span], float | None] = lambda _: None,
    is_given: Callable[[Span], bool] = lambda _: False,
) -> Reading:
    """An annotated document beside its prediction, entity by entity.

    eg (Example): The document, its prediction set.
    source (str): The name of the file that it is from.
    number (int): Its number there.
    chance (Callable): What the recognizer gives an entity, if that can be told.
    is_given (Callable): Whether an earlier component set an entity.
    """
    reference, same_text = eg.reference, eg.reference.text == eg.predicted.text
    predicted = list(_aligned(eg))
    found = {key for key, _ in predicted}
    gold = {(ent.start, ent.end, ent.label_): ent for ent in reference.ents}
    return Reading(
        source=source,
        number=number,
        words=[token.text for token in reference],
        spaces=[token.whitespace_ for token in reference],
        gold=[
            Mention(*key, right=key in found, probability=chance(ent) if same_text else None)
            for key, ent in gold.items()
        ],
        predicted=[
            Mention(
                *key,
                right=gold.pop(key, None) is not None,  # each once
                probability=chance(ent),
                given=is_given(ent),
            )
            for key, ent in predicted
        ],
    )


def _aligned(eg: Example) -> Iterator[tuple[tuple[int, int, str], Span]]:
    """Predicted entities with their tokens in the annotation, if it speaks of all of these."""
    to_reference, labels = eg.alignment.x2y, annotated_labels(eg.reference)
    for ent in eg.predicted.ents:
        tokens = to_reference[ent.start : ent.end]
        if len(tokens) and (labels is None or ent.label_ in labels):
            start, end = int(tokens[0]), int(tokens[-1]) + 1
            if all(token.ent_iob for token in eg.reference[start:end]):
                yield (start, end, ent.label_), ent
