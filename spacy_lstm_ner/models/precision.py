"""The floating-point type of predictions."""

from typing import Literal, TypeAlias, get_args

import torch

from ..errors import CodedError, Errors

Precision: TypeAlias = Literal["auto", "float32", "bfloat16"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)


def check_precision(precision: str) -> Precision:
    """Return the setting if it is one of PRECISIONS.

    RAISES (ValueError): It is not.
    """
    if precision not in PRECISIONS:
        raise CodedError(Errors.E030.format(name="precision", value=precision, options=PRECISIONS))
    return precision


def resolve_precision(precision: Precision, device: torch.device) -> torch.dtype:
    """The number type to predict in.

    precision (Precision): "auto" is bfloat16 on a GPU that computes in it, and float32 elsewhere.
        On a CPU bfloat16 gains nothing, even in hardware: most of the products of 32-bit floats are
        never computed there, see `nn.lstm.scan`.
    device (torch.device): Where the computation runs.
    RETURNS (torch.dtype): torch.float32 or torch.bfloat16.
    """
    if precision == "auto":
        on_gpu = device.type == "cuda"
        computes_in_it = on_gpu and torch.cuda.get_device_capability(device)[0] >= 8
        return torch.bfloat16 if computes_in_it else torch.float32
    return torch.bfloat16 if precision == "bfloat16" else torch.float32
