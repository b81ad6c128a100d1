"""A document with its annotation, made of tokens with tags or of text with mentions."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from spacy.tokens import Doc, Span

from ...tags import MISSING, TagError, spans_from_tags
from .labels import LabelMap
from .problems import Problems, shorten
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
    lost (Sequence[str]): Mentions that do not align with tokens, with their place.
    """

    doc: Doc
    path: Path
    line: int
    name: str = ""
    split: str | None = None
    repaired: int = 0
    lost: Sequence[str] = ()


class Row(NamedTuple):
    """A token as it stands in a file: its line, its text and its tag."""

    line: int
    word: str
    tag: str


def read_rows(
    rows: Sequence[Row], tokenizer: Tokenizer, labels: LabelMap, problems: Problems, *, path: Path
) -> Iterator[Annotated]:
    """Make a document of tokens and tags, or note what is wrong with a tag.

    Words are taken to be separated by spaces: the source does not say, and a document that does not
    say either would be trained on in other tokens than the pipeline sees.

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
    spaces = [True] * (len(rows) - 1) + [False]
    doc = Doc(tokenizer.vocab, words=[row.word for row in rows], spaces=spaces)
    kept = ((start, end, labels(label)) for start, end, label in found)
    spans = [Span(doc, start, end, label=label) for start, end, label in kept if label is not None]
    missing = [doc[i : i + 1] for i, row in enumerate(rows) if row.tag == MISSING]
    doc.set_ents(spans, missing=missing, default="outside")
    yield Annotated(doc, path, rows[0].line, repaired=repaired)


class Mention(NamedTuple):
    """A mention in running text.

    start (int): Its first character.
    end (int): The character after its last.
    label (str): Its label.
    line (int): The line of the file where it is marked, from 1.
    column (int): The column, from 1.
    """

    start: int
    end: int
    label: str
    line: int
    column: int


def set_mentions(
    doc: Doc, mentions: Iterable[Mention], labels: LabelMap, *, path: Path
) -> list[str]:
    """Set the entities of a document. Tokens of a mention that does not align are set as missing.

    doc (Doc): The document, tokenized.
    mentions (Iterable[Mention]): Mentions in its text that do not overlap.
    labels (LabelMap): Which labels to keep, and as what.
    path (Path): The file they are from.
    RETURNS (List[str]): The mentions that do not align with tokens, with their place.
    """
    spans: list[Span] = []
    missing: set[int] = set()  # tokens, of which two mentions may share one
    lost: list[str] = []
    text = doc.text
    for start, end, source_label, line, column in mentions:
        label = labels(source_label)
        if label is None:
            continue
        span = doc.char_span(start, end, label=label)
        if span is None:
            around = doc.char_span(start, end, alignment_mode="expand")
            missing.update(range(around.start, around.end) if around else ())
            lost.append(f"{path}:{line}:{column}: {shorten(repr(text[start:end]))}")
        else:
            spans.append(span)
    doc.set_ents(spans, missing=[doc[i : i + 1] for i in sorted(missing)], default="outside")
    return lost
