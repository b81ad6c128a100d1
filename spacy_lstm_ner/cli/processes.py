"""Work in processes of their own, several at a time."""

import os
import signal
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import NamedTuple, Protocol, TypeVar, cast

import torch

JobT = TypeVar("JobT")


class Advance(Protocol):
    """What a job calls to say how much more is done: so many steps, and what else it counts."""

    def __call__(self, *done: int) -> None:
        """Say so."""


class JobError(Exception):
    """A job failed. Its message says why.

    number (int): Which one, from 0.
    """

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(reason)
        self.number = number


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))


class _Running(NamedTuple):
    process: BaseProcess
    number: int


def raise_error(error: JobError) -> None:
    """End what runs with an error of a job."""
    raise error


class RunAll(Protocol):
    """What does jobs, as `run_all` here does."""

    def __call__(
        self,
        work: Callable[[JobT, Advance], None],
        jobs: Sequence[JobT],
        *,
        workers: int | None,
        advance: Advance,
        failed: Callable[[JobError], None] = raise_error,
    ) -> None:
        """Do them."""


def run_all(
    work: Callable[[JobT, Advance], None],
    jobs: Sequence[JobT],
    *,
    workers: int | None,
    advance: Advance,
    failed: Callable[[JobError], None] = raise_error,
) -> None:
    """Do jobs, each in a process of its own that has one thread for torch.

    work (Callable[[JobT, Advance], None]): What to do, a function of a module.
    jobs (Sequence[JobT]): What to do it with; each can be pickled.
    workers (Optional[int]): How many processes there are at a time; None for one a core.
    advance (Advance): Is called with what the jobs say they have done.
    failed (Callable[[JobError], None]): Is told of each job that failed. The others go on if it
        returns; without it, the error is raised.
    RAISES (JobError): A job failed. Those that still run are ended, and none is begun.
    """
    workers = workers or cores()
    waiting = list(enumerate(jobs))
    running: dict[Connection, _Running] = {}
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                number, job = waiting.pop(0)
                running.update([_start(work, job, number)])
            for ready in wait(list(running)):
                try:
                    _receive(cast(Connection, ready), running, advance)
                except JobError as error:
                    failed(error)
    finally:
        for process, _ in running.values():
            process.terminate()
            process.join()


def _start(
    work: Callable[[JobT, Advance], None], job: JobT, number: int
) -> tuple[Connection, _Running]:
    context = get_context("spawn")  # a forked process may hang in libraries that have threads
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_do, args=(work, job, theirs), daemon=True)
    process.start()
    theirs.close()  # so that ours ends with the process
    return ours, _Running(process, number)


def _receive(connection: Connection, running: dict[Connection, _Running], advance: Advance) -> None:
    """Take a message of a process: steps, or why it failed; or nothing more, if it has ended."""
    process, number = running[connection]
    try:
        message: tuple[int, ...] | str = connection.recv()
    except EOFError:
        del running[connection]
        process.join()
        if process.exitcode:
            reason = f"its process ended with exit code {process.exitcode}"
            raise JobError(number, reason) from None
        return
    if isinstance(message, str):
        raise JobError(number, message)
    advance(*message)


def _do(work: Callable[[JobT, Advance], None], job: JobT, connection: Connection) -> None:
    """What happens in a process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process ends this one
    torch.set_num_threads(1)
    try:
        work(job, lambda *done: connection.send(done))
    except Exception as error:  # whatever it is, the first process is to say so
        connection.send(str(error) or repr(error))
