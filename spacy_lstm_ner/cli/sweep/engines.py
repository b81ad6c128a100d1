"""What runs trainings: processes of this machine, or tasks of a Ray cluster."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

from ...errors import CodedError, Errors
from .. import processes, remote
from ..cluster import connected
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

    RAISES (ValueError): There is none of this name, or it is none of a cluster and has an address.
    """
    if task.engine not in ENGINES:
        options = ", ".join(ENGINES)
        raise CodedError(Errors.E030.format(name="engine", value=task.engine, options=options))
    if task.address is not None and task.engine == "local":
        raise CodedError(Errors.E310.format(address=task.address))
    return ENGINES[task.engine]
