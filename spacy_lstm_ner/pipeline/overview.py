"""What training data says as a whole, and what it cannot teach: told before training."""

from collections.abc import Iterable, Iterator
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

    def doubts(self, *, name: str, labels: Iterable[str], corpus: str | None) -> Iterator[str]:
        """Say what the data does not teach, or teaches wrongly.

        name (str): The component.
        labels (Iterable[str]): Labels that it has, or is given, beside those in the data.
        corpus (Optional[str]): Where the data is from, if it is known. Else it may be there for the
            sizes of the model alone, and need not have entities if there are labels.
        YIELDS (str): Warnings.
        """
        if not self.labels and (corpus or not labels):
            yield Warnings.W001.format(name=name, corpus=corpus or "given")
        elif self.labels and not self.outside and not self.gaps:
            yield Warnings.W003.format(name=name, corpus=corpus or "given")
        key = self.incorrect_spans_key
        if key is not None and key not in self.groups:
            found = ", ".join(sorted(self.groups - {ANNOTATED, WEIGHT})) or "none"
            yield Warnings.W004.format(name=name, key=key, found=shorten(found))
        known = {*labels, *self.labels}
        if strange := sorted(self.incorrect - known - {OUTSIDE}):
            listed = shorten(", ".join(sorted(known)) or "none")
            yield Warnings.W005.format(name=name, strange=str(strange)[1:-1], known=listed)
