"""A document with its annotation, and how it is made of tokens with tags."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from spacy.tokens import Doc, Span

from ...tags import MISSING, TagError, spans_from_tags
from .labels import LabelMap
from .problems import Problems
from .tokenizer import Tokenizer


@dataclass
class Annotated:
    """A document and what its reader knows about it.

    doc (Doc): The document, every token annotated or marked as missing.
    path (Path): The file it is from.
    line (int): The line it starts in, from 1.
    name (str): Its id, if the source gives it one.
    split (Optional[str]): "train", "dev" or "test", if the source says.
    repaired (int): Entities whose first tag had to be repaired.
    lost (Sequence[str]): Mentions that nothing is known of, such as those that begin or end within
        a token, with their place.
    overlapping (Sequence[str]): Mentions given up for another that they overlap.
    skipped (Sequence[str]): Records of the file that say nothing, told with its first document.
    whole (bool): Whether all that the document has is to be kept, and not its entities alone.
    """

    doc: Doc
    path: Path
    line: int
    name: str = ""
    split: str | None = None
    repaired: int = 0
    lost: Sequence[str] = ()
    overlapping: Sequence[str] = ()
    skipped: Sequence[str] = ()
    whole: bool = False


class Row(NamedTuple):
    """A token as it stands in a file: its line, its text, its tag, and whether space follows it."""

    line: int
    word: str
    tag: str
    space: bool = True


def read_rows(
    rows: Sequence[Row], tokenizer: Tokenizer, labels: LabelMap, problems: Problems, *, path: Path
) -> Iterator[Annotated]:
    """Make a document of tokens and tags, or note what is wrong with a tag.

    Words are taken to be separated by spaces where the source does not say: a document that does
    not say either would be trained on in other tokens than the pipeline sees.

    rows (Sequence[Row]): The tokens.
    tokenizer (Tokenizer): Gives the vocabulary.
    labels (LabelMap): Which labels to keep, and as what.
    problems (Problems): Collects errors.
    path (Path): The file they are from.
    YIELDS (Annotated): The document, if its tags are of a known scheme.
    """
    try:
        found, repaired = spans_from_tags([row.tag for row in rows])
    except TagError as error:
        problems.add(path, rows[error.position].line, 1, str(error))
        return
    spaces = [row.space for row in rows[:-1]] + [False]
    doc = Doc(tokenizer.vocab, words=[row.word for row in rows], spaces=spaces)
    kept = ((start, end, labels(label)) for start, end, label in found)
    spans = [Span(doc, start, end, label=label) for start, end, label in kept if label is not None]
    missing = [doc[i : i + 1] for i, row in enumerate(rows) if row.tag == MISSING]
    doc.set_ents(spans, missing=missing, default="outside")
    yield Annotated(doc, path, rows[0].line, repaired=repaired)
