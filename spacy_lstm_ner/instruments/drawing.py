"""Pictures. Nothing is shown on a screen, so none is needed."""

import io
from typing import TYPE_CHECKING

from ..errors import CodedError, Errors

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def is_possible() -> bool:
    """Whether matplotlib, of the extra `inspect`, is installed."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        return False
    return True


def figure(width: float, height: float) -> "tuple[Figure, Axes]":
    """An empty figure with one pair of axes.

    width, height (float): Its size in inches.
    RETURNS (Tuple[Figure, Axes]): The figure, of matplotlib.
    RAISES (ValueError): Matplotlib is not installed.
    """
    if not is_possible():
        raise CodedError(Errors.E180)
    from matplotlib.figure import Figure

    made = Figure(figsize=(width, height), layout="constrained")
    axes = made.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#e3e7ea", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8)
    return made, axes


def png(figure: "Figure") -> bytes:
    """Draw a figure as a PNG."""
    return _draw(figure, "png")


def svg(figure: "Figure") -> bytes:
    """Draw a figure as an SVG."""
    return _draw(figure, "svg")


def _draw(figure: "Figure", format: str) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=format, dpi=160)
    return buffer.getvalue()
