"""Commands under `python -m spacy lstm-ner`; spaCy imports this module through an entry point."""

import sys

import typer
from spacy.cli._util import app

from .launched import adapt_command_line

adapt_command_line()

lstm_ner_cli = typer.Typer(
    name="lstm-ner", help="Commands of the lstm_ner component.", no_args_is_help=True
)
app.add_typer(lstm_ner_cli)


def printable(text: object) -> str:
    """Text for a terminal; names of files may hold bytes that are no text, and are escaped."""
    encoding = sys.stdout.encoding or "utf-8"
    return str(text).encode(encoding, "backslashreplace").decode(encoding)


from . import (  # noqa: E402  (each adds its command)
    annotate,  # noqa: F401
    calibrate,  # noqa: F401
    clean,  # noqa: F401
    convert,  # noqa: F401
    debug_data,  # noqa: F401
    distil,  # noqa: F401
    export,  # noqa: F401
    halve,  # noqa: F401
    inspect,  # noqa: F401
    rank,  # noqa: F401
    render,  # noqa: F401
    scores,  # noqa: F401
    sweep,  # noqa: F401
)
