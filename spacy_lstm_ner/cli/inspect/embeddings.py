"""`python -m spacy lstm-ner inspect embeddings`: which words and spellings are near a word."""

from itertools import zip_longest
from typing import Annotated as Option

import typer
from wasabi import msg

from ...instruments.embeddings import Neighbor, neighborhood
from ...pipeline.loading import load_pipeline
from .. import printable
from . import inspect_cli


@inspect_cli.command("embeddings")
def embeddings_cli(
    model: Option[str, typer.Argument(help="Pipeline: its folder or package name")],
    words: Option[list[str], typer.Option("--word", "-w", help="Word; may be given repeatedly")],
    count: Option[int, typer.Option("--count", "-c", help="Most neighbors", min=1)] = 10,
    name: Option[
        str | None, typer.Option("--name", "-n", help="Component, if there are several")
    ] = None,
) -> None:
    """Print which words of the vocabulary are near others, by use and by spelling."""
    try:
        nlp = load_pipeline(model)
        found = {word: neighborhood(nlp, word, count=count, name=name) for word in words}
    except ValueError as error:
        msg.fail("Could not look at embeddings", printable(error), exits=1)
    for word, near in found.items():
        used = [_told(neighbor) for neighbor in near.words]
        if not near.known:
            used = ["(an unknown word)"]
        spelled = [_told(neighbor) for neighbor in near.spellings]
        rows = list(zip_longest(used, spelled, fillvalue=""))
        header = (f"used like {printable(word)}", f"spelled like {printable(word)}")
        msg.table(rows, header=header, divider=True)


def _told(neighbor: Neighbor) -> str:
    return f"{neighbor.similarity:.2f} {printable(neighbor.word)}"
