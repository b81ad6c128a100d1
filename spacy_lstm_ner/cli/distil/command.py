"""The command, and the order of things."""

import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated as Option

import typer
from spacy.cli._util import setup_gpu
from spacy.language import Language
from spacy.tokens import Doc
from wasabi import msg

from ...errors import Warnings
from ...instruments.fidelity import Fidelity
from ...pipeline.loading import load_pipeline
from ...training import student
from ...training.labelling import Survey, survey
from ...training.voting import Naming
from .. import lstm_ner_cli, printable
from ..examples import read_docs
from ..lock import locked
from ..manifest import fits, write_manifest
from ..options import parse_list, parse_map
from ..outputs import make_folder
from ..texts import TEXTS
from .labels import label_raw, write_corpus
from .measure import measure
from .stages import train
from .task import BASIC, Task, check_output, facts_of, read_gold, read_texts


@lstm_ner_cli.command("distil")
def distil_cli(
    teacher: Option[str, typer.Argument(help="Pipeline that labels: its folder or package name")],
    raw_path: Option[Path, typer.Argument(help=f"Texts for it to label: {TEXTS}")],
    output_path: Option[Path, typer.Argument(help="Folder for the student and what is measured")],
    others: Option[
        list[str] | None, typer.Option("--teacher", "-t", help="Another teacher, which votes too")
    ] = None,
    rename: Option[
        str, typer.Option("--map", "-m", help="Labels to rename, e.g. GPE=GEO,LOC=GEO,PERSON=PER")
    ] = "",
    drop: Option[
        str, typer.Option("--drop", "-d", help="Labels whose entities are none, e.g. CARDINAL,LAW")
    ] = "",
    unknown: Option[
        str, typer.Option("--unknown", "-u", help="Labels to leave open, e.g. DATE,TIME")
    ] = "",
    exclude: Option[
        str, typer.Option("--exclude", "-x", help="Components of teachers that are not needed")
    ] = "",
    gold_path: Option[
        Path | None, typer.Option("--gold", "-g", help="Annotated text to train on too, as .spacy")
    ] = None,
    dev_path: Option[
        Path | None, typer.Option("--dev", help="Annotated text to choose weights by, as .spacy")
    ] = None,
    config_path: Option[
        Path | None, typer.Option("--config", "-c", help="Training config of the student")
    ] = None,
    steps: Option[
        int | None, typer.Option("--steps", "-s", help="Steps on labelled text", min=1)
    ] = None,
    use_gpu: Option[int, typer.Option("--gpu-id", help="GPU to work on, -1 for none")] = -1,
) -> None:
    """Train a small, fast pipeline to do what a large, slow one does, and say how faithful it is.

    Teachers label raw text, a student is trained on that and on gold text if there is some, and
    a page shows where it differs from them on text that it was not trained on. The same command
    goes on where it was interrupted.
    """
    try:
        task = Task(
            teachers=[teacher, *(others or [])],
            raw=raw_path,
            output=output_path,
            naming=Naming(parse_map(rename), parse_list(drop), parse_list(unknown)),
            exclude=parse_list(exclude),
            gold=gold_path,
            dev=dev_path,
            config=config_path,
            steps=steps,
            gpu=use_gpu,
        )
        setup_gpu(use_gpu)
        fidelity = distil(task)
    except ValueError as error:  # spaCy's too, of a teacher or in training
        msg.fail("Could not distil", printable(error), exits=1)
    total = fidelity.report.scores[0]
    msg.info(
        f"F1 against the teachers: {100 * total.f1:.2f}, at {fidelity.ratio:,.1f} times their speed"
    )
    msg.info(f"Wrote {printable(output_path / 'fidelity.html')}")
    msg.good(f"Trained student: {printable(task.student)}")


def distil(task: Task) -> Fidelity:
    """Train a student, or go on with it, and write it with a page and the numbers on it.

    task (Task): What is to be done.
    RETURNS (Fidelity): What there is to say of the student.
    RAISES (ValueError): Something cannot be read or written, or does not fit. What was labelled and
        trained before is kept.
    """
    check_output(task)
    teachers = [load_pipeline(name, exclude=task.exclude) for name in task.teachers]
    texts = read_texts(task, teachers[0])
    gold = None if task.gold is None else read_gold(task.gold, teachers[0])
    if task.dev is not None:
        read_gold(task.dev, teachers[0])
    if task.config is None:
        config = student.default_config(str(teachers[0].lang))
    else:
        config = student.read_config(task.config)
    make_folder(task.labels)
    with locked(task.labels):
        surveys = _label(task, teachers, texts, gold)
        train(task, config, teachers, surveys, gold)
        return measure(task, teachers)


def _label(
    task: Task, teachers: Sequence[Language], texts: Sequence[str | Doc], gold: Survey | None
) -> list[Survey]:
    """Let the teachers label, and make a corpus of that if there is none of the same."""
    facts = facts_of(task)
    begun = fits(task.manifest, facts, basic=BASIC)
    surveys = [label_raw(task, number, nlp, texts) for number, nlp in enumerate(teachers, start=1)]
    _check_names(task, surveys, gold)
    if not (begun and task.train.exists() and task.heldout.exists()):
        write_corpus(task, surveys[0], gold)
        for stale in (*task.stages, *task.labels.glob("*/dev")):
            shutil.rmtree(stale, ignore_errors=True)
        write_manifest(task.manifest, facts)
    heldout = survey(read_docs(Language(), task.heldout))
    if not heldout.labels:
        msg.warn(Warnings.W211.format(texts=heldout.texts))
    return surveys


def _check_names(task: Task, surveys: Sequence[Survey], gold: Survey | None) -> None:
    """See that what becomes of labels is said of those that there are."""
    found = sum((each.labels for each in surveys), Counter[str]())
    task.naming.check(found, [] if gold is None or gold.is_narrow else list(gold.labels))
    if missing := task.naming.missing(found):
        told = {"labels": ", ".join(missing), "found": ", ".join(sorted(found))}
        msg.warn(printable(Warnings.W210.format(**told)))
