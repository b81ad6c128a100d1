"""Probabilities on documents: groups of spans with scores, and an attribute of each span.

Groups are in the form of spaCy's `spancat`, and stay with a document wherever it is saved or sent.
Those of entities are in its user data too, since `Span.as_doc` takes that along, but no groups.
"""

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup

from ..errors import CodedError, Errors
from .decision import Scored

# The attribute, `span._.probability`, and the name under which user data has what it tells. Another
# name, so that an attribute "probability" of the user's own keeps its values.
EXTENSION, KEPT = "probability", "lstm_ner_probability"
# Who wrote a group, and how many tokens the document had, among its attributes.
_WRITER, _TOKENS = "component", "tokens"


def register_probability() -> None:
    """Make `span._.probability` known to spaCy, unless it is known for something else already."""
    if not Span.has_extension(EXTENSION):
        Span.set_extension(EXTENSION, getter=probability)


def probability(span: Span) -> float | None:
    """The probability that exactly these tokens are an entity of exactly this label.

    span (Span): An entity, or one of the candidates.
    RETURNS (Optional[float]): What the component gave; None if it gave none.
    """
    of_entity = _user_data(span.doc).get(_place(span), {})
    if span.label_ in of_entity:
        return float(of_entity[span.label_])
    for group in span.doc.spans.values():
        # Where tokens were merged or split since, spaCy does not move the spans of groups.
        if _WRITER in group.attrs and group.attrs.get(_TOKENS, len(span.doc)) == len(span.doc):
            for i in range(bisect_left(group, span.start, key=_start), len(group)):
                if group[i].start != span.start:
                    break
                if (group[i].end, group[i].label) == (span.end, span.label):
                    return float(group.attrs["scores"][i])
    return None


def check_keys(docs: Iterable[Doc], keys: Iterable[str | None], *, name: str) -> None:
    """Check that groups of a component take the place of none but its own.

    docs (Iterable[Doc]): The documents.
    keys (Iterable[Optional[str]]): Where the groups are to go; None for nowhere.
    name (str): Name of the component.
    RAISES (ValueError): There are spans of something else.
    """
    wanted = [key for key in keys if key is not None]
    for doc in docs if wanted else ():
        for key in wanted:
            if key in doc.spans and doc.spans[key].attrs.get(_WRITER) != name:
                raise CodedError(Errors.E154.format(name=name, key=key))


def check_pipeline(
    nlp: Language, keys: Iterable[str | None], *, name: str, ours: object = None
) -> None:
    """Check that no other component of a pipeline writes groups under the same keys.

    nlp (Language): The pipeline.
    keys (Iterable[Optional[str]]): Where the groups of a component are to go; None for nowhere.
    name (str): Name of the component.
    ours (object): The component, if it is in the pipeline, where it may have another name.
    RAISES (ValueError): Another component writes there.
    """
    wanted = {key for key in keys if key is not None}
    others = [(other, pipe) for other, pipe in nlp.pipeline if other != name and pipe is not ours]
    for other, pipe in others if wanted else ():
        settings = getattr(pipe, "cfg", None)
        settings = settings if isinstance(settings, dict) else {}
        # A `spancat` has a setting of that name, a `span_ruler` an attribute.
        theirs = [settings.get(key) for key in ("spans_key", "candidates_key")]
        theirs.append(getattr(pipe, "key", None))
        for key in sorted(key for key in wanted if key in theirs):
            raise CodedError(Errors.E169.format(name=name, other=other, key=key))


def set_group(doc: Doc, key: str, scored: Scored, *, name: str) -> list[Span]:
    """Set spans and their probabilities as a group, in place of the component's one before.

    doc (Doc): The document.
    key (str): The group's name, in `doc.spans`.
    scored (Scored): The spans.
    name (str): Name of the component.
    RETURNS (List[Span]): The spans.
    """
    rows = zip(scored.start.tolist(), scored.end.tolist(), scored.label.tolist(), strict=True)
    spans = [Span(doc, start, end, label) for start, end, label in rows]
    scores = scored.probability.astype(np.float32)
    attrs = {"scores": scores, _WRITER: name, _TOKENS: len(doc)}
    doc.spans[key] = SpanGroup(doc, name=key, attrs=attrs, spans=spans)
    return spans


def set_probabilities(doc: Doc, entities: Iterable[Span], scored: Scored) -> None:
    """Set the probability of each entity, in place of those set before.

    doc (Doc): The document.
    entities (Iterable[Span]): Its entities.
    scored (Scored): The same with their probabilities.
    """
    kept = _user_data(doc)
    for place in [place for place in kept if _is_ours(place)]:
        del kept[place]
    scores = scored.probability.astype(np.float32)  # as in the group
    for span, score in zip(entities, scores.tolist(), strict=True):
        kept[_place(span)] = {span.label_: score}


def _is_ours(place: Any) -> bool:
    return isinstance(place, tuple) and place[:2] == ("._.", KEPT)


def _user_data(doc: Doc) -> dict[Any, Any]:
    return doc.user_data


def _place(span: Span) -> tuple[str, str, int, int]:
    """Where spaCy keeps what belongs to a span, and moves it if a part becomes a document."""
    return ("._.", KEPT, span.start_char, span.end_char)


def _start(span: Span) -> int:
    return span.start
