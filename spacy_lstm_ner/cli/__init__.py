"""Commands under `python -m spacy lstm-ner`; spaCy imports this module through an entry point."""

import typer
from spacy.cli._util import app

lstm_ner_cli = typer.Typer(
    name="lstm-ner", help="Commands of the lstm_ner component.", no_args_is_help=True
)
app.add_typer(lstm_ner_cli)

from . import convert, debug_data, render, scores  # noqa: E402, F401  (each adds its command)
