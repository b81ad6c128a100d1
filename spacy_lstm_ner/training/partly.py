"""Corpora that are annotated in part: for some labels, or their entities alone.

What a document was annotated for goes with it, in a span group without spans: so it is kept by
`DocBin`, `Doc.to_bytes` and `Doc.copy`.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, SpanGroup
from spacy.training import Corpus, Example

from ..errors import CodedError, Errors

# The key in `doc.spans` of the group whose attributes say what a document was annotated for.
ANNOTATED = "annotated_labels"
SILENCE = ("outside", "unknown")


def set_annotated_labels(doc: Doc, labels: Sequence[str]) -> None:
    """Say for which labels a document was annotated.

    A token in no entity is then in none of these labels, and may be in one of another label.

    doc (Doc): The document.
    labels (Sequence[str]): The labels.
    """
    doc.spans[ANNOTATED] = SpanGroup(doc, name=ANNOTATED, attrs={"labels": list(labels)})


def annotated_labels(doc: Doc) -> list[str] | None:
    """The labels that a document was annotated for; None if nothing is said of that."""
    if ANNOTATED not in doc.spans:
        return None
    return list(doc.spans[ANNOTATED].attrs.get("labels", ()))


def read_partly_annotated(
    path: str | Path, *, labels: Sequence[str] | None = None, silence: str = "outside"
) -> Callable[[Language], Iterator[Example]]:
    """Read a corpus that is annotated in part.

    path (Union[str, Path]): A .spacy file, or a folder of such.
    labels (Optional[Sequence[str]]): The labels that it was annotated for; None for all that there
        are. Entities of other labels count as not annotated.
    silence (str): What a token in no entity is: "outside" of all entities of these labels, or
        "unknown", where it is only certain that the entities are some.
    RETURNS (Callable[[Language], Iterator[Example]]): Reads the examples, as `spacy.Corpus.v1`.
    RAISES (ValueError): A setting has a value that it cannot have.
    """
    if silence not in SILENCE:
        raise CodedError(Errors.E030.format(name="silence", value=silence, options=SILENCE))
    corpus = Corpus(path)

    def read(nlp: Language) -> Iterator[Example]:
        for eg in corpus(nlp):
            keep_annotated(eg.reference, labels=labels, silence=silence)
            yield eg

    return read


def keep_annotated(doc: Doc, *, labels: Sequence[str] | None, silence: str) -> None:
    """Leave of a document's annotation what counts. See `read_partly_annotated`."""
    kept = [ent for ent in doc.ents if labels is None or ent.label_ in labels]
    others = [ent for ent in doc.ents if ent not in kept]
    if silence == "unknown":
        doc.set_ents(kept, default="missing")
    else:
        doc.set_ents(kept, missing=others, default="unmodified")
        if labels is not None:
            set_annotated_labels(doc, labels)
