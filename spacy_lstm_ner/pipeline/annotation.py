"""Conversion between entities on documents and arrays of tags, -1 where nothing is annotated."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from spacy.attrs import ENT_IOB, ENT_TYPE, IS_SPACE, ORTH, SENT_START
from spacy.errors import Errors as SpacyErrors
from spacy.strings import get_string_id
from spacy.tokens import Doc, Span
from spacy.training import Example

from ..errors import CodedError, Errors, shorten
from ..tags import Spans, TagScheme, spans_from_tags
from ..types import Bools, Ids, Ints
from .rules import RULES

MISSING = -1
# Values of Token.ent_iob.
_UNSET, _INSIDE, _OUTSIDE, _BEGIN = 0, 1, 2, 3
# Value of SENT_START where a sentence starts; 0 is unknown, and -1 that none does.
_STARTS = 1
# What `entity_array` has a column of.
ENTITY_ATTRS = (ENT_IOB, ENT_TYPE)


@dataclass(frozen=True)
class Annotation:
    """What is set on the tokens of a batch, in document order.

    iob (Ints): Token.ent_iob. shape: (tokens,).
    label (Ints): Ids of labels, 0 for none. shape: (tokens,).
    sentence (Bools): Whether a sentence is known to start with the token, and it is not its
        document's first. shape: (tokens,).
    flags (Bools): Whether the token has each of the attributes of RULES. shape: (tokens, rules).
    last (Bools): Whether the token is its document's last. shape: (tokens,).
    """

    iob: Ints
    label: Ints
    sentence: Bools
    flags: Bools
    last: Bools

    @property
    def space(self) -> Bools:
        """Whether each token is whitespace. shape: (tokens,)."""
        return self.flags[:, list(RULES).index(IS_SPACE)]

    @cached_property
    def preset(self) -> Bools:
        """Whether each token is in an entity or blocked. shape: (tokens,)."""
        return (self.iob == _INSIDE) | (self.iob == _BEGIN)

    @property
    def outside(self) -> Bools:
        """Whether each token is known to be in no entity, as blocked ones are."""
        return (self.iob == _OUTSIDE) | _is_blocked(self)

    @property
    def free_space(self) -> Bools:
        """Whether each token is whitespace that is in no entity, nor blocked. shape: (tokens,)."""
        return self.space & ~self.preset


def read_annotation(docs: Sequence[Doc]) -> Annotation:
    """Read what is set on the tokens of documents, all at once."""
    attrs = [ENT_IOB, ENT_TYPE, SENT_START, *RULES]
    arrays = [doc.to_array(attrs) for doc in docs if len(doc)]
    table = np.concatenate(arrays) if arrays else np.zeros((0, len(attrs)), dtype=np.uint64)
    ends = np.cumsum([len(array) for array in arrays], dtype=np.int64)
    last = np.zeros(len(table), dtype=bool)
    last[ends - 1] = True
    sentence = table[:, 2] == _STARTS
    sentence[ends[:-1]] = sentence[:1] = False
    iob, label = table[:, 0].astype(np.int64), table[:, 1].view(np.int64)
    return Annotation(iob, label, sentence, table[:, 3:].astype(bool), last)


def given_annotation(doc: Doc, given: Sequence[Span]) -> Annotation:
    """What is known of a document if its entities are not to count, but given ones are.

    Blocked tokens, sentence starts and what tokens are by themselves count as ever.

    doc (Doc): The document.
    given (Sequence[Span]): Spans of it, without overlap.
    RAISES (ValueError): They overlap, or are of another document.
    """
    read = read_annotation([doc])
    iob = np.where(_is_blocked(read), _BEGIN, _UNSET)
    label = np.zeros_like(read.label)
    for span in given:
        if span.doc is not doc or not len(span) or iob[span.start : span.end].any():
            raise CodedError(Errors.E158.format(span=repr(span)))
        iob[span.start : span.end] = _INSIDE
        iob[span.start] = _BEGIN
        label[span.start : span.end] = np.uint64(span.label).view(np.int64)
    return replace(read, iob=iob, label=label)


def preset_tags(annotation: Annotation, scheme: TagScheme) -> Ints:
    """Tags that earlier components fixed: entities, and blocked tokens, which are outside.

    An entity of a label that the scheme lacks is outside too: nothing predicted may run into it.

    RETURNS (Ints): Tags, MISSING where the model is free. shape: (tokens,).
    """
    tags = _tags(annotation, scheme)
    tags[tags == MISSING] = 0
    tags[~annotation.preset] = MISSING
    return tags


def trim_whitespace(tags: Ints, space: Bools, last: Bools, scheme: TagScheme) -> Ints:
    """Take whitespace off the ends of entities.

    In "biluo" a mask keeps whitespace from being an entity's last token (`rules`), since that has a
    tag of its own. In "bio" it is the next tag that tells, and a mask knows no neighbours: so an
    entity may run on into whitespace in the lattice, and is cut where its last word ends. A line
    break between two of its words stays.

    tags (Ints): A legal sequence of tags for each document, or MISSING. shape: (tokens,).
    space (Bools): Whether each token is whitespace that may be taken off. shape: (tokens,).
    last (Bools): Whether each token is its document's last. shape: (tokens,).
    scheme (TagScheme): The tags.
    RETURNS (Ints): The tags, changed in place. shape: (tokens,).
    """
    if not space.any():
        return tags
    for i in np.flatnonzero(space & (tags > 0))[::-1]:
        if last[i] or tags[i + 1] == MISSING or not scheme.continues[tags[i + 1]]:
            tags[i] = 0
    return tags


def entity_array(tags: Ints, annotation: Annotation, scheme: TagScheme) -> Ids:
    """Predicted tags as token attributes, for `Doc.from_array`; presets are as they were.

    tags (Ints): A legal sequence of tags for each document. shape: (tokens,).
    RETURNS (NDArray[uint64]): A column for each of ENTITY_ATTRS. shape: (tokens, 2).
    """
    array = _attributes_of_tags(scheme).take(tags, axis=0)
    preset = annotation.preset
    if preset.any():
        array[preset, 0] = annotation.iob[preset]
        array[preset, 1] = annotation.label[preset].view(np.uint64)
    return array


@lru_cache(maxsize=16)
def _attributes_of_tags(scheme: TagScheme) -> Ids:
    """What each tag means for a token. shape: (tags, 2)."""
    iob = np.where(scheme.opens, _BEGIN, _INSIDE)
    iob[0] = _OUTSIDE
    ids = np.append(label_ids(scheme), np.uint64(0))  # the label of "O" is at place -1
    return np.stack([iob.astype(np.uint64), ids[scheme.label_of_tag]], axis=1)


@lru_cache(maxsize=16)
def label_ids(scheme: TagScheme) -> Ids:
    """The id of each label in a string store. shape: (labels,)."""
    return np.array([get_string_id(label) for label in scheme.labels], dtype=np.uint64)


def gold_tags(examples: Sequence[Example], scheme: TagScheme) -> Ints:
    """Tags of the reference on the tokens of the prediction.

    RETURNS (Ints): Tags, MISSING where there is no annotation or it does not align.
        shape: (tokens,).
    """
    if all(_same_tokens(eg) for eg in examples):
        annotation = read_annotation([eg.reference for eg in examples])
        tags = _tags(annotation, scheme)
        tags[(annotation.iob == _UNSET) | _is_blocked(annotation)] = MISSING
        if not _breaks_rules(tags, annotation, scheme):
            return trim_whitespace(tags, annotation.space, annotation.last, scheme)
    if len(examples) == 1:
        return _aligned_tags(examples[0], scheme)
    return np.concatenate([gold_tags([eg], scheme) for eg in examples])


def labels_of(annotation: Annotation, docs: Sequence[Doc]) -> list[str]:
    """The labels that occur in the annotation of documents, sorted."""
    if not annotation.label.any():
        return []
    ids = np.unique(annotation.label[annotation.label != 0]).view(np.uint64).tolist()
    stores = list({id(doc.vocab): doc.vocab.strings for doc in docs}.values())
    return sorted(next(strings[i] for strings in stores if i in strings) for i in ids)


def reference_labels(examples: Sequence[Example]) -> list[str]:
    """The entity labels of references, sorted.

    RAISES (ValueError): A label is of the old form "!LABEL", which spaCy no longer supports.
    """
    references = [eg.reference for eg in examples]
    return checked_labels(read_annotation(references), references)


def checked_labels(annotation: Annotation, docs: Sequence[Doc]) -> list[str]:
    """The labels in an annotation to learn from, sorted.

    annotation (Annotation): Read from the documents.
    docs (Sequence[Doc]): The documents.
    RAISES (ValueError): A label is of the old form "!LABEL", which spaCy no longer supports.
    """
    labels = labels_of(annotation, docs)
    if old := [label for label in labels if label.startswith("!")]:
        raise ValueError(SpacyErrors.E869.format(label=old[0]))
    return labels


def first_words(doc: Doc) -> str:
    """The words that a document begins with, to name it in a message."""
    return shorten(doc[:8].text)


def _is_blocked(annotation: Annotation) -> Bools:
    """Whether each token is one that no entity may have."""
    return (annotation.iob == _BEGIN) & (annotation.label == 0)


def _tags(annotation: Annotation, scheme: TagScheme) -> Ints:
    """Tags of entities; everything else is "O". Labels that the scheme lacks are MISSING."""
    tags = np.zeros(len(annotation.iob), dtype=np.int64)  # (tokens,), as all until `ids`
    inside = annotation.label != 0
    if not inside.any():
        return tags
    start, end, label = entity_spans(annotation)
    numbers = {label_id: i for i, label_id in enumerate(label_ids(scheme).tolist())}
    # (labels,) and the place in that of each entity's label, (entities,)
    ids, of_entity = np.unique(label, return_inverse=True)
    known = np.array([numbers.get(i, MISSING) for i in ids.tolist()], dtype=np.int64)
    spans = Spans(start, end, known[of_entity])
    tags = scheme.encode(spans.where(spans.label != MISSING), len(tags))
    tags[inside & (tags == 0)] = MISSING
    return tags


def entity_spans(annotation: Annotation) -> tuple[Ints, Ints, Ids]:
    """The entities that are set on tokens.

    RETURNS (Tuple[Ints, Ints, Ids]): First token of each, the token after its last, both counted
        over all documents, and the id of its label. shape of each: (entities,).
    """
    inside = annotation.label != 0
    # Whether the next token is in the same entity.
    goes_on = np.append((annotation.iob[1:] == _INSIDE) & inside[1:], False) & ~annotation.last
    start = np.flatnonzero(inside & ~np.append(False, (goes_on & inside)[:-1]))
    end = np.flatnonzero(inside & ~goes_on) + 1
    return start, end, annotation.label[start].view(np.uint64)


def _same_tokens(eg: Example) -> bool:
    predicted, reference = eg.predicted, eg.reference
    return len(predicted) == len(reference) and np.array_equal(
        predicted.to_array(ORTH), reference.to_array(ORTH)
    )


def _breaks_rules(tags: Ints, annotation: Annotation, scheme: TagScheme) -> bool:
    """Whether a token has a tag that its own attributes rule out."""
    known = tags != MISSING
    return any(
        not allowed(scheme)[tags[flag & known]].all()
        for flag, allowed in zip(annotation.flags.T, RULES.values(), strict=True)
    )


def _aligned_tags(eg: Example, scheme: TagScheme) -> Ints:
    """Tags of one reference, aligned, with whitespace taken off the ends of entities."""
    names = eg.get_aligned_ner()
    spans, _ = spans_from_tags(["-" if name is None else name for name in names])
    tags = np.array([MISSING if name is None else 0 for name in names], dtype=np.int64)
    for start, end, label in spans:
        while start < end and eg.predicted[start].is_space:
            start += 1
        while end > start and eg.predicted[end - 1].is_space:
            end -= 1
        if label not in scheme.labels:
            tags[start:end] = MISSING
        elif start < end:
            span = Spans(*np.array([[0], [end - start], [scheme.labels.index(label)]]))
            tags[start:end] = scheme.encode(span, end - start)
    return tags
