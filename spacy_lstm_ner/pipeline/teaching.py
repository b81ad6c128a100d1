"""Learning from teachers: what they hold possible, with its probability, in place of annotation.

Documents that teachers labelled are marked, so that they can be among others that people annotated.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias, cast

import torch
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..models.scores import Scores
from ..training.labelling import bare
from ..training.voting import LABELLED
from .upstream import upstream_only

if TYPE_CHECKING:
    from .lstm_ner import LSTMEntityRecognizer

# Scores documents, with the tags of the component that learns.
Teacher: TypeAlias = Callable[[list[Doc]], Scores]


@contextmanager
def learn_from(ner: "LSTMEntityRecognizer", teachers: Sequence[Teacher]) -> Iterator[None]:
    """Let a component learn from teachers in updates, as long as the `with` lasts.

    Its loss of documents that teachers labelled is then the divergence from them, whatever the
    labels on these documents are. Nothing of the teachers is saved with it.

    ner (LSTMEntityRecognizer): The component.
    teachers (Sequence[Teacher]): The teachers, none to learn from annotation alone.
    """
    ner.teachers = teachers
    try:
        yield
    finally:
        ner.teachers = ()


def as_teacher(nlp: Language, ner: "LSTMEntityRecognizer") -> Teacher:
    """A pipeline as a teacher, whose vocabulary and earlier components are its own.

    nlp (Language): The pipeline.
    ner (LSTMEntityRecognizer): The component in it that teaches.
    """

    def teach(docs: list[Doc]) -> Scores:
        with upstream_only(nlp, ner.name):
            return ner.model.predict(list(nlp.pipe(bare(doc, nlp.vocab) for doc in docs)))

    return teach


def sole_recognizer(nlp: Language) -> "LSTMEntityRecognizer | None":
    """The `lstm_ner` of a pipeline, if no other component sets entities as well."""
    setters = [name for name in nlp.pipe_names if "doc.ents" in nlp.get_pipe_meta(name).assigns]
    found = [nlp.get_pipe(name) for name in setters]
    if len(found) != 1 or nlp.get_pipe_meta(setters[0]).factory != "lstm_ner":
        return None
    return cast("LSTMEntityRecognizer", found[0])


def can_teach(teacher: Language, student: Language) -> bool:
    """Whether the recognizer of one pipeline scores the very tags of that of another.

    teacher, student (Language): The pipelines, with weights. Others than sole recognizers cannot.
    """
    form = _form(teacher)
    return form is not None and form == _form(student)


def _form(nlp: Language) -> tuple[tuple[str, ...], str, torch.Size] | None:
    """What the scores of a sole recognizer are of, and how it scores moves."""
    ner = sole_recognizer(nlp)
    if ner is None:
        return None
    scores = as_teacher(nlp, ner)([Doc(nlp.vocab, words=["word"])])
    return ner.scheme.labels, ner.scheme.scheme, scores.transitions.shape


def part_labelled(examples: Sequence[Example]) -> tuple[list[int], list[int]]:
    """Numbers of the examples with tokens: those that teachers labelled, and the others."""
    parts: tuple[list[int], list[int]] = [], []
    for number, eg in enumerate(examples):
        if len(eg.predicted):
            parts[LABELLED not in eg.reference.user_data].append(number)
    return parts
