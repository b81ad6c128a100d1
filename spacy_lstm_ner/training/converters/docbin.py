"""spaCy's own `.spacy` files, to rename labels, to drop them, or to divide documents anew."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy
from spacy.attrs import ENT_ID, ENT_IOB, ENT_KB_ID, ENT_TYPE
from spacy.tokens import Doc, DocBin, Span, SpanGroup

from ...errors import Errors
from ..partly import annotated_labels, found_share, set_annotated_labels
from .annotated import Annotated
from .format import Format
from .labels import LabelMap
from .mentions import INCORRECT_SPANS
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
            _relabel(doc, labels)
            yield Annotated(doc, path, number, whole=True)


def _relabel(doc: Doc, labels: LabelMap) -> None:
    """Rename or drop the labels of a document, and leave everything else as it is."""
    attrs = [ENT_IOB, ENT_TYPE, ENT_KB_ID, ENT_ID]
    values = doc.to_array(attrs)
    for ent in doc.ents:
        label = labels(ent.label_)
        tokens = slice(ent.start, ent.end)
        if label is None:
            values[tokens] = numpy.array([_OUTSIDE, 0, 0, 0], dtype=values.dtype)
        else:
            values[tokens, 1] = doc.vocab.strings.add(label)
    doc.from_array(attrs, values)  # type: ignore[arg-type]
    searched = annotated_labels(doc)
    if searched is not None:
        names = [name for label in searched if (name := labels(label))]
        set_annotated_labels(doc, names, found=found_share(doc))
    if INCORRECT_SPANS in doc.spans:
        group = doc.spans[INCORRECT_SPANS]
        named = [(span, labels(span.label_)) for span in group]
        spans = [Span(doc, span.start, span.end, label) for span, label in named if label]
        doc.spans[INCORRECT_SPANS] = SpanGroup(doc, name=group.name, attrs=group.attrs, spans=spans)
