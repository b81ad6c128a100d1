"""spaCy's own `.spacy` files, to rename labels, to drop them, or to divide documents anew."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy
from spacy.attrs import ENT_ID, ENT_IOB, ENT_KB_ID, ENT_TYPE
from spacy.tokens import Doc, DocBin, Span, SpanGroup

from ...errors import CodedError, Errors
from ...tags import OUTSIDE
from ..partly import annotated_labels, found_share, set_annotated_labels
from ..weights import weight_of
from .annotated import Annotated
from .disputed import find_disputed
from .format import Format
from .labels import LabelMap
from .mentions import INCORRECT_SPANS, Mention, Tokens, describe, tokens_of
from .problems import Problems
from .tokenizer import Tokenizer

_OUTSIDE = 2  # as spaCy numbers what a token is: 0 is missing, 1 inside, 3 the first of an entity


@dataclass
class DocBins(Format):
    """spaCy's own files; all that their documents have is kept.

    Labels are those of entities, of doc.spans["incorrect_spans"], and those that a document was
    annotated for; other groups of spans stay as they are.
    """

    suffixes = (".spacy",)

    encoding: str = field(default="", init=False)  # the files are no text

    def read(
        self, path: Path, tokenizer: Tokenizer, labels: LabelMap, problems: Problems
    ) -> Iterator[Annotated]:
        """Read a file. See `Format.read`."""
        try:
            docs = list(DocBin().from_disk(path).get_docs(tokenizer.vocab))
        except Exception as error:  # a file can be of anything
            problems.add(path, 1, 1, Errors.E141.format(path=path, error=error))
            return
        for number, doc in enumerate(docs, 1):
            if problem := _damage(doc):
                problems.add(path, number, 1, problem)
                continue
            lost = [describe(mention, doc.text, path) for mention in _relabel(doc, labels, number)]
            lost = [f"{place}, which is both an entity and an incorrect span" for place in lost]
            yield Annotated(doc, path, number, lost=lost, whole=True)


def _damage(doc: Doc) -> str:
    """What is wrong with what a document says of itself, if anything."""
    try:
        weight_of(doc)
        found_share(doc)
    except CodedError as error:
        return str(error)
    return ""


def _relabel(doc: Doc, labels: LabelMap, number: int) -> list[Mention]:
    """Rename or drop the labels of a document, and leave everything else as it is.

    RETURNS (List[Mention]): Entities that are incorrect spans as well, which are now neither.
    """
    named = [(ent, labels(ent.label_)) for ent in doc.ents]
    kept = [Span(doc, ent.start, ent.end, label) for ent, label in named if label is not None]
    wrong = _wrong_spans(doc, labels)
    disputed = find_disputed(kept, wrong)
    _set_labels(doc, named, disputed)
    if INCORRECT_SPANS in doc.spans:
        group = doc.spans[INCORRECT_SPANS]
        spans = [span for span in wrong if tokens_of(span) not in disputed]
        doc.spans[INCORRECT_SPANS] = SpanGroup(doc, name=group.name, attrs=group.attrs, spans=spans)
    searched = annotated_labels(doc)
    if searched is not None:
        names = [name for label in searched if (name := labels(label, mentions=0))]
        set_annotated_labels(doc, list(dict.fromkeys(names)), found=found_share(doc))
    return [
        Mention(span.start_char, span.end_char, span.label_, number)
        for span in kept
        if tokens_of(span) in disputed
    ]


def _wrong_spans(doc: Doc, labels: LabelMap) -> list[Span]:
    """The incorrect spans of a document with the labels that are written."""
    named = [(span, _wrong_label(span, labels)) for span in doc.spans.get(INCORRECT_SPANS, ())]
    return [Span(doc, span.start, span.end, label) for span, label in named if label is not None]


def _wrong_label(span: Span, labels: LabelMap) -> str | None:
    """The label of an incorrect span; none if it is dropped.

    The label "O" says that the tokens are not all outside. Where labels are dropped, they may be.
    """
    if span.label_ != OUTSIDE:
        return labels(span.label_)
    return None if labels.drop else OUTSIDE


def _set_labels(
    doc: Doc, named: Sequence[tuple[Span, str | None]], disputed: Collection[Tokens]
) -> None:
    """Give entities their labels: outside if they are dropped, missing if they are disputed."""
    attrs = [ENT_IOB, ENT_TYPE, ENT_KB_ID, ENT_ID]
    values = doc.to_array(attrs)
    for ent, label in named:
        tokens = slice(ent.start, ent.end)
        if label is None:
            values[tokens] = numpy.array([_OUTSIDE, 0, 0, 0], dtype=values.dtype)
        elif (ent.start, ent.end, label) in disputed:
            values[tokens] = 0
        else:
            values[tokens, 1] = doc.vocab.strings.add(label)
    doc.from_array(attrs, values)  # type: ignore[arg-type]
