"""`python -m spacy lstm-ner scores`: results of `spacy evaluate` side by side."""

from pathlib import Path
from typing import Annotated as Option
from typing import Any

import srsly
import typer
from wasabi import msg

from ..errors import Errors
from . import lstm_ner_cli, printable
from .options import parse_named


@lstm_ner_cli.command("scores")
def scores_cli(
    metrics: Option[list[str], typer.Argument(help="NAME=PATH of each `evaluate --output` file")],
    pipeline: Option[
        str, typer.Option("--pipeline", "-p", help="Trained pipeline to point the reader to")
    ] = "",
) -> None:
    """Print entity scores of several pipelines side by side, overall and per label."""
    results = {}
    for item in metrics:
        name, path = parse_named(item)
        try:
            results[name] = _read(Path(path))
        except Exception:  # a file can be of anything
            msg.fail(printable(Errors.E130.format(item=item)), exits=1)
    labels = sorted({label for found in results.values() for label in found["ents_per_type"] or {}})
    rows = [(name, *_row(found, labels)) for name, found in results.items()]
    header = ("F1 (%)", "all", "precision", "recall", *labels, "words/s")
    msg.table(rows, header=header, divider=True, aligns=("l", *"r" * (len(header) - 1)))
    if pipeline:
        msg.good(f"Trained pipeline: {pipeline}")


def _read(path: Path) -> dict[str, Any]:
    """Scores from a file; an error of any type if they are not of the form of a row."""
    found: dict[str, Any] = srsly.read_json(path)
    _row(found, list(found["ents_per_type"] or {}))
    return found


def _row(found: dict[str, Any], labels: list[str]) -> list[str]:
    per_type = found["ents_per_type"] or {}
    values = [found["ents_f"], found["ents_p"], found["ents_r"]]
    values += [per_type.get(label, {}).get("f") for label in labels]
    percent = ["-" if value is None else f"{100 * value:.2f}" for value in values]
    return [*percent, f"{found['speed']:,.0f}"]
