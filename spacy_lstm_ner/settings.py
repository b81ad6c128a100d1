"""Checks of numbers that somebody gives."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .errors import CodedError, Errors


def in_range(value: Any, low: float, high: float, *, above: bool = False) -> bool:
    """Whether a value is a finite number within bounds; truth values are none.

    low, high (float): The smallest and the largest allowed.
    above (bool): Whether the smallest is not allowed itself.
    """
    if not isinstance(value, int | float | np.integer | np.floating) or isinstance(value, bool):
        return False
    number = float(value)
    return math.isfinite(number) and (low < number if above else low <= number) and number <= high


def check_number(name: str, value: Any, low: float, high: float, *, above: bool = False) -> None:
    """Check a number.

    name (str): What it is given for.
    low, high (float): The smallest and the largest allowed.
    above (bool): Whether the smallest is not allowed itself.
    RAISES (ValueError): It is no number, or out of range.
    """
    if not in_range(value, low, high, above=above):
        expected = _told(low, high, above=above)
        raise CodedError(Errors.E034.format(name=name, value=repr(value), expected=expected))


def check_range(low: float, high: float, **settings: float | Sequence[float] | None) -> None:
    """Check numbers of a config that need not be given: None is allowed.

    low, high (float): The smallest and the largest allowed.
    settings (Union[float, Sequence[float], None]): Settings by name, one number or several.
    RAISES (ValueError): A number is out of range.
    """
    for name, value in settings.items():
        values = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        if not all(number is None or in_range(number, low, high) for number in values):
            expected = _told(low, high)
            raise CodedError(Errors.E034.format(name=name, value=repr(value), expected=expected))


def _told(low: float, high: float, *, above: bool = False) -> str:
    if above:
        return f"a number above {low:g}" + ("" if math.isinf(high) else f", {high:g} at most")
    if math.isinf(high):
        return f"a number of {low:g} or more"
    return f"a number from {low:g} to {high:g}"
