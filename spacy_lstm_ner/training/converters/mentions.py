"""Mentions in running text, by their characters, set as entities of a document."""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple, TypeAlias

from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from ...errors import shorten
from .labels import LabelMap

# Where spans are kept of which it is known that they are no entity of their label: spaCy's `ner`
# reads them with `incorrect_spans_key`, https://spacy.io/api/entityrecognizer.
INCORRECT_SPANS = "incorrect_spans"


# What tells a span from others: its first token, the token after its last, and its label.
Tokens: TypeAlias = tuple[int, int, str]


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
    column: int = 1


class Placed(NamedTuple):
    """Mentions with the tokens that they are made of.

    found (List[Tuple[Mention, Span]]): Each with its tokens and the label that is written.
    lost (List[Mention]): Those that begin or end within a token.
    """

    found: list[tuple[Mention, Span]]
    lost: list[Mention]

    @property
    def spans(self) -> list[Span]:
        """The tokens of those that were found."""
        return [span for _, span in self.found]

    @property
    def mentions(self) -> list[Mention]:
        """All of them."""
        return [mention for mention, _ in self.found] + self.lost

    def without(self, disputed: Collection[Tokens]) -> "Placed":
        """The same but for those of some tokens and labels."""
        found = [item for item in self.found if tokens_of(item[1]) not in disputed]
        return Placed(found, self.lost)


class LeftOut(NamedTuple):
    """Mentions that are no entities of the document, each with its place.

    lost (List[str]): Those that begin or end within a token.
    overlapping (List[str]): Those that were given up for another that they overlap.
    """

    lost: list[str]
    overlapping: list[str]


def set_mentions(
    doc: Doc,
    mentions: Iterable[Mention],
    labels: LabelMap,
    *,
    path: Path,
    complete: bool = True,
) -> LeftOut:
    """Find the tokens of mentions and set them as the entities of a document.

    doc (Doc): The document, tokenized.
    mentions (Iterable[Mention]): Mentions in its text.
    labels (LabelMap): Which labels to keep, and as what.
    path (Path): The file they are from.
    complete (bool): Whether all other tokens are known to be outside of entities.
    RETURNS (LeftOut): The mentions that are left out.
    """
    return set_placed(doc, place(doc, mentions, labels), path=path, complete=complete)


def place(doc: Doc, mentions: Iterable[Mention], labels: LabelMap) -> Placed:
    """Find the tokens of mentions. All of them count as seen; those that are dropped are left out.

    doc (Doc): The document, tokenized.
    mentions (Iterable[Mention]): Mentions in its text.
    labels (LabelMap): Which labels to keep, and as what.
    RETURNS (Placed): The mentions with their tokens.
    """
    placed = Placed([], [])
    text = doc.text  # which is put together anew each time
    for mention in mentions:
        label = labels(mention.label)
        if label is None:
            continue
        if span := _find_span(doc, text, mention, label):
            placed.found.append((mention, span))
        else:
            placed.lost.append(mention)
    return placed


def set_placed(doc: Doc, placed: Placed, *, path: Path, complete: bool = True) -> LeftOut:
    """Set the entities of a document.

    Where mentions overlap, that of most tokens stays, of equally long ones the first. Tokens of
    those that are left out are set as missing, unless another mention has them.

    doc (Doc): The document.
    placed (Placed): Mentions with their tokens.
    path (Path): The file they are from.
    complete (bool): Whether all other tokens are known to be outside of entities.
    RETURNS (LeftOut): The mentions that are left out.
    """
    text = doc.text
    kept = filter_spans(placed.spans)
    chosen = {tokens_of(span) for span in kept}
    given_up = [(mention, span) for mention, span in placed.found if tokens_of(span) not in chosen]
    unknown: set[int] = set()  # tokens, of which two mentions may share one
    for mention in placed.lost:
        around = doc.char_span(mention.start, mention.end, alignment_mode="expand")
        unknown.update(_tokens(around) if around else ())
    unknown.update(token for _, span in given_up for token in _tokens(span))
    unknown.difference_update(token for span in kept for token in _tokens(span))
    missing = [doc[i : i + 1] for i in sorted(unknown)]
    doc.set_ents(kept, missing=missing, default="outside" if complete else "missing")
    return LeftOut(
        [describe(mention, text, path) for mention in placed.lost],
        [describe(mention, text, path) for mention, _ in given_up],
    )


def set_unknown(doc: Doc, start: int, end: int) -> None:
    """Set the tokens that share characters with a stretch of text as missing, but for entities."""
    around = doc.char_span(start, end, alignment_mode="expand") or ()
    free = [doc[token.i : token.i + 1] for token in around if not token.ent_type]
    doc.set_ents([], missing=free, default="unmodified")


def _find_span(doc: Doc, text: str, mention: Mention, label: str) -> Span | None:
    """The tokens of a mention, without space at its ends; None if it ends within a token."""
    words = text[mention.start : mention.end]
    start = mention.start + len(words) - len(words.lstrip())
    return doc.char_span(start, start + len(words.strip()), label=label) if words.strip() else None


def describe(mention: Mention, text: str, path: Path) -> str:
    """A mention for a message: its place and its words."""
    words = shorten(repr(text[mention.start : mention.end]))
    return f"{path}:{mention.line}:{mention.column}: {words}"


def tokens_of(span: Span) -> Tokens:
    """The tokens and the label of a span."""
    return span.start, span.end, span.label_


def _tokens(span: Span) -> range:
    return range(span.start, span.end)
