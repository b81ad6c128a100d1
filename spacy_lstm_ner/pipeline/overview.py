"""What training data says as a whole, and what it cannot teach: told before training."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from spacy.tokens import Doc
from spacy.util import minibatch

from ..errors import Warnings, shorten
from ..tags import OUTSIDE
from ..training.partly import ANNOTATED, found_share
from ..training.weights import WEIGHT
from .annotation import checked_labels, read_annotation


@dataclass
class Overview:
    """What there is in the references of training data.

    incorrect_spans_key (Optional[str]): Where incorrect spans are, as the component is told.
    labels (Set[str]): Labels of entities.
    outside (bool): Whether any token is known to be outside of entities.
    gaps (bool): Whether any document says that some of its entities may not be annotated.
    groups (Set[str]): Keys of the documents' groups of spans.
    incorrect (Set[str]): Labels of incorrect spans.
    """

    incorrect_spans_key: str | None = None
    labels: set[str] = field(default_factory=set)
    outside: bool = False
    gaps: bool = False
    groups: set[str] = field(default_factory=set)
    incorrect: set[str] = field(default_factory=set)

    def read(self, references: Iterable[Doc]) -> "Overview":
        """Take in documents, of which no more than a thousand are held at a time.

        RAISES (ValueError): A label is of the old form "!LABEL", which spaCy no longer supports.
        """
        for docs in minibatch(references, 1000):
            annotation = read_annotation(docs)
            self.labels.update(checked_labels(annotation, docs))
            self.outside = self.outside or bool(annotation.outside.any())
            for doc in docs:
                if doc.spans:
                    self._read_groups(doc)
        return self

    def _read_groups(self, doc: Doc) -> None:
        self.gaps = self.gaps or found_share(doc) is not None
        self.groups.update(doc.spans)
        self.incorrect.update(span.label_ for span in doc.spans.get(self.incorrect_spans_key, ()))

    def doubts(self, *, name: str, labels: Sequence[str], corpus: str) -> Iterator[str]:
        """Say what the data does not teach, or teaches wrongly.

        name (str): The component.
        labels (Sequence[str]): Its labels.
        corpus (str): Where the data is from.
        YIELDS (str): Warnings.
        """
        if not self.labels:
            yield Warnings.W001.format(name=name, corpus=corpus)
        elif not self.outside and not self.gaps:
            yield Warnings.W003.format(name=name, corpus=corpus)
        key = self.incorrect_spans_key
        if key is not None and key not in self.groups:
            found = ", ".join(sorted(self.groups - {ANNOTATED, WEIGHT})) or "none"
            yield Warnings.W004.format(name=name, key=key, found=shorten(found))
        if strange := sorted(self.incorrect - {*labels, OUTSIDE}):
            known = ", ".join(labels) or "none"
            yield Warnings.W005.format(name=name, strange=", ".join(strange), known=shorten(known))
