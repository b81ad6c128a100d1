"""The order of things: plan, workers, what is left when all parts are there."""

import json
import shutil
import time
from functools import reduce
from operator import add

from tqdm import tqdm

from ...errors import CodedError, Errors
from ...pipeline.loading import load_entity_finder
from ...pipeline.version import version_of
from ..lock import locked
from ..manifest import Facts, begin, check_folder, write_manifest
from ..outputs import make_folder, replaced
from ..processes import JobError
from .engines import engine_of
from .engines.engine import Engine
from .ids import count_repeated
from .part import Counts
from .plan import Plan, find_files, make_plan
from .task import Task, check_output


def annotate(task: Task) -> Counts:
    """Annotate texts, or go on with that.

    task (Task): What is to be done.
    RETURNS (Counts): How much is in the output.
    RAISES (ValueError): Something cannot be read or written, or a worker failed. Parts that are
        whole are kept.
    """
    check_output(task)
    engine = engine_of(task)
    check_folder(task.folder, begun=task.work.is_dir())
    load_entity_finder(task.model)  # before anything is made
    plan, facts = make_plan(task), facts_of(task)
    with engine.ready(task):
        make_folder(task.work)
        with locked(task.work):
            begin(task.manifest, facts, task.forget)
            _annotate(task, plan, engine)
            counts = _count(task, plan)
            _finish(task, plan, facts, counts)
    shutil.rmtree(task.folder if task.is_file else task.work)
    return counts


def facts_of(task: Task) -> Facts:
    """What the parts depend on, for the manifest."""
    files = [(file, file.stat()) for file in find_files(task.input)]
    return {
        "model": task.model,
        "version": version_of(task.model),
        "input": [[str(file), stat.st_size, stat.st_mtime_ns] for file, stat in files],
        "text": task.text,
        "id": task.id,
        "columns": None if task.columns is None else list(task.columns),
        "format": task.sink.ending[1:],
    }


def _annotate(task: Task, plan: Plan, engine: Engine) -> None:
    """Annotate the parts that are not there."""
    numbers = range(len(plan.parts))
    left = [i for i in numbers if not task.done(i).exists()]
    done = plan.rows - sum(plan.parts[i].range.rows for i in left)
    with tqdm(total=plan.rows, initial=done, unit="doc", desc="Annotating", leave=False) as bar:
        try:
            if left:
                engine.annotate(task, plan, left, _Progress(bar))
        except (JobError, CodedError) as error:
            whole = sum(task.done(i).exists() for i in numbers)
            message = Errors.E303.format(
                error=error, done=whole, parts=len(numbers), path=task.folder
            )
            raise CodedError(message) from error


class _Progress:
    """Words per second, beside a bar of documents."""

    def __init__(self, bar: "tqdm[None]") -> None:
        self.bar, self.words = bar, 0
        self.start: float | None = None  # when the first of them were there: loading takes a while

    def __call__(self, *done: int) -> None:
        documents, words = done
        if self.start is None:
            self.start = time.perf_counter()
        else:
            self.words += words
            rate = self.words / (time.perf_counter() - self.start)
            self.bar.set_postfix_str(f"{rate:,.0f} words/s", refresh=False)
        self.bar.update(documents)


def _count(task: Task, plan: Plan) -> Counts:
    """How much is in all parts, which must be what was read."""
    parts = (task.done(i).read_text(encoding="utf-8") for i in range(len(plan.parts)))
    counts = reduce(add, (Counts(**json.loads(part)) for part in parts), Counts())
    if counts.annotated + counts.failed != plan.rows:
        message = Errors.E304.format(
            read=plan.rows, annotated=counts.annotated, failed=counts.failed, path=task.folder
        )
        raise CodedError(message)
    repeated = count_repeated([task.ids(i) for i in range(len(plan.parts))])
    return counts._replace(repeated=repeated)


def _finish(task: Task, plan: Plan, facts: Facts, counts: Counts) -> None:
    """Write what there is of all parts together."""
    numbers = range(len(plan.parts))
    for leftover in task.folder.glob("part-*.part"):  # of a worker that was ended
        leftover.unlink()
    if counts.failed:
        with replaced(task.failures) as file:
            for i in numbers:
                file.write(task.failures_of(i).read_bytes())
    if task.sink.join is not None and task.is_file:
        with replaced(task.output) as file:
            task.sink.join(file, [task.part(i) for i in numbers])
    else:
        write_manifest(task.summary, {**facts, **counts._asdict()})
