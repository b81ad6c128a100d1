"""`python -m spacy lstm-ner debug-data`: spaCy's `debug data`, with its section on entities.

spaCy checks entities for a component called `ner` only, so it is shown the same config with its own
`ner` in place of ours. What it checks is the data, which is the same. What is annotated in part is
told before.
"""

import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated as Option
from typing import Any

import typer
from spacy import util
from spacy.cli._util import parse_config_overrides
from spacy.cli.debug_data import debug_data
from spacy.language import Language
from spacy.pipeline.ner import DEFAULT_NER_MODEL
from spacy.util import registry
from thinc.api import Config
from wasabi import msg

from ..errors import Errors
from ..pipeline.lstm_ner import LSTMEntityRecognizer
from . import lstm_ner_cli, printable
from .annotated import Learner, tell_annotated


@lstm_ner_cli.command(
    "debug-data", context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
)
def debug_data_cli(
    ctx: typer.Context,
    config_path: Option[Path, typer.Argument(help="Training config", exists=True)],
    verbose: Option[bool, typer.Option("--verbose", "-V", help="Print more")] = False,
    no_format: Option[bool, typer.Option("--no-format", help="Print without colours")] = False,
) -> None:
    """Check the training data of a config: labels, misalignment, whitespace, overlaps, rarity.

    Overrides such as --paths.train follow the config, as for `spacy debug data`.
    """
    overrides = parse_config_overrides(ctx.args)
    try:
        _check(config_path, overrides, verbose=verbose, no_format=no_format)
    except Exception as error:  # what is in the files can be anything
        problem = Errors.E144.format(path=config_path, error=error or type(error).__name__)
        msg.fail("Could not check the data", printable(problem), exits=1)


def _check(config_path: Path, overrides: dict[str, Any], *, verbose: bool, no_format: bool) -> None:
    # Variables are filled in here: spaCy would not find those of [training] in its optimizer.
    config = util.load_config(config_path, overrides, interpolate=True)
    ours = _find_ours(config)
    tell_annotated(config, ours)
    config = _with_builtin_ner(config, ours)
    with tempfile.TemporaryDirectory() as folder:
        twin = Path(folder) / config_path.name
        config.to_disk(twin)
        debug_data(
            twin,
            verbose=verbose,
            no_format=no_format,
            silent=False,
        )


def _find_ours(config: Config) -> list[Learner]:
    """The components that are ours, also where they come from another pipeline."""
    found = []
    for name, block in config.get("components", {}).items():
        if "source" in block:
            pipe = _load_source(block["source"]).get_pipe(block.get("component", name))
            if isinstance(pipe, LSTMEntityRecognizer):
                found.append(Learner(name, pipe.cfg["incorrect_spans_key"], pipe.labels))
        elif block.get("factory") == "lstm_ner":
            found.append(Learner(name, block.get("incorrect_spans_key"), _labels(config, name)))
    return found


def _labels(config: Config, name: str) -> Sequence[str]:
    """The labels that a component is initialized with, if it is given any."""
    settings = config.get("initialize", {}).get("components", {}).get(name, {})
    return registry.resolve({"labels": settings.get("labels")})["labels"] or ()


def _with_builtin_ner(config: Config, ours: Sequence[Learner]) -> Config:
    """The config with spaCy's own `ner` wherever it has ours."""
    config = config.copy()
    for name in (learner.name for learner in ours):
        config["components"][name] = {"factory": "ner", "model": DEFAULT_NER_MODEL}
        # Labels of ours are not labels of theirs; they are read from the data instead.
        config.get("initialize", {}).get("components", {}).pop(name, None)
    return config


@cache
def _load_source(name: str) -> Language:
    """The pipeline that components come from, loaded once for all of them."""
    return util.load_model(name)
