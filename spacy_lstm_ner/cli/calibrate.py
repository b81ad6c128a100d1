"""`python -m spacy lstm-ner calibrate`: probabilities that are as often right as they say."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated as Option

import typer
from wasabi import msg

from ..errors import Warnings
from ..instruments import drawing, reliability
from ..pipeline.calibrate import Fit, Wish, calibrate
from ..pipeline.loading import load_pipeline
from ..training.calibration import Point
from ..training.reliability import Forecasts
from . import lstm_ner_cli, printable
from .examples import read_examples
from .pipelines import find_recognizer, write_pipeline

# Where in the pipeline's folder the page and its pictures go.
FOLDER = "calibration"


@lstm_ner_cli.command("calibrate")
def calibrate_cli(
    model: Option[str, typer.Argument(help="Pipeline: its folder or package name")],
    data_path: Option[
        Path, typer.Argument(help="Annotated text it was not trained on, as .spacy", exists=True)
    ],
    output_path: Option[Path, typer.Argument(help="Folder for the calibrated pipeline")],
    precision: Option[
        float | None, typer.Option("--precision", "-p", help='To promise in the mode "precision"')
    ] = None,
    recall: Option[
        float | None, typer.Option("--recall", "-r", help='To promise in the mode "recall"')
    ] = None,
    per_label: Option[
        bool, typer.Option("--per-label", "-l", help="Promise it for each label")
    ] = False,
    confidence: Option[
        float, typer.Option("--confidence", "-c", help="Probability that a promise holds")
    ] = 0.99,
    name: Option[
        str | None, typer.Option("--name", "-n", help="Component, if there are several")
    ] = None,
) -> None:
    """Fit the probabilities of a pipeline on annotated text, and write the pipeline with them.

    Entities stay what they are in the mode "balanced". Precision or recall is promised for text
    like the one that is given, and for no other. A page with pictures is written into the
    pipeline's folder, as calibration/index.html.
    """
    try:
        wishes = [
            Wish(kind, level, confidence, per_label)
            for kind, level in (("precision", precision), ("recall", recall))
            if level is not None
        ]
        nlp = load_pipeline(model)
        ner = find_recognizer(nlp, model, name)
        examples = list(read_examples(nlp, ner.name, data_path))
        fit = calibrate(ner, examples, wishes=wishes, text=data_path.name)
        numbers = {
            name: reliability.measures(forecasts) for name, forecasts in _forecasts(fit).items()
        }
        points = reliability.operating_points(fit.after)
        write_pipeline(nlp, output_path, _pages(fit, numbers, points, data_path))
    except ValueError as error:  # spaCy's too, of a component that was never trained
        msg.fail("Could not calibrate", printable(error), exits=1)
    _print(fit, numbers, points)
    msg.good(f"Wrote {printable(output_path)}")


def _pages(
    fit: Fit,
    numbers: dict[str, dict[str, float]],
    points: list[dict[str, float]],
    data_path: Path,
) -> dict[str, bytes]:
    """The page and its pictures, by their path in the pipeline's folder."""
    if not drawing.is_possible():
        msg.warn(Warnings.W101)
        return {}
    pictures = {
        "reliability": reliability.draw_reliability(_forecasts(fit)),
        "precision": reliability.draw_precision(_forecasts(fit)),
    }
    page = reliability.render_page(
        f"How far to trust it: calibrated on {data_path.name}",
        numbers,
        points,
        [sentence for point in fit.calibration.points.values() for sentence in told(point)],
        pictures,
    )
    files = {f"{FOLDER}/{name}.png": png for name, png in pictures.items()}
    return {**files, f"{FOLDER}/index.html": page.encode()}


def _forecasts(fit: Fit) -> dict[str, Forecasts]:
    return {"before": fit.before.predictions, "after": fit.after.predictions}


def told(point: Point) -> Iterator[str]:
    """What was promised at an operating point, a sentence for each label."""
    promise = point.promise
    promised = (
        f"{promise['kind']} of at least {promise['level']:g}, with a confidence of "
        f"{promise['confidence']:g}"
    )
    came_true = {"precision": "were right", "recall": "were found"}[promise["kind"]]
    for label, count in promise["mentions"].items():
        yield (
            f"{label or 'All entities'}: {promised}; predicted above a probability of "
            f"{point.cuts[label]:.3f}, where {count['right']:,} of {count['total']:,} {came_true} "
            f"in {promise['text']}."
        )


def _print(fit: Fit, numbers: dict[str, dict[str, float]], points: list[dict[str, float]]) -> None:
    columns = list(numbers)
    rows = [
        (name, *(_number(numbers[column][name]) for column in columns))
        for name in numbers[columns[0]]
    ]
    msg.table(rows, header=("predicted entities", *columns), divider=True, aligns=("l", "r", "r"))
    modes = [tuple(f"{value:.3g}" for value in row.values()) for row in points]
    msg.table(modes, header=tuple(points[0]), divider=True, aligns=("r",) * len(points[0]))
    for point in fit.calibration.points.values():
        for sentence in told(point):
            msg.info(sentence)


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"
