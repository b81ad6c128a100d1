"""A page that shows how far the probabilities of a pipeline can be trusted."""

import base64
import html
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..training.outcomes import Outcomes
from ..training.reliability import (
    Bins,
    make_bins,
    perfect_forecast,
    precision_by_coverage,
    ranking_quality,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Numbers that can be the mode, as examples.
CUTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
BEFORE, AFTER, PERFECT = "#c2703d", "#2a78b5", "#8a949c"


def measures(outcomes: Outcomes) -> dict[str, float]:
    """What the probabilities of predicted entities are worth, in numbers."""
    probability = outcomes.probability[outcomes.predicted]
    right = outcomes.right[outcomes.predicted]
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


def draw_reliability(before: Outcomes, after: Outcomes) -> bytes:
    """Draw what was observed against what was forecast, in bins of equal mass, as a PNG."""
    figure, axis = _figure()
    axis.plot([0, 1], [0, 1], color=PERFECT, linewidth=1, label="a perfect forecaster")
    for outcomes, color, name in ((before, BEFORE, "before"), (after, AFTER, "after")):
        kept = outcomes.predicted
        bins = make_bins(outcomes.probability[kept], outcomes.right[kept])
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
    return _png(figure)


def draw_precision(before: Outcomes, after: Outcomes) -> bytes:
    """Draw the precision of the surest entities against how many they are, as a PNG."""
    figure, axis = _figure()
    lowest = 1.0
    for outcomes, color, name in ((before, BEFORE, "before"), (after, AFTER, "after")):
        kept = outcomes.predicted
        coverage, precision = precision_by_coverage(
            outcomes.probability[kept], outcomes.right[kept]
        )
        axis.plot(coverage, precision, color=color, linewidth=1.2, label=name)
        lowest = min(lowest, float(precision[-1]))
    axis.set(xlabel="share of predicted entities, the surest first", ylabel="precision")
    axis.set(xlim=(0, 1), ylim=(max(0.0, lowest - 0.05), 1.005))
    axis.legend(frameon=False, fontsize=8, loc="lower left")
    return _png(figure)


def _intervals(bins: Bins) -> tuple[Any, Any]:
    """Where the true share of each bin lies in 95 of 100 cases, by the score of Wilson 1927."""
    z2 = 1.96**2
    middle = (bins.observed + z2 / (2 * bins.size)) / (1 + z2 / bins.size)
    spread = bins.observed * (1 - bins.observed) / bins.size + z2 / (4 * bins.size**2)
    width = 1.96 * np.sqrt(spread) / (1 + z2 / bins.size)
    return np.minimum(middle - width, bins.observed), np.maximum(middle + width, bins.observed)


def _figure() -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.8, 4.2), layout="constrained")
    axis = figure.add_subplot()
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(color="#e3e7ea", linewidth=0.6)
    axis.set_axisbelow(True)
    axis.tick_params(labelsize=8)
    return figure, axis


def _png(figure: "Figure") -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=160)
    return buffer.getvalue()


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
    rows = [
        [name, *(_number(numbers[column][name]) for column in columns)]
        for name in numbers[columns[0]]
    ]
    images = "".join(
        f'<figure><img alt="{html.escape(name)}" src="data:image/png;base64,'
        f'{base64.b64encode(data).decode()}"><figcaption>{html.escape(name)}</figcaption></figure>'
        for name, data in pictures.items()
    )
    told = "".join(f"<li>{html.escape(promise)}</li>" for promise in promises)
    modes = [[_number(value) for value in row.values()] for row in points]
    return PAGE.format(
        title=html.escape(title),
        pictures=images,
        measures=_table(["predicted entities", *columns], rows),
        promises=f"<h2>Promises</h2><ul>{told}</ul>" if told else "",
        points=_table(list(points[0]), modes),
    )


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in header)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return (
        f"<div class=wide><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --ink: #20262b; --paper: #fff; --line: #d5dade; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --ink: #dfe5e9; --paper: #15191c; --line: #3a4248; }}
  img {{ background: #fff; border-radius: 4px; }}
}}
body {{ margin: 0 auto; max-width: 60rem; padding: 1rem; font: 16px/1.5 system-ui, sans-serif;
  color: var(--ink); background: var(--paper); }}
h1 {{ font-size: 1.4rem; }} h2 {{ font-size: 1.1rem; margin-top: 2rem; }}
.pictures {{ display: flex; flex-wrap: wrap; gap: 1rem; }}
figure {{ margin: 0; flex: 1 1 18rem; }} img {{ width: 100%; height: auto; }}
figcaption {{ font-size: .9rem; }}
.wide {{ overflow-x: auto; }} table {{ border-collapse: collapse; }}
th, td {{ padding: .25rem .75rem; border-bottom: 1px solid var(--line); text-align: right; }}
th:first-child, td:first-child {{ text-align: left; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>Of all entities that are given a probability of 0.8, four in five should be right. Each point is
a fifteenth of the predicted entities, and the line through it says how far chance may have moved
it. What is called <em>after</em> was fitted on the other half of the documents.</p>
<div class="pictures">{pictures}</div>
<h2>In numbers</h2>
{measures}
{promises}
<h2>If a number is the mode</h2>
<p>An entity is then predicted where its probability is above the number.</p>
{points}
</body>
</html>
"""
