"""`python -m spacy lstm-ner inspect gradients`: how far back a loss reaches."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated as Option

import typer
from spacy.language import Language
from spacy.training import Corpus
from spacy.util import load_config, load_model_from_config
from thinc.api import fix_random_seed
from tqdm import tqdm
from wasabi import msg

from ...errors import CodedError, Errors
from ...instruments import drawing
from ...instruments.encoders import find_encoder
from ...instruments.gradients import FEWEST, Flow, draw, gradient_flow
from ...pipeline.loading import load_pipeline
from .. import printable
from ..examples import read_examples
from ..options import parse_named
from ..outputs import replaced
from . import inspect_cli

# Lags that the table has a column of.
LAGS = (1, 5, 10, 20, 50, 100)


@inspect_cli.command("gradients")
def gradients_cli(
    models: Option[
        list[str],
        typer.Argument(help="Pipelines, or configs for how they start, each as PATH or NAME=PATH"),
    ],
    output_path: Option[Path, typer.Argument(help="Folder for gradients.png, .svg and .csv")],
    docs_path: Option[Path, typer.Option("--docs", "-d", help="Annotated text, as .spacy")],
    limit: Option[int, typer.Option("--limit", "-l", help="Most documents to read", min=1)] = 200,
    name: Option[
        str | None, typer.Option("--name", "-n", help="Component, if there are several")
    ] = None,
) -> None:
    """Draw how much of a token's loss reaches earlier states: whether gradients vanish or explode.

    Every model gets a curve: the size of the gradient by the state so many tokens back, relative to
    that at the token itself; the median over tokens, for each layer and direction.
    """
    try:
        named = _names(models)
        with (
            replaced(output_path / "gradients.png") as png,
            replaced(output_path / "gradients.svg") as svg,
            replaced(output_path / "gradients.csv") as table,
        ):
            flows = {key: _measure(path, docs_path, limit, name) for key, path in named.items()}
            figure = draw(flows)
            png.write(drawing.png(figure))
            svg.write(drawing.svg(figure))
            table.write(_as_csv(flows))
    except ValueError as error:  # spaCy's too, of a component that was never trained
        msg.fail("Could not draw gradients", printable(error), exits=1)
    _print(flows)
    msg.good(f"Wrote gradients.png, .svg and .csv to {printable(output_path)}")


def _names(models: Iterable[str]) -> dict[str, str]:
    """Models by their names."""
    found: dict[str, str] = {}
    for item in models:
        name, path = parse_named(item)
        if name in found:
            raise CodedError(Errors.E184.format(name=name))
        found[name] = path
    return found


def _measure(model: str, docs_path: Path, limit: int, name: str | None) -> list[Flow]:
    nlp = _start(Path(model), docs_path, limit) if model.endswith(".cfg") else load_pipeline(model)
    component = find_encoder(nlp, name).component
    examples = list(read_examples(nlp, component, docs_path, limit=limit))
    bar = tqdm(examples, desc=printable(model), unit="doc", leave=False, delay=2)
    flows = gradient_flow(nlp, bar, name=component)
    if not any(len(flow.median) for flow in flows):
        tokens = sum(len(eg.predicted) for eg in examples)
        raise CodedError(Errors.E183.format(path=docs_path, tokens=tokens, needed=FEWEST))
    return flows


def _start(path: Path, docs_path: Path, limit: int) -> Language:
    """A pipeline as its training would start on some documents."""
    try:
        config = load_config(path)
        nlp = load_model_from_config(config, auto_fill=True)
        fix_random_seed(nlp.config.interpolate()["training"]["seed"] or 0)
        examples = list(Corpus(docs_path, limit=limit)(nlp))
        nlp.initialize(lambda: examples)
    except Exception as error:  # a config can ask for anything
        raise CodedError(Errors.E185.format(path=path, error=error)) from error
    return nlp


def _as_csv(flows: Mapping[str, Sequence[Flow]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["model", "layer", "direction", "lag", "tokens", "low", "median", "high"])
    for name, of_model in flows.items():
        for flow in of_model:
            columns = zip(flow.tokens, flow.low, flow.median, flow.high, strict=True)
            for lag, (tokens, *quartiles) in enumerate(columns):
                values = [f"{value:.6g}" for value in quartiles]
                writer.writerow([name, flow.layer, flow.direction, lag, tokens, *values])
    return buffer.getvalue().encode()


def _print(flows: Mapping[str, Sequence[Flow]]) -> None:
    longest = max((len(flow.median) for of_model in flows.values() for flow in of_model), default=0)
    lags = [lag for lag in LAGS if lag < longest]
    header = (
        "model",
        "layer",
        "reads",
        "a token",
        "gradients are",
        *(f"{lag} back" for lag in lags),
    )
    rows = [
        (name, flow.layer, flow.direction, f"{flow.rate:.3f}", flow.regime, *_at(flow, lags))
        for name, of_model in flows.items()
        for flow in of_model
    ]
    msg.table(rows, header=header, divider=True, aligns=("l", "r", "l", "r", "l", *"r" * len(lags)))


def _at(flow: Flow, lags: Sequence[int]) -> list[str]:
    return [f"{flow.median[lag]:.1e}" if lag < len(flow.median) else "-" for lag in lags]
