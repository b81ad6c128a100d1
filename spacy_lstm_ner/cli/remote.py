"""Work on the machines of a Ray cluster, several jobs at a time."""

import os
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from .processes import Advance, JobError, JobT, raise_error

# How often a job whose process or machine was lost is begun anew.
RETRIES = 3
# Seconds between looks at what is done.
INTERVAL = 0.5


def run_all(
    work: Callable[[JobT, Advance], None],
    jobs: Sequence[JobT],
    *,
    workers: int | None,
    advance: Advance,
    failed: Callable[[JobError], None] = raise_error,
) -> None:
    """Do jobs, each in a process of its own with one thread, on the cluster that is connected to.

    A job whose process or machine is lost is begun anew, so that more steps may be told than it
    has; the one that was taken for lost may go on for a while.

    work (Callable[[JobT, Advance], None]): What to do, a function of a module.
    jobs (Sequence[JobT]): What to do it with; each can be pickled.
    workers (Optional[int]): How many there are at a time; None for as many as there are cores.
    advance (Advance): Is called with what the jobs say they have done.
    failed (Callable[[JobError], None]): Is told of each job that failed. The others go on if it
        returns; without it, the error is raised.
    RAISES (JobError): A job failed. Those that still run are ended, and none is begun.
    """
    import ray

    told = _make_teller()
    do = ray.remote(num_cpus=1, max_retries=RETRIES, max_calls=1)(_do)
    waiting = list(enumerate(jobs))
    running: dict[Any, int] = {}
    try:
        while waiting or running:
            while waiting and (workers is None or len(running) < workers):
                number, job = waiting.pop(0)
                running[do.remote(work, job, told, Path.cwd())] = number
            ended, _ = ray.wait(list(running), timeout=INTERVAL)
            for done in ray.get(told.take.remote()):
                advance(*done)
            for reference in ended:
                number, reason = running.pop(reference), _reason(reference)
                if reason:
                    failed(JobError(number, reason))
    finally:
        for reference in running:
            ray.cancel(reference, force=True)
        ray.kill(told)


class _Told:
    """What jobs say they have done, until somebody asks."""

    def __init__(self) -> None:
        self.done: list[tuple[int, ...]] = []

    def add(self, *done: int) -> None:
        self.done.append(done)

    def take(self) -> list[tuple[int, ...]]:
        done, self.done = self.done, []
        return done


def _make_teller() -> Any:
    """What jobs tell; on this machine, so that it is lost with no other."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    return ray.remote(num_cpus=0, scheduling_strategy=here)(_Told).remote()


def _reason(reference: Any) -> str | None:
    """Why a job failed, if it did."""
    import ray

    try:
        return ray.get(reference)
    except ray.exceptions.RayError as error:  # it was lost too often
        return str(error) or repr(error)


def _do(work: Callable[[JobT, Advance], None], job: JobT, told: Any, folder: Path) -> str | None:
    """What happens in a process; RETURNS why it failed, if it did."""
    import ray

    last = None

    def advance(*done: int) -> None:
        nonlocal last
        last = told.add.remote(*done)

    try:
        os.chdir(folder)  # names of files may be relative
        torch.set_num_threads(1)
        work(job, advance)
    except Exception as error:  # whatever it is, the first process is to say so
        return f"{socket.gethostname()}: {str(error) or repr(error)}"
    if last is not None:
        ray.get(last)  # so that all is told before it ends
    return None
