"""Torch as it is when it is imported, whatever other code in the process has asked of it.

Torch keeps some of its state for all code of a thread or of the process: gradients off, inference
mode, autocast, the default type and the default device. What a layer computes, learns and keeps
must not depend on who else is there. Each thread has this for itself, and none of it is changed
for others: the default type too, which all threads share, is only covered up.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import torch
from torch.overrides import TorchFunctionMode

P = ParamSpec("P")
T = TypeVar("T")

# What makes tensors of the default type if it is not told another.
_OF_DEFAULT_TYPE = {torch.empty, torch.zeros, torch.ones, torch.rand, torch.randn, torch.eye}


def neutrally(function: Callable[P, T]) -> Callable[P, T]:
    """Let a function find torch in the state that it has when imported.

    Where it is in that state, which it is nearly always, this costs a microsecond or two.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        if _is_neutral():
            return function(*args, **kwargs)
        with _neutralized():
            return function(*args, **kwargs)

    return run


def _is_neutral() -> bool:
    made = torch.empty(0)  # faster than to ask for the default device
    return (
        torch.is_grad_enabled()  # which it is not in inference mode either
        and made.is_cpu
        and made.dtype is torch.float32
        and not torch.is_autocast_enabled("cpu")
        and not torch.is_autocast_enabled("cuda")
    )


@contextmanager
def _neutralized() -> Iterator[None]:
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        for device in filter(torch.is_autocast_enabled, ("cpu", "cuda")):
            stack.enter_context(torch.autocast(device, enabled=False))
        stack.enter_context(torch.device("cpu"))
        stack.enter_context(_Float32())
        yield


class _Float32(TorchFunctionMode):
    """Makes tensors of 32-bit floats where no type is given."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        given = dict(kwargs or {})
        if func in _OF_DEFAULT_TYPE and given.get("dtype") is None:
            given["dtype"] = torch.float32
        return func(*args, **given)
