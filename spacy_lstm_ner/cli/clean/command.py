"""The command, and the order of things."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated as Option

import typer
from spacy.tokens import Doc
from spacy.tokens.doc import DOCBIN_ALL_ATTRS
from wasabi import msg

from ...instruments.suspects import Suspect, join_rounds, weights_left
from ...instruments.suspects_page import render_page
from ...training import student
from ...training.docbin import write_docbins
from ...training.weights import set_weight, weight_of
from .. import lstm_ner_cli, printable
from ..lock import locked
from ..manifest import begin
from ..outputs import make_folder, replaced
from .folds import judge_rounds
from .task import Task, check_output, facts_of, read_corpus

# The language of a training of which no config says anything.
LANGUAGE = "en"


@lstm_ner_cli.command("clean")
def clean_cli(
    corpus_path: Option[Path, typer.Argument(help="Annotated documents, as .spacy")],
    output_path: Option[Path, typer.Argument(help="Folder for what is found")],
    folds: Option[
        int, typer.Option("--folds", "-k", help="Parts to divide the documents into", min=2)
    ] = 5,
    rounds: Option[
        int, typer.Option("--rounds", "-r", help="Times to divide them, each otherwise", min=1)
    ] = 1,
    seed: Option[int, typer.Option("--seed", help="What divisions are drawn with", min=0)] = 0,
    config_path: Option[Path | None, typer.Option("--config", "-c", help="Training config")] = None,
    steps: Option[
        int | None, typer.Option("--steps", "-s", help="Steps of each training", min=1)
    ] = None,
    workers: Option[
        int | None, typer.Option("--workers", "-w", help="Trainings at a time", min=1)
    ] = None,
    reweight: Option[
        bool, typer.Option("--reweight", help="Write the corpus with a weight for each document")
    ] = False,
) -> None:
    """Find what is probably annotated wrongly, by pipelines that were trained on the rest.

    The documents are divided into folds; for each, a pipeline is trained on all others. Where it
    believes something else than what is annotated, the place is listed, the most probable errors
    first. The same command goes on where it was interrupted.
    """
    task = Task(
        corpus=corpus_path,
        output=output_path,
        folds=folds,
        rounds=rounds,
        seed=seed,
        config=config_path,
        steps=steps,
        workers=workers,
        reweight=reweight,
    )
    try:
        suspects = clean(task)
    except ValueError as error:
        msg.fail("Could not clean", printable(error), exits=1)
    msg.info(f"{len(suspects):,} places are contradicted")
    if reweight:
        msg.info(f"Wrote {printable(task.weighted)}")
    msg.good(f"Wrote {printable(task.records)} and {printable(task.page)}")


def clean(task: Task) -> list[Suspect]:
    """Find what is probably annotated wrongly, or go on with that, and write it.

    task (Task): What is to be done.
    RETURNS (List[Suspect]): What was found, the most probable errors first.
    RAISES (ValueError): Something cannot be read, trained with or written. Folds that have ended
        are kept.
    """
    check_output(task)
    docs = read_corpus(task)
    if task.config is None:
        config = student.default_config(LANGUAGE)
    else:
        config = student.read_config(task.config)
    make_folder(task.parts)
    with locked(task.parts):
        begin(task.manifest, facts_of(task), task.forget)
        rounds = judge_rounds(task, docs, config)
        suspects = join_rounds(rounds)
        if task.reweight:
            _reweight(docs, weights_left(rounds))
        _write(task, suspects, docs)
    return suspects


def _reweight(docs: Sequence[Doc], left: Mapping[int, float]) -> None:
    for number, doc in enumerate(docs, start=1):
        set_weight(doc, weight_of(doc) * left.get(number, 1.0))


def _write(task: Task, suspects: Sequence[Suspect], docs: Sequence[Doc]) -> None:
    told = f"{task.folds} folds" + (f", {task.rounds} rounds" if task.rounds > 1 else "")
    page = render_page(suspects, corpus=task.corpus.name, documents=len(docs), told=told)
    with replaced(task.records) as records, replaced(task.page) as file:
        for suspect in suspects:
            records.write(json.dumps(suspect.to_json(), ensure_ascii=False).encode() + b"\n")
        file.write(page.encode("utf-8", "backslashreplace"))
        if task.reweight:
            write_docbins({task.weighted: docs}, attrs=DOCBIN_ALL_ATTRS, store_user_data=True)
