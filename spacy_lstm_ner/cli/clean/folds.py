"""The folds: a pipeline is trained on all but one, and reads that one; in every round anew."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from spacy.tokens import Doc
from thinc.api import Config
from tqdm import tqdm

from ...errors import CodedError, Errors
from ...instruments.suspects import Suspect
from ...training import student
from ...training.partly import all_annotated_labels
from ..processes import JobError, cores, run_all
from .fold import Fold, judge_fold
from .task import Task


def judge_rounds(task: Task, docs: Sequence[Doc], config: Config) -> list[list[Suspect]]:
    """What each round finds in the corpus; folds that have ended are not repeated.

    task (Task): What is to be done.
    docs (Sequence[Doc]): The documents of the corpus.
    config (Config): What to train with.
    RAISES (ValueError): A fold failed. What has ended is kept.
    """
    rounds = [make_folds(task, docs, config, number) for number in range(1, task.rounds + 1)]
    _judge([fold for folds in rounds for fold in folds if not fold.result.exists()], task)
    return [[suspect for fold in folds for suspect in _read(fold.result)] for folds in rounds]


def make_folds(task: Task, docs: Sequence[Doc], config: Config, number: int) -> list[Fold]:
    """The folds of a round, whose number is given, from 1."""
    labels = _labels(docs)
    folds = []
    for fold, heldout in enumerate(divide(len(docs), task.folds, seed=(task.seed, number)), 1):
        result = task.parts / f"round-{number}-fold-{fold}.json"
        held = set(heldout)
        tokens = sum(len(doc) for i, doc in enumerate(docs) if i not in held)
        folder = result.with_suffix(".part")
        settings = student.set_up(
            config,
            train=folder / "train.spacy",
            dev=folder / "dev.spacy",
            labels=labels,
            steps=task.steps or student.steps_for(config, tokens),
        )
        folds.append(Fold(number, fold, task.corpus, heldout, settings.to_str(), folder, result))
    return folds


def divide(documents: int, folds: int, *, seed: Sequence[int]) -> list[list[int]]:
    """Divide documents at random; no fold has more than one document more than another.

    documents (int): How many there are.
    folds (int): How many folds.
    seed (Sequence[int]): What the order is drawn with.
    RETURNS (List[List[int]]): The numbers of the documents of each fold, from 0.
    """
    order = np.random.default_rng(seed).permutation(documents)
    return [sorted(order[fold::folds].tolist()) for fold in range(folds)]


def _labels(docs: Sequence[Doc]) -> list[str]:
    """All labels of a corpus, also those that were looked for in vain."""
    found = {ent.label_ for doc in docs for ent in doc.ents}
    return sorted(found | all_annotated_labels(docs))


def _judge(folds: Sequence[Fold], task: Task) -> None:
    """Judge folds in several processes."""
    workers = min(task.workers or cores(), task.folds)
    what, steps = f"folds to train: {len(folds)}", sum(fold.steps for fold in folds)
    with tqdm(desc=what, total=steps, unit="step", leave=False, disable=not folds) as bar:
        try:
            run_all(judge_fold, folds, workers=workers, advance=bar.update)
        except JobError as error:
            failed = folds[error.number]
            message = Errors.E263.format(fold=failed.number, round=failed.round, error=error)
            raise CodedError(message) from error


def _read(path: Path) -> list[Suspect]:
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
        return [Suspect.from_json(record) for record in records]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise CodedError(Errors.E264.format(path=path, error=error)) from error
