"""In which numbers to predict."""

from typing import Any

import torch
from thinc.api import Model, deserialize_attr

from ..errors import Errors

PRECISIONS = ("auto", "float32", "bfloat16")


class Precision(str):
    """The setting on a layer. It is the config's, also where saved weights are loaded."""

    __slots__ = ()


@deserialize_attr.register(Precision)
def _keep(present: Precision, value: Any, name: str, model: Model[Any, Any]) -> Precision:
    return present


def check_precision(precision: str) -> Precision:
    """Return the setting if it is one of PRECISIONS.

    RAISES (ValueError): It is not.
    """
    if precision not in PRECISIONS:
        raise ValueError(Errors.E030.format(name="precision", value=precision, options=PRECISIONS))
    return Precision(precision)


def resolve_precision(precision: str, device: torch.device) -> torch.dtype:
    """The number type to predict in.

    precision (str): One of PRECISIONS. "auto" is bfloat16 on a GPU that computes in it, and float32
        elsewhere. On a CPU bfloat16 gains nothing, even in hardware: most of the products of
        32-bit floats are never computed there, see `nn.lstm.scan`.
    device (torch.device): Where the computation runs.
    RETURNS (torch.dtype): torch.float32 or torch.bfloat16.
    """
    if precision == "auto":
        on_gpu = device.type == "cuda"
        computes_in_it = on_gpu and torch.cuda.get_device_capability(device)[0] >= 8
        return torch.bfloat16 if computes_in_it else torch.float32
    return torch.bfloat16 if precision == "bfloat16" else torch.float32
