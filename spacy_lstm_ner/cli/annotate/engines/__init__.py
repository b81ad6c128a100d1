"""What does the parts that are left, one engine a file."""

from ...cluster import choose_engine
from ..task import Task
from .engine import Engine
from .local import LOCAL
from .ray import RAY

ENGINES = {"local": LOCAL, "ray": RAY}


def engine_of(task: Task) -> Engine:
    """The engine of a task.

    RAISES (ValueError): See `choose_engine`.
    """
    return choose_engine(ENGINES, task.engine, task.address)
