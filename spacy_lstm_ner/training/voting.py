"""What teachers say of a text, as one annotation: their labels renamed, and their votes counted."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from spacy.tokens import Doc, Span

from ..errors import CodedError, Errors
from .converters.labels import check_names

# The key in `user_data` of documents that teachers labelled.
LABELLED = "labelled_by"


@dataclass(frozen=True)
class Naming:
    """What becomes of the labels of teachers. Those that it does not name stay as they are.

    rename (Mapping[str, str]): New names of labels.
    drop (Collection[str]): Labels whose entities are no entities.
    unknown (Collection[str]): Labels whose tokens may be anything: they are not annotated.
    RAISES (ValueError): A label is in two of them, or a new name is none that a label can have.
    """

    rename: Mapping[str, str] = field(default_factory=dict)
    drop: Collection[str] = ()
    unknown: Collection[str] = ()

    def __post_init__(self) -> None:
        named = Counter([*self.rename, *set(self.drop), *set(self.unknown)])
        twice = [label for label, number in named.items() if number > 1]
        if twice:
            raise CodedError(Errors.E213.format(labels=", ".join(sorted(twice))))
        check_names(self.rename)

    def __bool__(self) -> bool:
        return bool(self.rename or self.drop or self.unknown)

    def learned(self, found: Iterable[str]) -> dict[str, str]:
        """What labels of teachers become, without those of which nothing is to be learned."""
        kept = (label for label in found if label not in self.drop and label not in self.unknown)
        return {label: self.rename.get(label, label) for label in kept}

    def missing(self, found: Collection[str]) -> list[str]:
        """The labels that it names and teachers do not have."""
        return sorted({*self.rename, *self.drop, *self.unknown}.difference(found))

    def check(self, found: Counter[str], gold: Collection[str]) -> None:
        """See that it is about the labels that there are, and leaves none of them open.

        found (Counter[str]): The labels of the teachers, and how often each occurs.
        gold (Collection[str]): The labels of gold text; none without such, or if that was annotated
            for some of the labels alone.
        RAISES (ValueError): One of the three names no label that there is; or together they leave
            none to learn; or there is gold text, and a label becomes none of its labels.
        """
        seen = ", ".join(f"{label} ({number:,})" for label, number in found.most_common())
        for option, labels in (
            ("map", self.rename),
            ("drop", self.drop),
            ("unknown", self.unknown),
        ):
            if labels and not set(labels) & set(found):
                given = ", ".join(sorted(labels))
                raise CodedError(Errors.E212.format(option=option, labels=given, found=seen))
        learned = self.learned(sorted(found))
        if not learned:
            raise CodedError(Errors.E224.format(found=seen))
        listed = [
            f"{new} ({found[old]:,})" if new == old else f"{new} ({found[old]:,}, called {old})"
            for old, new in learned.items()
            if new not in gold
        ]
        if gold and listed:
            told = {"labels": ", ".join(listed), "gold": ", ".join(sorted(gold))}
            raise CodedError(Errors.E211.format(**told))


def vote(readings: Sequence[Doc], naming: Naming) -> Doc:
    """Annotate a text with what most of its teachers say.

    A span is an entity if more than half of the teachers have exactly that span and label, and a
    token is in none if more than half have none there. All other tokens are left without
    annotation. With one teacher these are the tokens of unknown labels, with two those on which
    they disagree as well.

    readings (Sequence[Doc]): The text as each teacher reads it. Tokens are those of the first.
    naming (Naming): What becomes of their labels.
    RETURNS (Doc): The first of them, annotated anew.
    """
    doc = readings[0]
    entities: Counter[tuple[int, int, str]] = Counter()
    outside = [len(readings)] * len(doc)
    for reading in readings:
        for ent in reading.ents:
            if ent.label_ in naming.drop:
                continue
            start, end, is_exact = _tokens_of(ent, doc)
            for token in range(start, end):
                outside[token] -= 1
            if is_exact and ent.label_ not in naming.unknown:
                entities[start, end, naming.rename.get(ent.label_, ent.label_)] += 1
    most = len(readings) / 2
    chosen = [Span(doc, *key) for key, votes in entities.items() if votes > most]
    inside = {token.i for span in chosen for token in span}
    missing = [i for i, votes in enumerate(outside) if votes <= most and i not in inside]
    doc.set_ents(chosen, missing=[doc[i : i + 1] for i in missing], default="outside")
    return doc


def _tokens_of(ent: Span, doc: Doc) -> tuple[int, int, bool]:
    """The tokens of a document that an entity is in, and whether it is all of their text."""
    if ent.doc is doc:
        return ent.start, ent.end, True
    span = doc.char_span(ent.start_char, ent.end_char, alignment_mode="expand")
    assert span is not None  # both are of the same text
    is_exact = (span.start_char, span.end_char) == (ent.start_char, ent.end_char)
    return span.start, span.end, is_exact
