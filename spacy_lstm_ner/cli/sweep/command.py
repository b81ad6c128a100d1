"""The command."""

from pathlib import Path
from typing import Annotated as Option

import typer
from spacy.cli._util import parse_config_overrides
from wasabi import msg

from .. import lstm_ner_cli, printable
from .results import HEADER, rows_of
from .run import sweep
from .task import Task


@lstm_ner_cli.command("sweep", context_settings={"ignore_unknown_options": True})
def sweep_cli(
    words: Option[
        list[str],
        typer.Argument(
            metavar="CONFIG", help="Training configs; overrides such as --paths.train follow"
        ),
    ],
    output: Option[
        Path, typer.Option("--output", "-o", help="Folder for the pipelines and their scores")
    ],
    seeds: Option[int, typer.Option("--seeds", "-s", help="Trainings of each config", min=1)] = 3,
    workers: Option[
        int | None,
        typer.Option("--workers", "-w", help="Trainings at a time  [default: one a core]", min=1),
    ] = None,
    engine: Option[str, typer.Option("--engine", help="What runs them: local, or ray")] = "local",
    address: Option[
        str | None, typer.Option("--address", help="Cluster of Ray  [default: this machine]")
    ] = None,
) -> None:
    """Train by several configs, with several seeds each, and print mean and deviation of scores.

    Each training is what `spacy train` does, and several run at a time. Overrides follow the
    configs, as for `spacy train`, and change all of them. The same command goes on where it was
    interrupted, and does no training twice.
    """
    configs, overrides = _divide(words)
    try:
        task = Task(
            configs=configs,
            output=output,
            overrides=parse_config_overrides(overrides),
            seeds=seeds,
            workers=workers,
            engine=engine,
            address=address,
        )
        results, failures = sweep(task)
    except ValueError as error:
        msg.fail("Could not sweep", printable(error), exits=1)
    msg.table(
        list(rows_of(results)), header=HEADER, divider=True, aligns=("l", *"r" * (len(HEADER) - 1))
    )
    msg.good(f"Wrote {printable(task.results)}")
    for training, reason in failures:
        msg.fail(printable(f"{training.folder} failed"), printable(reason))
    if failures:
        raise typer.Exit(1)


def _divide(words: list[str]) -> tuple[list[Path], list[str]]:
    """Configs, and the overrides after them."""
    first = next((i for i, word in enumerate(words) if word.startswith("-")), len(words))
    if not first:
        raise typer.BadParameter("the first of them is no config", param_hint="CONFIG...")
    return [Path(word) for word in words[:first]], words[first:]
