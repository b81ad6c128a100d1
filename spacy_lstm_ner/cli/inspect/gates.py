"""`python -m spacy lstm-ner inspect gates`: what gates do at each token of a text."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated as Option

import numpy as np
import typer
from spacy.language import Language
from spacy.tokens import Doc
from tqdm import tqdm
from wasabi import msg

from ...errors import CodedError, Errors
from ...instruments.encoders import find_encoder
from ...instruments.gates import (
    in_entities,
    moving_units,
    read_gates,
    telling_units,
    where_on,
)
from ...instruments.gates_page import Panel, render_gates
from ...pipeline.loading import load_pipeline
from ...pipeline.upstream import upstream_only
from ...types import Doubles, Ints
from .. import printable
from ..examples import read_examples
from ..outputs import replaced
from . import inspect_cli

# Places that are shown of a unit.
PLACES = 8


@inspect_cli.command("gates")
def gates_cli(
    model: Option[str, typer.Argument(help="Pipeline: its folder or package name")],
    text: Option[str, typer.Argument(help="A text, or a .txt file with one")],
    output_path: Option[Path, typer.Argument(help="HTML page to write")],
    corpus_path: Option[
        Path | None,
        typer.Option("--corpus", "-c", help="Where else to look for what units do, as .spacy"),
    ] = None,
    label: Option[
        str | None, typer.Option("--label", "-l", help="Show the units that tell it from all else")
    ] = None,
    units: Option[int, typer.Option("--units", "-u", help="Most units to show", min=1)] = 12,
    limit: Option[int, typer.Option("--limit", help="Most documents of the corpus", min=1)] = 500,
    name: Option[
        str | None, typer.Option("--name", "-n", help="Component, if there are several")
    ] = None,
) -> None:
    """Draw the gates, the cell and the state at each token of a text, in both directions.

    The units are those whose cell moves most, or, with --label, those that tell it from all else.
    With --corpus, they are chosen by its documents, and the page says where in them they are on.
    """
    try:
        with replaced(output_path) as file:
            nlp = load_pipeline(model)
            page = _inspect(nlp, _read(text), corpus_path, label, units, limit, name)
            file.write(page.encode("utf-8", "backslashreplace"))
    except ValueError as error:  # spaCy's too, of a component that was never trained
        msg.fail("Could not draw gates", printable(error), exits=1)
    msg.good(f"Wrote {printable(output_path)}")


def _read(text: str) -> str:
    if not text.endswith(".txt"):
        return text
    try:
        return Path(text).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise CodedError(Errors.E187.format(path=text, error=error)) from error


def _inspect(
    nlp: Language,
    text: str,
    corpus_path: Path | None,
    label: str | None,
    units: int,
    limit: int,
    name: str | None,
) -> str:
    component = find_encoder(nlp, name).component
    doc = nlp(text)
    if not len(doc):
        raise CodedError(Errors.E188)
    with upstream_only(nlp, component):
        seen = nlp(text)
    (shown,) = read_gates(nlp, [seen], name=component)
    corpus = [] if corpus_path is None else _corpus(nlp, component, corpus_path, limit)
    bar = tqdm(corpus, unit="doc", leave=False, delay=2)
    found = read_gates(nlp, bar, name=component)
    panels = []
    for i, activations in enumerate(shown):
        memories = [of_doc[i].memory for of_doc in found]
        chosen = _choose(memories or [activations.memory], corpus or [doc], label, units)
        places = [where_on(memories, unit, PLACES) for unit in chosen.tolist()]
        panels.append(Panel(activations, chosen, places))
    by = f"units that tell {label} from all else best" if label else "units whose memory moves most"
    return render_gates("What the gates do", doc, panels, corpus, by)


def _corpus(nlp: Language, component: str, path: Path, limit: int) -> list[Doc]:
    """Documents with tokens, as a component is to see them, and with their annotated entities."""
    docs = []
    for eg in read_examples(nlp, component, path, limit=limit):
        if len(eg.predicted):
            eg.predicted.set_ents(eg.get_aligned_spans_y2x(eg.reference.ents))
            docs.append(eg.predicted)
    return docs


def _choose(
    memories: Sequence[Doubles], docs: Sequence[Doc], label: str | None, count: int
) -> Ints:
    memory = np.concatenate(memories)
    if label is None:
        return moving_units(memory, count)
    inside = np.concatenate([in_entities(doc, label) for doc in docs])
    if inside.all() or not inside.any():
        found = ", ".join(sorted({ent.label_ for doc in docs for ent in doc.ents})) or "none"
        raise CodedError(Errors.E189.format(label=label, found=found))
    return telling_units(memory, inside, count)
