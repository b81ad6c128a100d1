"""A document with its annotation, as every reader gives it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spacy.language import Language
from spacy.tokens import Doc, Span

from ..tags import MISSING, spans_from_tags
from .labels import LabelMap


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


def from_tags(
    nlp: Language, words: Sequence[str], tags: Sequence[str], labels: LabelMap, *, name: str
) -> Annotated:
    """Make a document of words and tags.

    Words are taken to be separated by spaces: the source does not say, and a document that does not
    say either would be trained on in other tokens than the pipeline sees.

    nlp (Language): Gives the vocabulary.
    words (Sequence[str]): The words.
    tags (Sequence[str]): One tag per word.
    labels (LabelMap): Which labels to keep, and as what.
    name (str): Where it was found.
    RETURNS (Annotated): The document.
    RAISES (ValueError): A tag is of no known scheme.
    """
    found, repaired = spans_from_tags(tags)
    doc = Doc(nlp.vocab, words=list(words), spaces=[True] * (len(words) - 1) + [False])
    missing = [doc[i : i + 1] for i, tag in enumerate(tags) if tag == MISSING]
    doc.set_ents(_spans(doc, found, labels), missing=missing, default="outside")
    return Annotated(doc, name, repaired=repaired)


def _spans(doc: Doc, found: Iterable[tuple[int, int, str]], labels: LabelMap) -> list[Span]:
    kept = ((start, end, labels(label)) for start, end, label in found)
    return [Span(doc, start, end, label=label) for start, end, label in kept if label is not None]
