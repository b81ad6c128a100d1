"""Corpora that are annotated in part: for some labels, or their entities alone.

What a document was annotated for goes with it, in a span group without spans: so it is kept by
`DocBin`, `Doc.to_bytes` and `Doc.copy`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, SpanGroup
from spacy.training import Corpus, Example

from ..errors import CodedError, Errors
from ..settings import check_number, check_range

# The key in `doc.spans` of the group whose attributes say what a document was annotated for.
ANNOTATED = "annotated_labels"
SILENCE = ("outside", "unknown")
# Most of the entities that are taken to be annotated where some may be missing.
MOST_FOUND = 0.95


def set_annotated_labels(
    doc: Doc, labels: Sequence[str] | None, *, found: float | None = None
) -> None:
    """Say for which labels a document was annotated, and how many of the entities are.

    A token that is outside is then in no entity of these labels, and may be in one of another
    label. A token without annotation may be in an entity that was not found.

    doc (Doc): The document.
    labels (Optional[Sequence[str]]): The labels; None for all that there are.
    found (Optional[float]): Share of the entities of these labels that are annotated, from 0 to 1,
        of which at most MOST_FOUND counts; None if nothing is known of that.
    RAISES (ValueError): The share is below 0 or above 1, or the labels are no list of labels.
    """
    check_range(0, 1, found=found)
    _check_labels(labels)
    attrs = {"labels": None if labels is None else list(labels), "found": found}
    doc.spans[ANNOTATED] = SpanGroup(doc, name=ANNOTATED, attrs=attrs)


def annotated_labels(doc: Doc) -> list[str] | None:
    """The labels that a document was annotated for; None for all, or if nothing is said of that."""
    labels = _attributes(doc).get("labels")
    return None if labels is None else list(labels)


def all_annotated_labels(docs: Iterable[Doc]) -> set[str]:
    """The labels that any of the documents says it was annotated for."""
    return {label for doc in docs for label in annotated_labels(doc) or ()}


def found_share(doc: Doc) -> float | None:
    """The share of the entities of a document that are annotated, None if that is not said.

    It is at most MOST_FOUND.

    RAISES (ValueError): The share that is said is below 0 or above 1.
    """
    found = _attributes(doc).get("found")
    check_range(0, 1, found=found)
    return None if found is None else min(found, MOST_FOUND)


def say_as_much(doc: Doc, copy: Doc) -> None:
    """Say of a document what is said of another, of which it is a copy."""
    if ANNOTATED in doc.spans:
        set_annotated_labels(copy, annotated_labels(doc), found=found_share(doc))


def _attributes(doc: Doc) -> dict[str, Any]:
    return dict(doc.spans[ANNOTATED].attrs) if ANNOTATED in doc.spans else {}


def read_partly_annotated(
    path: str | Path,
    *,
    labels: Sequence[str] | None = None,
    silence: str = "outside",
    entity_share: float = 0.15,
) -> Callable[[Language], Iterator[Example]]:
    """Read a corpus that is annotated in part.

    What documents say of themselves stays: one that was annotated for some of the labels is so, and
    its own share of the entities is that.

    path (Union[str, Path]): A .spacy file, or a folder of such.
    labels (Optional[Sequence[str]]): The labels that it was annotated for; None for all that there
        are. Entities of other labels count as not annotated.
    silence (str): What a token in no entity is: "outside" of all entities of these labels, or
        "unknown", where it is only certain that the entities are some.
    entity_share (float): The share of the tokens that are in entities of these labels, annotated or
        not. With "unknown" it tells how many of the entities are annotated.
    RETURNS (Callable[[Language], Iterator[Example]]): Reads the examples, as `spacy.Corpus.v1`.
    RAISES (ValueError): A setting has a value that it cannot have.
    """
    if silence not in SILENCE:
        raise CodedError(Errors.E030.format(name="silence", value=silence, options=SILENCE))
    check_number("entity_share", entity_share, 0, 1, above=True)
    _check_labels(labels)
    corpus = Corpus(path)

    def read(nlp: Language) -> Iterator[Example]:
        examples = list(corpus(nlp))
        docs = [eg.reference for eg in examples]
        if silence == "unknown":
            keep_entities_alone(docs, labels=labels, entity_share=entity_share)
        else:
            for doc in docs:
                keep_annotated(doc, labels=labels)
        yield from examples

    return read


def keep_annotated(doc: Doc, *, labels: Sequence[str] | None) -> None:
    """Leave of a document's annotation what is said of some labels.

    doc (Doc): The document.
    labels (Optional[Sequence[str]]): The labels that it was annotated for, or more; None for all.
    """
    if labels is not None:
        others = [ent for ent in doc.ents if ent.label_ not in labels]
        kept = [ent for ent in doc.ents if ent.label_ in labels]
        doc.set_ents(kept, missing=others, default="unmodified")
        set_annotated_labels(doc, _narrowed(doc, labels), found=found_share(doc))


def keep_entities_alone(
    docs: Sequence[Doc], *, labels: Sequence[str] | None, entity_share: float
) -> None:
    """Leave of the annotation of documents that their entities are some.

    docs (Sequence[Doc]): The documents of a corpus. Those that say themselves which share of their
        entities is annotated keep it.
    labels (Optional[Sequence[str]]): The labels that it was annotated for, or more; None for all.
    entity_share (float): The share of the tokens that are in entities of these, annotated or not.
    """
    for doc in docs:
        kept = [ent for ent in doc.ents if labels is None or ent.label_ in labels]
        doc.set_ents(kept, default="missing")
    others = [doc for doc in docs if found_share(doc) is None]
    inside = sum(len(ent) for doc in others for ent in doc.ents)
    share = min(1.0, inside / max(1, sum(map(len, others))) / entity_share)
    for doc in docs:
        own = found_share(doc)
        found = share if own is None else own
        set_annotated_labels(doc, _narrowed(doc, labels), found=found)


def _narrowed(doc: Doc, labels: Sequence[str] | None) -> Sequence[str] | None:
    """Those of some labels that a document says it was annotated for, or all of them."""
    own = annotated_labels(doc)
    if own is None or labels is None:
        return labels if own is None else own
    return [label for label in labels if label in own]


def _check_labels(labels: Any) -> None:
    """Check labels of a setting; a string by itself would be taken for its letters."""
    if labels is None:
        return
    is_list = isinstance(labels, Sequence) and not isinstance(labels, str)
    if not is_list or not all(isinstance(label, str) and label for label in labels):
        expected = "a list of labels, such as ['GEO', 'ORG']"
        raise CodedError(Errors.E034.format(name="labels", value=repr(labels), expected=expected))
