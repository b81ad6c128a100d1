"""The stages of training: on what teachers label with gold text beside it, then on gold text."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from spacy.language import Language
from spacy.training.initialize import init_nlp
from spacy.training.loop import DIR_MODEL_BEST
from spacy.training.loop import train as train_pipeline
from thinc.api import Config
from wasabi import msg

from ...errors import CodedError, Errors
from ...pipeline.loading import load_pipeline
from ...pipeline.lstm_ner import LSTMEntityRecognizer
from ...pipeline.teaching import as_teacher, can_teach, learn_from, sole_recognizer
from ...training import student
from ...training.labelling import Survey
from ..outputs import replaced_folder
from .task import Task


def train(
    task: Task,
    config: Config,
    teachers: Sequence[Language],
    surveys: Sequence[Survey],
    gold: Survey | None,
) -> None:
    """Train the student in one stage or two; one that has ended is not repeated.

    task (Task): What is to be done.
    config (Config): The student's.
    teachers (Sequence[Language]): The teachers.
    surveys (Sequence[Survey]): What each of them found in the raw text.
    gold (Optional[Survey]): What there is in gold text.
    """
    dev = task.dev or task.heldout
    first, last = task.stages
    if not first.exists():
        candidates = _recognizers(task, teachers, gold)
        labels = candidates[0].label_data if candidates else _labels(task, surveys, gold)
        tokens = surveys[0].tokens + _gold_tokens(surveys[0], gold)
        steps = task.steps or student.steps_for(config, tokens)
        settings = student.set_up(config, train=task.train, dev=dev, labels=labels, steps=steps)
        nlp = _initialize(settings, task)
        can = bool(candidates) and all(can_teach(teacher, nlp) for teacher in teachers)
        _run(nlp, first, task, teachers if can else [])
    if task.gold is not None and gold is not None and not last.exists():
        nlp = load_pipeline(str(first / DIR_MODEL_BEST))
        student.set_up_gold(nlp, train=task.gold, dev=dev, tokens=gold.tokens)
        _run(nlp, last, task, [])
    with replaced_folder(task.student) as part:
        best = (last if last.exists() else first) / DIR_MODEL_BEST
        shutil.copytree(best, part, dirs_exist_ok=True)


def _initialize(config: Config, task: Task) -> Language:
    try:
        return init_nlp(config, use_gpu=task.gpu)
    except CodedError:
        raise
    except Exception as error:  # a config can ask for anything
        raise CodedError(Errors.E218.format(path=task.config, error=error)) from error


def _recognizers(
    task: Task, teachers: Sequence[Language], gold: Survey | None
) -> list[LSTMEntityRecognizer]:
    """The recognizers of the teachers, if their probabilities can take the place of labels.

    They can if all are this package's own and have the labels that the student is to have.
    """
    found = [ner for ner in map(sole_recognizer, teachers) if ner is not None]
    if task.naming or len(found) < len(teachers):
        return []
    known = [set(ner.label_data) for ner in found]
    wanted = known[0] | set(gold.labels if gold is not None else ())
    return found if all(labels == wanted for labels in known) else []


def _labels(task: Task, surveys: Sequence[Survey], gold: Survey | None) -> list[str]:
    """The labels of a student that learns from labels."""
    found = {label for each in surveys for label in each.labels}
    learned = task.naming.learned(found).values()
    return sorted({*learned, *(gold.labels if gold is not None else ())})


def _gold_tokens(labelled: Survey, gold: Survey | None) -> int:
    """Tokens of gold text beside what is labelled, as often as it is repeated."""
    return 0 if gold is None else gold.tokens * student.repeats(labelled.tokens, gold.tokens)


def _run(nlp: Language, folder: Path, task: Task, teachers: Sequence[Language]) -> None:
    """Train a pipeline into a folder, which is there only if training has ended."""
    (name,) = student.find_students(nlp.config)
    recognizers = ((teacher, sole_recognizer(teacher)) for teacher in teachers)
    sources = [as_teacher(teacher, ner) for teacher, ner in recognizers if ner is not None]
    learned = "probabilities of the teachers" if sources else "annotation and labels"
    msg.divider(f"{folder.name}: training on {learned}")
    student_ner = cast(LSTMEntityRecognizer, nlp.get_pipe(name))
    with replaced_folder(folder) as part, learn_from(student_ner, sources):
        train_pipeline(nlp, part, use_gpu=task.gpu)
