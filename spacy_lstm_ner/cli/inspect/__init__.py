"""`python -m spacy lstm-ner inspect`: what is inside of a pipeline, each instrument a command."""

import typer

from .. import lstm_ner_cli

inspect_cli = typer.Typer(
    name="inspect", help="Make visible what is inside of a pipeline.", no_args_is_help=True
)
lstm_ner_cli.add_typer(inspect_cli)

from . import (  # noqa: E402  (each adds its command)
    embeddings,  # noqa: F401
    errors,  # noqa: F401
    gates,  # noqa: F401
    gradients,  # noqa: F401
)
