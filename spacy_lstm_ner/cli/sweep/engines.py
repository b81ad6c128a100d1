"""What runs trainings: processes of this machine, or tasks of a Ray cluster."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

from .. import processes, remote
from ..cluster import choose_engine, connected
from .task import Task


class Engine(NamedTuple):
    """What runs jobs.

    ready (Callable): A context in which it can work, by the task.
    run_all (Callable): Does jobs, as `processes.run_all` does.
    """

    ready: Callable[[Task], AbstractContextManager[None]]
    run_all: processes.RunAll


ENGINES = {
    "local": Engine(lambda task: nullcontext(), processes.run_all),
    "ray": Engine(lambda task: connected(task.address), remote.run_all),
}


def engine_of(task: Task) -> Engine:
    """The engine of a task.

    RAISES (ValueError): See `choose_engine`.
    """
    return choose_engine(ENGINES, task.engine, task.address)
