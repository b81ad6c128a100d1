"""The processes of a training, as torch's launcher has started them.

Whatever is called here, all of them call in the same order. Without a launcher there is one.
"""

import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

import torch
from torch import Tensor, distributed

from ..errors import CodedError, Errors

T = TypeVar("T")

# What torch's launcher tells each process in its environment.
LAUNCHED = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


def count() -> int:
    """How many processes there are."""
    return distributed.get_world_size() if _joined() else 1


def rank() -> int:
    """The number of this process, from 0."""
    return distributed.get_rank() if _joined() else 0


def add_up(tensor: Tensor) -> None:
    """Make a tensor the sum of those that all processes have, in place.

    tensor (Tensor): Of one shape and type everywhere.
    RAISES (ValueError): Another process has ended.
    """
    if _joined():
        with _listening():
            distributed.all_reduce(tensor)


def maximize(tensor: Tensor) -> None:
    """Make each number of a tensor the largest that any process has, in place.

    tensor (Tensor): Of one shape and type everywhere.
    RAISES (ValueError): Another process has ended.
    """
    if _joined():
        with _listening():
            distributed.all_reduce(tensor, distributed.ReduceOp.MAX)


def agree(number: int, device: torch.device) -> bool:
    """Whether all processes have the same number.

    number (int): The number, of at most 63 bits.
    device (torch.device): Where tensors are that are added up.
    RAISES (ValueError): Another process has ended.
    """
    extremes = torch.tensor([number, -number], device=device)
    maximize(extremes)
    largest, smallest = extremes.tolist()
    return bool(largest == -smallest)


def exchange(value: T) -> list[T]:
    """What each process has, in the order of their numbers.

    value (T): What this one has; it can be pickled.
    RAISES (ValueError): Another process has ended.
    """
    values = [value] * count()
    if _joined():
        with _listening():
            distributed.all_gather_object(values, value)
    return values


@cache
def _joined() -> bool:
    """Whether there are others. Waits for all of them, once."""
    if any(name not in os.environ for name in LAUNCHED) or os.environ["WORLD_SIZE"] == "1":
        return False
    if not distributed.is_initialized():
        distributed.init_process_group()  # gloo for CPUs, NCCL for GPUs
        # Its threads must not outlive the interpreter.
        atexit.register(distributed.destroy_process_group)
    return True


@contextmanager
def _listening() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:  # of which torch's own are kinds
        raise CodedError(Errors.E320.format(rank=rank(), error=error)) from error
