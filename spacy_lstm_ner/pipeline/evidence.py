"""What each token may be before the model is asked: one boolean mask, for training and prediction.

A reference allows the tags that it is annotated with; a token without annotation may be anything.
Entities that earlier components set, and tokens that they blocked, are fixed. Documents themselves
rule out tags at their ends and between their sentences, and tokens by themselves (`rules`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from spacy.training import Example

from ..errors import CodedError, Errors
from ..models.scores import Scores
from ..nn.crf.lattice import Lattice
from ..tags import TagScheme
from ..training.partly import annotated_labels, found_share
from ..types import Bools, Doubles, Ints
from .annotation import MISSING, Annotation, first_words, gold_tags, preset_tags
from .rules import RULES


@dataclass(frozen=True)
class Evidence:
    """Tags that the tokens of a batch may have.

    mask (Bools): shape: (tokens, tags).
    scheme (TagScheme): The tags.
    missed (Optional[Doubles]): For each tag of an entity, the log of the chance that such an entity
        would have been left without annotation as it is, the same for each by itself (Elkan and
        Noto 2008, https://doi.org/10.1145/1401890.1401920); 0 for other tags. None if all are 0.
        shape: (tokens, tags).
    """

    mask: Bools
    scheme: TagScheme
    missed: Doubles | None = None

    @classmethod
    def of_tags(cls, tags: Ints, scheme: TagScheme) -> "Evidence":
        """Allow the given tag of each token, or all where it is MISSING. shape: (tokens,)."""
        given = tags[:, None]  # (tokens, 1)
        return cls((given == MISSING) | (given == np.arange(len(scheme))), scheme)

    @property
    def known(self) -> Bools:
        """Whether anything is ruled out for each token. shape: (tokens,)."""
        return np.any(~self.mask, axis=1)

    @property
    def silent(self) -> Bools:
        """Whether nothing is said of each label at each token. shape: (tokens, labels)."""
        of_labels = len(self.mask), len(self.scheme.labels), len(self.scheme.prefixes)
        return np.all(self.mask[:, 1:].reshape(of_labels), axis=2)

    @property
    def sure(self) -> Bools:
        """Whether each token can have one tag alone. shape: (tokens,)."""
        return self.mask.sum(1) == 1

    def __and__(self, other: "Evidence") -> "Evidence":
        """What both say of the tags; of what was missed, what the first one says."""
        return Evidence(self.mask & other.mask, self.scheme, self.missed)


def reference_evidence(examples: Sequence[Example], scheme: TagScheme) -> Evidence:
    """What references say of the tokens of predictions; nothing where they do not align.

    A token in no entity, in a document that was annotated for some labels, may be in one of another
    label.

    examples (Sequence[Example]): The examples.
    scheme (TagScheme): The tags.
    """
    tags = gold_tags(examples, scheme)
    mask = Evidence.of_tags(tags, scheme).mask
    missed = None
    end = 0
    for eg in examples:
        start, end = end, end + len(eg.predicted)
        labels, found = annotated_labels(eg.reference), found_share(eg.reference)
        if labels is not None:
            others = scheme.tags_of(set(scheme.labels).difference(labels))
            mask[start:end][tags[start:end] == 0] |= others
        if found is not None:
            missed = np.zeros(mask.shape) if missed is None else missed
            searched = scheme.tags_of(scheme.labels if labels is None else labels)
            unknown = tags[start:end] == MISSING
            missed[start:end] = np.log1p(-found) * (unknown[:, None] & searched)
    return Evidence(mask, scheme, missed)


def check_annotated_labels(examples: Iterable[Example], scheme: TagScheme) -> None:
    """See that what examples were annotated for is among the labels to learn.

    examples (Iterable[Example]): The examples.
    scheme (TagScheme): The tags.
    RAISES (ValueError): It is not.
    """
    for eg in examples:
        for label in annotated_labels(eg.reference) or ():
            if label not in scheme.labels:
                known, words = ", ".join(scheme.labels), first_words(eg.reference)
                raise CodedError(Errors.E041.format(words=words, unknown=label, known=known))


def document_evidence(
    annotation: Annotation, scheme: TagScheme, *, annotated: Evidence | None = None
) -> Evidence:
    """What documents rule out by themselves.

    No entity goes on beyond either end of a document. Unless it is annotated so, none goes on into
    the next sentence, if it is known where that starts, and a token has no tag that its own
    attributes rule out: whitespace, for one, neither opens nor closes an entity.

    annotation (Annotation): Read from the documents.
    scheme (TagScheme): The tags.
    annotated (Optional[Evidence]): What the tokens are annotated with.
    """
    mask = np.ones((len(annotation.last), len(scheme)), dtype=bool)  # (tokens, tags)
    parted = annotation.sentence.any()
    if parted:
        mask[annotation.sentence] &= scheme.starts
        mask[:-1][annotation.sentence[1:]] &= scheme.ends
    flagged = annotation.flags.any()
    if flagged:
        for flag, allowed in zip(annotation.flags.T, RULES.values(), strict=True):
            mask[flag] &= allowed(scheme)
    if annotated is not None and (parted or flagged):
        sure = annotated.sure
        mask[sure] |= annotated.mask[sure]
    mask[:1] &= scheme.starts
    mask[-1:] &= scheme.ends
    inner = np.flatnonzero(annotation.last[:-1])
    if len(inner):
        mask[inner] &= scheme.ends
        mask[inner + 1] &= scheme.starts
    return Evidence(mask, scheme)


def preset_evidence(annotation: Annotation, scheme: TagScheme) -> Evidence:
    """What documents allow whose entities and blocked tokens are to stay as they are.

    Nothing predicted goes on from an entity that was set before.

    annotation (Annotation): Read from the documents.
    scheme (TagScheme): The tags.
    """
    preset = annotation.preset
    if not preset.any():
        return document_evidence(annotation, scheme)
    fixed = Evidence.of_tags(preset_tags(annotation, scheme), scheme)
    evidence = document_evidence(annotation, scheme, annotated=fixed) & fixed
    evidence.mask[1:][preset[:-1] & ~preset[1:]] &= scheme.starts
    return evidence


def possible_readings(scores: Scores, annotation: Annotation, scheme: TagScheme) -> Lattice:
    """The lattice of a prediction: all that `preset_evidence` allows in documents with tokens.

    scores (Scores): Scores of the documents.
    annotation (Annotation): Read from the documents.
    scheme (TagScheme): The tags.
    """
    return scores.lattice(scheme).restrict(preset_evidence(annotation, scheme).mask)
