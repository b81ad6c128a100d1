"""Workers of a Ray cluster, on as many machines as it has.

Ray Data maps a function over the numbers of the parts. A worker that is lost takes nothing with it
but the part that it was at, which Ray gives to another.
"""

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from logging import CRITICAL, StreamHandler, getLogger
from pathlib import Path
from typing import Any

import torch
from spacy.language import Language

from ....errors import CodedError, Errors
from ....pipeline.loading import load_entity_finder
from ....pipeline.version import check_version, version_of
from ...cluster import connected
from ...processes import Advance, JobError
from ..part import write_part
from ..plan import Plan
from ..task import Task
from .engine import Engine

# How many workers a part may lose before it is held to be why.
MOST_LOST = 3


@dataclass(frozen=True)
class Work:
    """What a worker is given beside the number of a part.

    task (Task): What is to be done.
    plan (Plan): The columns, and the parts.
    version (str): What the pipeline is where the command runs.
    folder (Path): Where the command runs, which names of files may depend on.
    """

    task: Task
    plan: Plan
    version: str
    folder: Path

    def __call__(self, rows: dict[str, Any]) -> dict[str, list[Any]]:
        """Annotate a part.

        rows (Dict[str, Any]): Its number, as "item".
        RETURNS (Dict[str, List[Any]]): How many documents and words were read, or why it failed.
        """
        [number] = rows["item"].tolist()
        try:
            documents, words = _annotate(self, number)
            error = ""
        except Exception as raised:  # whatever it is, the command is to say so
            documents = words = 0
            error = f"{socket.gethostname()}: {str(raised) or repr(raised)}"
        return {"number": [number], "documents": [documents], "words": [words], "error": [error]}


def _annotate(work: Work, number: int) -> tuple[int, int]:
    """Annotate a part: how many documents and words were read."""
    with suppress(FileNotFoundError):  # needed only if names of files are relative
        os.chdir(work.folder)
    _see(work.task.manifest)
    _see(work.plan.parts[number].file)
    _count_start(work, number)
    nlp = _load(work.task.model, work.version)
    counts = write_part(nlp, work.task, work.plan, number, lambda *done: None)
    return counts.annotated + counts.failed, counts.words


@cache
def _load(model: str, version: str) -> Language:
    torch.set_num_threads(1)
    check_version(model, version)
    return load_entity_finder(model)


def _see(path: Path) -> None:
    if not path.exists():
        raise CodedError(Errors.E309.format(path=path.absolute()))


def _count_start(work: Work, number: int) -> None:
    """Count that a part is begun, since Ray would begin it for ever; files outlive workers."""
    with _starts(work.task, number).open("ab") as file:
        file.write(b".")
        lost = file.tell() - 1
    if lost > MOST_LOST:
        path, part = work.plan.parts[number]
        raise CodedError(Errors.E311.format(path=path, first=part.first, rows=part.rows, lost=lost))


def _starts(task: Task, number: int) -> Path:
    return task.work / f"starts-{number:06}"


def _annotate_parts(task: Task, plan: Plan, left: Sequence[int], advance: Advance) -> None:
    """Annotate parts on a cluster that this process is connected to."""
    from ray import data
    from ray.exceptions import RayError

    for number in left:
        _starts(task, number).unlink(missing_ok=True)  # of a run before this
    work = Work(task, plan, version_of(task.model), Path.cwd())
    numbers = data.from_items(list(left), override_num_blocks=len(left))
    numbers.context.enable_progress_bars = False
    numbers.context.execution_no_progress_timeout_s = -1  # a part may take hours
    rows = numbers.map_batches(
        work,
        batch_size=1,
        num_cpus=1,
        concurrency=task.workers and min(task.workers, len(left)),
    )
    try:
        with _quiet():
            for row in rows.iter_rows():
                if row["error"]:
                    raise JobError(row["number"], row["error"])
                advance(row["documents"], row["words"])
    except RayError as error:
        reason = str(error).strip().splitlines()[-1]  # before it is where in Ray that was
        raise CodedError(Errors.E312.format(error=reason)) from error
    # Folders of one name may be another's own, and a listing is never older than the rows.
    there = {path.name for path in task.work.iterdir()}
    for number in left:
        if task.done(number).name not in there:
            raise CodedError(Errors.E309.format(path=task.done(number).absolute()))


@contextmanager
def _quiet() -> Iterator[None]:
    """Let Ray Data tell what it does to its own files alone."""
    handlers = getLogger("ray.data").handlers
    console = [(one, one.level) for one in handlers if isinstance(one, StreamHandler)]
    for handler, _ in console:
        handler.setLevel(CRITICAL + 1)
    try:
        yield
    finally:
        for handler, level in console:
            handler.setLevel(level)


RAY = Engine(ready=lambda task: connected(task.address), annotate=_annotate_parts)
