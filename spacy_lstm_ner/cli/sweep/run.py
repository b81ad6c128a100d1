"""The order of things."""

import shutil
from collections.abc import Sequence
from typing import NamedTuple

from thinc.api import Config
from tqdm import tqdm

from ...errors import shorten
from ..lock import locked
from ..manifest import check_folder, fits, write_manifest
from ..outputs import make_folder
from ..processes import JobError, RunAll, run_all
from .engines import engine_of
from .kept import keep_config
from .results import Result, read_results, write_results
from .task import Task, facts_of, read_configs
from .training import PART, SCORES, Training, train

# The bar of trainings; there are too few for a rate.
BAR = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}{postfix}]"


class Failure(NamedTuple):
    """A training that failed, and why."""

    training: Training
    reason: str


def sweep(task: Task) -> tuple[dict[str, Result], list[Failure]]:
    """Train by each config with each seed, or go on with that, and write what comes of it.

    task (Task): What is to be done.
    RETURNS (Tuple[Dict[str, Result], List[Failure]]): What came of each config, by its name; and
        the trainings that failed.
    RAISES (ValueError): Something cannot be read or written, or is not what it was. Trainings that
        are whole are kept.
    """
    configs, engine = read_configs(task), engine_of(task)
    check_folder(task.output, begun=task.work.is_dir())
    with engine.ready(task):
        make_folder(task.work)
        with locked(task.work):
            for name, config in configs.items():
                _begin(task, name, config)
            trainings = {name: task.trainings(name) for name in configs}
            every = [training for each in trainings.values() for training in each]
            failures = train_all(every, workers=task.workers, run_all=engine.run_all)
            results = {name: read_results(each) for name, each in trainings.items()}
            write_results(task.results, results)
    return results, failures


def train_all(
    trainings: Sequence[Training], *, workers: int | None = None, run_all: RunAll = run_all
) -> list[Failure]:
    """Do trainings that are not done yet, several at a time, each in a process with one thread.

    trainings (Sequence[Training]): What to do, each in a folder of its own.
    workers (Optional[int]): How many at a time; None for as many as there are cores.
    run_all (RunAll): What runs them.
    RETURNS (List[Failure]): Those that failed; the others are done.
    """
    left = [training for training in trainings if not training.is_done]
    failures: list[Failure] = []
    total, done = len(trainings), len(trainings) - len(left)
    with tqdm(
        desc="Trainings",
        total=total,
        initial=done,
        leave=False,
        disable=not left,
        bar_format=BAR,
        miniters=0,  # so that steps are shown between the ends of trainings too
    ) as bar:
        progress = _Progress(bar)

        def note(error: JobError) -> None:
            failures.append(Failure(left[error.number], shorten(str(error))))
            progress(0, 1)

        run_all(train, left, workers=workers, advance=progress, failed=note)
    return failures


class _Progress:
    """Steps, beside a bar of trainings."""

    def __init__(self, bar: "tqdm[None]") -> None:
        self.bar, self.steps = bar, 0

    def __call__(self, *done: int) -> None:
        steps, trainings = done
        self.steps += steps
        self.bar.set_postfix_str(f"{self.steps:,} steps", refresh=False)
        self.bar.update(trainings)


def _begin(task: Task, name: str, config: Config) -> None:
    """Prepare the folder of a config; what was trained there by another one is an error."""
    folder, manifest = task.folder(name), task.manifest(name)
    begun = manifest.exists() and any(folder.glob(f"*/{SCORES}"))
    if not begun:
        check_folder(folder, begun=task.config(name).exists())
        shutil.rmtree(folder, ignore_errors=True)
    for leftover in folder.glob(f"*{PART}"):
        shutil.rmtree(leftover, ignore_errors=True)
    keep_config(config, task.config(name))
    facts = facts_of(config)
    if not fits(manifest, facts):
        write_manifest(manifest, facts)
