"""The command."""

from pathlib import Path
from typing import Annotated as Option

import typer
from wasabi import msg

from ...errors import Errors
from .. import lstm_ner_cli, printable
from ..options import parse_list


@lstm_ner_cli.command("annotate")
def annotate_cli(
    model: Option[str, typer.Argument(help="Pipeline: its folder, or its package")],
    input: Option[
        str, typer.Argument(help="File, folder or pattern: JSONL, Parquet, CSV, text or .spacy")
    ],
    output: Option[
        Path, typer.Argument(help="Folder for what is found; or a file, .jsonl or .parquet")
    ],
    text: Option[str, typer.Option("--text", "-t", help="Column of the texts")] = "text",
    id: Option[
        str | None, typer.Option("--id", help="Column that names rows  [default: id]")
    ] = None,
    columns: Option[
        str | None, typer.Option("--columns", "-c", help="What else to keep, between commas")
    ] = None,
    format: Option[
        str | None, typer.Option("--format", "-f", help="Of a folder: parquet, jsonl or spacy")
    ] = None,
    workers: Option[
        int | None, typer.Option("--workers", "-w", help="Processes  [default: one a core]", min=1)
    ] = None,
    engine: Option[str, typer.Option("--engine", help="What runs them: local, or ray")] = "local",
    address: Option[
        str | None, typer.Option("--address", help="Cluster of Ray  [default: this machine]")
    ] = None,
    resume: Option[bool, typer.Option("--resume", help="Go on with what was begun")] = False,
) -> None:
    """Find the entities of any number of texts, on every core.

    Each worker reads its own share of the input and writes it, in parts that are whole or not
    there at all. A text that fails is listed with the reason, and the rest goes on.
    """
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        msg.fail("Could not annotate", Errors.E305, exits=1)
    from .run import annotate
    from .task import Task

    task = Task(
        model=model,
        input=input,
        output=output,
        text=text,
        id=id,
        columns=None if columns is None else parse_list(columns),
        format=format,
        workers=workers,
        engine=engine,
        address=address,
        resume=resume,
    )
    try:
        counts = annotate(task)
    except ValueError as error:
        msg.fail("Could not annotate", printable(error), exits=1)
    read = counts.annotated + counts.failed
    msg.info(f"Read {read:,} documents, annotated {counts.annotated:,}, {counts.failed:,} failed")
    if counts.failed:
        msg.warn(f"Why they failed is in {printable(task.failures)}")
    if counts.repeated:
        msg.warn(f"{counts.repeated:,} documents have an id that another has; all are there")
    msg.good(f"Wrote {counts.entities:,} entities to {printable(output)}")
