"""What an engine offers: being there, and doing the parts that are left."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

from ...processes import Advance
from ..plan import Plan
from ..task import Task


class Engine(NamedTuple):
    """What runs workers.

    ready (Callable): A context in which it can work, by the task. An error here is none of a
        worker's, and nothing has been written.
    annotate (Callable): Write parts, by the task, the plan, the numbers of the parts, and what is
        told how many documents and words more are read. A part may be written more than once; it
        is the same each time.
    """

    ready: Callable[[Task], AbstractContextManager[None]]
    annotate: Callable[[Task, Plan, Sequence[int], Advance], None]
