"""Charts of measurements."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")  # no screen is needed
from matplotlib import pyplot, ticker

PANELS = {
    "components_alone": "Components alone, words per second",
    "raw_text": "From raw text, tokens per second",
    "one_document": "One document of 22 words, milliseconds",
    "by_length": "By length of documents, words per second",
}
# What names of measures of this package have in them.
NAMES_OF_OURS = ("lstm_ner", "tokens", "annotate")
OURS, OTHERS = "#2a78b5", "#b9c3cc"


def draw_bars(result: dict[str, Any], path: Path, *, panels: Mapping[str, str] = PANELS) -> None:
    """Draw medians as bars, and from the lowest to the highest round as a line on each.

    result (Dict[str, Any]): For each panel, what was measured by name: median, low and high.
    path (Path): Where the PNG goes.
    panels (Mapping[str, str]): The titles of panels, by their name in the result.
    """
    heights = [len(result[name]) + 1.2 for name in panels]
    figure, axes = pyplot.subplots(
        len(panels), figsize=(8, 0.36 * sum(heights)), height_ratios=heights, squeeze=False
    )
    for axis, (name, title) in zip(axes[:, 0], panels.items(), strict=True):
        bars = list(result[name].items())[::-1]
        medians = [spread["median"] for _, spread in bars]
        error = [
            [spread["median"] - spread["low"] for _, spread in bars],
            [spread["high"] - spread["median"] for _, spread in bars],
        ]
        colors = [OURS if any(name in key for name in NAMES_OF_OURS) else OTHERS for key, _ in bars]
        axis.barh([key for key, _ in bars], medians, xerr=error, color=colors, ecolor="#44505a")
        highest = max(spread["high"] for _, spread in bars)
        for i, (_, spread) in enumerate(bars):
            label = f"{spread['median']:,.0f}" if highest > 100 else f"{spread['median']:.2f}"
            axis.text(spread["high"] + highest / 80, i, label, va="center", fontsize=8)
        axis.set_xlim(0, 1.12 * highest)
        axis.set_title(title, loc="left", fontsize=10)
        axis.spines[["top", "right"]].set_visible(False)
        axis.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
        axis.tick_params(labelsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def draw_front(points: Mapping[str, tuple[float, float]], path: Path) -> None:
    """Draw what is fast and accurate, and a line through all that nothing else beats at both.

    points (Mapping[str, Tuple[float, float]]): Words per second and F1 by name.
    path (Path): Where the PNG goes.
    """
    front = front_of(points)
    figure, axis = pyplot.subplots(figsize=(8, 4.5))
    axis.plot(*zip(*(points[name] for name in front), strict=True), color=OURS, zorder=1)
    for number, name in enumerate(fastest_first(points), 1):
        point, color = points[name], OURS if name in front else OTHERS
        axis.scatter(*point, s=150, color=color, zorder=2, label=f"{number}  {name}")
        axis.annotate(str(number), point, ha="center", va="center", fontsize=8, color="white")
    # Names beside the chart, since points can be close to each other
    axis.legend(
        loc="upper left",
        bbox_to_anchor=(1, 1),
        frameon=False,
        fontsize=9,
        handlelength=0,
        markerscale=0,
    )
    axis.set_xscale("log")
    axis.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    axis.xaxis.set_minor_locator(ticker.NullLocator())
    axis.margins(0.1)
    axis.set_xlabel("words per second", fontsize=9)
    axis.set_ylabel("F1, mean of the corpora", fontsize=9)
    axis.spines[["top", "right"]].set_visible(False)
    axis.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    axis.tick_params(labelsize=8)
    figure.savefig(path, dpi=120, bbox_inches="tight")


def front_of(points: Mapping[str, tuple[float, float]]) -> list[str]:
    """The names of the points that no other beats at both, from the fastest on."""
    front: list[str] = []
    for name in fastest_first(points):
        if not front or points[name][1] > points[front[-1]][1]:
            front.append(name)
    return front


def fastest_first(points: Mapping[str, tuple[float, float]]) -> list[str]:
    """The names of points from the fastest on; of equally fast ones, the more accurate first."""
    return sorted(points, key=lambda name: points[name], reverse=True)
