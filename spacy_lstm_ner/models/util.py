"""What the architectures have in common."""

from typing import Any, cast

import torch
from thinc.api import Model
from torch import Tensor

from .shim import ModuleShim


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
