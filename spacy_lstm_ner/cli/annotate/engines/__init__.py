"""What does the parts that are left, one engine a file."""

from ....errors import CodedError, Errors
from ..task import Task
from .engine import Engine
from .local import LOCAL
from .ray import RAY

ENGINES = {"local": LOCAL, "ray": RAY}


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
