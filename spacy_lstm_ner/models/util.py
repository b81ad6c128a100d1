"""What the architectures have in common."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar, cast

import torch
from thinc.api import Model, set_dropout_rate
from torch import Tensor

from ..errors import Warnings
from ..nn.neutral import neutrally
from .shim import module_shims, own_shim

Forward = TypeVar("Forward", bound=Callable[..., tuple[Any, Any]])


def neutral_layer(forward: Forward) -> Forward:
    """Let both passes of a layer find torch as it is when imported, see `nn.neutral`."""
    run_forward = neutrally(forward)

    @wraps(forward)
    def run(model: Model[Any, Any], inputs: Any, is_train: bool) -> tuple[Any, Any]:
        outputs, backprop = run_forward(model, inputs, is_train)
        return outputs, neutrally(backprop) if is_train else backprop

    return cast(Forward, run)


def gradient_of(leaf: Tensor) -> Tensor:
    """The gradient that a backward pass left on a leaf; zero if nothing depended on it."""
    return torch.zeros_like(leaf) if leaf.grad is None else leaf.grad


# Attributes of layers that hold dropout rates of their own, and the settings that they come from.
OWN_RATES = {
    "fixed_dropout": "dropout",
    "recurrent_dropout": "recurrent_dropout",
    "word_dropout": "word_dropout",
    "case_noise": "case_noise",
}
# Rates of the default config: a user who left them there has not asked for them.
DEFAULT_RATES = {
    "dropout": 0.5,
    "recurrent_dropout": 0.3,
    "word_dropout": 0.05,
}


def get_dropout(model: Model[Any, Any]) -> float:
    """The rate of a layer's locked dropout: its own if it has one, else that of [training].

    A rate of 0 in [training] silences every kind of dropout.
    """
    own = model.attrs["fixed_dropout"]
    return model.attrs["dropout_rate"] if own is None else get_own_rate(model, "fixed_dropout")


def get_own_rate(model: Model[Any, Any], name: str) -> float:
    """A dropout rate that a layer has by itself, 0 if it has none, or if [training] has 0.

    name (str): The attribute that holds the rate, one of OWN_RATES.
    """
    if model.attrs["dropout_rate"] > 0.0:
        return model.attrs.get(name) or 0.0
    _warn_of_silenced_rates(model)
    return 0.0


def _warn_of_silenced_rates(model: Model[Any, Any]) -> None:
    shim = own_shim(model)
    rates = {setting: model.attrs.get(attr) for attr, setting in OWN_RATES.items()}
    ignored = {
        name: rate for name, rate in rates.items() if rate and rate != DEFAULT_RATES.get(name)
    }
    if ignored and not (shim.rehearses or shim.warned_of_dropout):
        shim.warned_of_dropout = True
        settings = ", ".join(f"{name} = {rate}" for name, rate in ignored.items())
        message = Warnings.W002.format(layer=model.name, settings=settings)
        warnings.warn(message, UserWarning, stacklevel=2)


@contextmanager
def without_dropout(model: Model[Any, Any]) -> Iterator[None]:
    """Silence dropout in training for a while, as a rehearsal wants it."""
    set_dropout_rate(model, 0.0)
    shims = module_shims(model)
    for shim in shims:
        shim.rehearses = True
    try:
        yield
    finally:
        for shim in shims:
            shim.rehearses = False
