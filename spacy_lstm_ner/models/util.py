"""What the architectures have in common."""

import math
from collections.abc import Sequence
from typing import Any, cast

import torch
from thinc.api import Model
from torch import Tensor

from ..errors import Errors
from .shim import ModuleShim


def check_range(low: float, high: float, **settings: float | Sequence[float] | None) -> None:
    """Check numbers of a config; None is always allowed.

    low, high (float): The smallest and the largest allowed.
    settings (Union[float, Sequence[float], None]): Settings by name, one number or several.
    RAISES (ValueError): A number is out of range.
    """
    expected = f"{low:g} or more" if math.isinf(high) else f"{low:g} to {high:g}"
    for name, value in settings.items():
        values = value if isinstance(value, Sequence) else [value]
        if not all(number is None or low <= number <= high for number in values):
            raise ValueError(Errors.E034.format(name=name, value=value, expected=expected))


def own_shim(model: Model[Any, Any]) -> ModuleShim:
    """The shim of a node, with or without a module."""
    return cast(ModuleShim, model.shims[0])


def get_shim(model: Model[Any, Any]) -> ModuleShim:
    """The shim of a node.

    RAISES (KeyError): The node was not initialized, as spaCy expects to hear it (its E109).
    """
    shim = own_shim(model)
    if shim.module is None:
        raise KeyError(model.name)
    return shim


def gradient_of(leaf: Tensor) -> Tensor:
    """The gradient that a backward pass left on a leaf; zero if nothing depended on it."""
    return torch.zeros_like(leaf) if leaf.grad is None else leaf.grad


def get_dropout(model: Model[Any, Any]) -> float:
    """The node's own rate if it has one, else the one that `set_dropout_rate` put there."""
    fixed = model.attrs.get("fixed_dropout")
    return model.attrs["dropout_rate"] if fixed is None else fixed
