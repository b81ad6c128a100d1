"""In which numbers to predict."""

import torch

from ..errors import Errors

PRECISIONS = ("auto", "float32", "bfloat16")


def check_precision(precision: str) -> str:
    """Return the setting if it is one of PRECISIONS.

    RAISES (ValueError): It is not.
    """
    if precision not in PRECISIONS:
        raise ValueError(Errors.E030.format(name="precision", value=precision, options=PRECISIONS))
    return precision


def resolve_precision(precision: str, device: torch.device) -> torch.dtype:
    """The number type to predict in.

    precision (str): One of PRECISIONS. "auto" is bfloat16 where the hardware computes in it, which
        is twice as fast or more, and float32 elsewhere, where it would be emulated.
    device (torch.device): Where the computation runs.
    RETURNS (torch.dtype): torch.float32 or torch.bfloat16.
    """
    if precision == "auto":
        return torch.bfloat16 if _computes_in_bfloat16(device) else torch.float32
    return torch.bfloat16 if precision == "bfloat16" else torch.float32


def _computes_in_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    # Torch has no public name for these two questions yet.
    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, check, bool)() for check in checks)
