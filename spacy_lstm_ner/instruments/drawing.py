"""Pictures. Nothing is shown on a screen, so none is needed."""

import io
from typing import TYPE_CHECKING

from ..errors import CodedError, Errors
from ..types import Doubles

# For curves in one figure: told apart by people who see no red or green, too (Okabe and Ito 2008).
COLORS = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999"

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


def figure(width: float, height: float, *, columns: int = 1) -> "tuple[Figure, list[Axes]]":
    """An empty figure.

    width, height (float): Its size in inches.
    columns (int): How many pairs of axes it has, side by side, with one scale upwards.
    RETURNS (Tuple[Figure, List[Axes]]): The figure, of matplotlib, and its axes.
    RAISES (ValueError): Matplotlib is not installed.
    """
    if not is_possible():
        raise CodedError(Errors.E180)
    from matplotlib.figure import Figure

    made = Figure(figsize=(width, height), layout="constrained")
    all_axes = made.subplots(1, columns, sharey=True, squeeze=False)[0]
    for axes in all_axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="#e3e7ea", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.tick_params(labelsize=8)
    return made, list(all_axes)


def png(figure: "Figure") -> bytes:
    """Draw a figure as a PNG."""
    return _draw(figure, "png")


def svg(figure: "Figure") -> bytes:
    """Draw a figure as an SVG."""
    return _draw(figure, "svg")


def pixels(values: Doubles, *, low: float, high: float) -> bytes:
    """Draw an array as a PNG with a pixel for each number.

    values (Doubles): shape: (rows, columns).
    low, high (float): The numbers at both ends of the colors. They go from white to blue, or, if
        `low` is negative, from red over white to blue.
    RETURNS (bytes): The picture.
    RAISES (ValueError): Matplotlib is not installed.
    """
    if not is_possible():
        raise CodedError(Errors.E180)
    from matplotlib.image import imsave

    buffer = io.BytesIO()
    colors = "RdBu" if low < 0 else "Blues"
    imsave(buffer, values, vmin=low, vmax=high, cmap=colors, format="png")
    return buffer.getvalue()


def _draw(figure: "Figure", format: str) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=format, dpi=160)
    return buffer.getvalue()
