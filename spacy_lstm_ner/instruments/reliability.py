"""A page that shows how far the probabilities of a pipeline can be trusted."""

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..training.outcomes import Outcomes
from ..training.reliability import (
    Bins,
    Forecasts,
    make_bins,
    perfect_forecast,
    precision_by_coverage,
    ranking_quality,
)
from . import drawing, page

# Numbers that can be the mode, as examples.
CUTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
COLORS, PERFECT = ("#c2703d", "#2a78b5"), "#8a949c"


def measures(forecasts: Forecasts) -> dict[str, float]:
    """What the probabilities of predicted entities are worth, in numbers."""
    probability, right = forecasts
    error = make_bins(probability, right).error
    perfect = perfect_forecast(probability, error)
    _, precision = precision_by_coverage(probability, right)
    return {
        "entities": len(probability),
        "calibration error": error,
        "of a perfect forecaster": perfect.mean,
        "95 of 100 such below": perfect.high,
        "p": perfect.p_value,
        "ranking (AUROC)": ranking_quality(probability, right),
        "right in the surest half": float(precision[: (len(precision) + 1) // 2][-1:].sum()),
    }


def operating_points(outcomes: Outcomes) -> list[dict[str, float]]:
    """Precision, recall and F1 by the number that is the mode."""
    rows = []
    for cut in CUTS:
        chosen = outcomes.chosen({"": cut})
        precision, recall = outcomes.precision(chosen), outcomes.recall(chosen)
        p = precision.right / max(1, precision.total)
        r = recall.right / max(1, recall.total)
        rows.append({"mode": cut, "precision": p, "recall": r, "F1": 2 * p * r / max(1e-9, p + r)})
    return rows


def draw_reliability(forecasts: Mapping[str, Forecasts]) -> bytes:
    """Draw what was observed against what was forecast, in bins of equal mass, as a PNG.

    forecasts (Mapping[str, Forecasts]): One or two to draw, by name.
    """
    figure, (axis,) = drawing.figure(4.8, 4.2)
    axis.plot([0, 1], [0, 1], color=PERFECT, linewidth=1, label="a perfect forecaster")
    for (name, (probability, right)), color in zip(forecasts.items(), COLORS, strict=False):
        bins = make_bins(probability, right)
        low, high = _intervals(bins)
        axis.errorbar(
            bins.forecast,
            bins.observed,
            yerr=[bins.observed - low, high - bins.observed],
            color=color,
            marker="o",
            markersize=4,
            linewidth=1.2,
            elinewidth=0.8,
            label=f"{name}: error {bins.error:.4f}",
        )
    axis.set(xlabel="probability that was given", ylabel="share that was right")
    axis.set(xlim=(0, 1.02), ylim=(0, 1.02), aspect="equal")
    axis.legend(frameon=False, fontsize=8, loc="upper left")
    return drawing.png(figure)


def draw_precision(forecasts: Mapping[str, Forecasts]) -> bytes:
    """Draw the precision of the surest entities against how many they are, as a PNG.

    forecasts (Mapping[str, Forecasts]): One or two to draw, by name.
    """
    figure, (axis,) = drawing.figure(4.8, 4.2)
    lowest = 1.0
    for (name, (probability, right)), color in zip(forecasts.items(), COLORS, strict=False):
        coverage, precision = precision_by_coverage(probability, right)
        axis.plot(coverage, precision, color=color, linewidth=1.2, label=name)
        lowest = min(lowest, float(precision[-1]))
    axis.set(xlabel="share of predicted entities, the surest first", ylabel="precision")
    axis.set(xlim=(0, 1), ylim=(max(0.0, lowest - 0.05), 1.005))
    axis.legend(frameon=False, fontsize=8, loc="lower left")
    return drawing.png(figure)


def _intervals(bins: Bins) -> tuple[Any, Any]:
    """Where the true share of each bin lies in 95 of 100 cases, by the score of Wilson 1927."""
    z2 = 1.96**2
    middle = (bins.observed + z2 / (2 * bins.size)) / (1 + z2 / bins.size)
    spread = bins.observed * (1 - bins.observed) / bins.size + z2 / (4 * bins.size**2)
    width = 1.96 * np.sqrt(spread) / (1 + z2 / bins.size)
    return np.minimum(middle - width, bins.observed), np.maximum(middle + width, bins.observed)


def render_page(
    title: str,
    numbers: Mapping[str, Mapping[str, float]],
    points: Sequence[Mapping[str, float]],
    promises: Iterable[str],
    pictures: Mapping[str, bytes],
) -> str:
    """Write the page: one file, without anything from elsewhere.

    title (str): Its heading.
    numbers (Mapping[str, Mapping[str, float]]): `measures` of several outcomes, by name.
    points (Sequence[Mapping[str, float]]): What `operating_points` gave.
    promises (Iterable[str]): What was promised, a sentence each.
    pictures (Mapping[str, bytes]): PNGs by what they show.
    RETURNS (str): HTML.
    """
    columns = list(numbers)
    rows = [[name, *(numbers[column][name] for column in columns)] for name in numbers[columns[0]]]
    told = "".join(f"<li>{html.escape(promise)}</li>" for promise in promises)
    parts = [
        LEAD,
        page.pictures(pictures),
        "<h2>In numbers</h2>",
        page.table(["predicted entities", *columns], rows),
        f"<h2>Promises</h2><ul>{told}</ul>" if told else "",
        MODES,
        page.table(list(points[0]), [list(row.values()) for row in points]),
    ]
    return page.render(title, "\n".join(parts))


LEAD = """<p>Of all entities that are given a probability of 0.8, four in five should be right. Each
point is a fifteenth of the predicted entities, and the line through it says how far chance may have
moved it. What is called <em>after</em> was fitted on the other half of the documents.</p>"""
MODES = """<h2>If a number is the mode</h2>
<p>An entity is then predicted where its probability is above the number.</p>"""
