"""Processes of this machine, each of which takes the next part that nobody has taken."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized

from ....pipeline.loading import load_entity_finder
from ...processes import Advance, JobError, cores, run_all
from ..part import write_part
from ..plan import Plan
from ..task import Task
from .engine import Engine


@dataclass(frozen=True)
class Share:
    """What a worker is given.

    task (Task): What is to be done.
    plan (Plan): The columns, and the parts.
    left (Sequence[int]): The numbers of the parts that are to do.
    taken (Synchronized): How many of these are taken, by all workers.
    """

    task: Task
    plan: Plan
    left: Sequence[int]
    taken: "Synchronized[int]"

    def take(self) -> int | None:
        """The number of a part that nobody has taken; None if there is no more."""
        with self.taken.get_lock():
            taken = self.taken.value
            self.taken.value += 1
        return self.left[taken] if taken < len(self.left) else None


def annotate_share(share: Share, advance: Advance) -> None:
    """Annotate parts.

    share (Share): What is to be done.
    advance (Advance): Is told how many documents and words more are read.
    RAISES (ValueError): Something cannot be read or written.
    """
    nlp = load_entity_finder(share.task.model)
    while (number := share.take()) is not None:
        write_part(nlp, share.task, share.plan, number, advance)


def _annotate_parts(task: Task, plan: Plan, left: Sequence[int], advance: Advance) -> None:
    """Annotate parts, in several processes. When a worker fails, the others are ended."""
    workers = min(task.workers or cores(), len(left))
    shares = [Share(task, plan, left, get_context("spawn").Value("q", 0))] * workers
    if workers == 1:  # a process of its own would take a while to start
        try:
            annotate_share(shares[0], advance)
        except Exception as error:  # as a process would
            raise JobError(0, str(error) or repr(error)) from error
    else:
        run_all(annotate_share, shares, workers=workers, advance=advance)


LOCAL = Engine(ready=lambda task: nullcontext(), annotate=_annotate_parts)
