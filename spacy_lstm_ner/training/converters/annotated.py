"""A document with its annotation, as every reader gives it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from spacy.language import Language
from spacy.tokens import Doc, Span

from ...tags import MISSING, TagError, spans_from_tags
from .labels import LabelMap
from .problems import Problems


@dataclass
class Annotated:
    """A document and what its reader knows about it.

    doc (Doc): The document, every token annotated or marked as missing.
    name (str): Its id, or where it was found.
    split (Optional[str]): "train", "dev" or "test", if the source says.
    register (str): The kind of text: the name of the file.
    repaired (int): Entities whose first tag had to be repaired.
    lost (Sequence[str]): Mentions that do not align with tokens, with their place.
    """

    doc: Doc
    name: str
    split: str | None = None
    register: str = ""
    repaired: int = 0
    lost: Sequence[str] = ()


class Row(NamedTuple):
    """A token as it stands in a file: its line, its text and its tag."""

    line: int
    word: str
    tag: str


def read_rows(
    rows: Sequence[Row],
    nlp: Language,
    labels: LabelMap,
    problems: Problems,
    *,
    path: Path,
    name: str,
) -> Iterator[Annotated]:
    """Make a document of tokens and tags, or note what is wrong with a tag.

    Words are taken to be separated by spaces: the source does not say, and a document that does not
    say either would be trained on in other tokens than the pipeline sees.

    rows (Sequence[Row]): The tokens.
    nlp (Language): Gives the vocabulary.
    labels (LabelMap): Which labels to keep, and as what.
    problems (Problems): Takes what is wrong.
    path (Path): The file they are from.
    name (str): Name of the document.
    YIELDS (Annotated): The document, if its tags are of a known scheme.
    """
    try:
        found, repaired = spans_from_tags([row.tag for row in rows])
    except TagError as error:
        problems.add(path, rows[error.position].line, 1, str(error))
        return
    spaces = [True] * (len(rows) - 1) + [False]
    doc = Doc(nlp.vocab, words=[row.word for row in rows], spaces=spaces)
    missing = [doc[i : i + 1] for i, row in enumerate(rows) if row.tag == MISSING]
    doc.set_ents(_spans(doc, found, labels), missing=missing, default="outside")
    yield Annotated(doc, name, repaired=repaired)


def _spans(doc: Doc, found: Iterable[tuple[int, int, str]], labels: LabelMap) -> list[Span]:
    kept = ((start, end, labels(label)) for start, end, label in found)
    return [Span(doc, start, end, label=label) for start, end, label in kept if label is not None]
