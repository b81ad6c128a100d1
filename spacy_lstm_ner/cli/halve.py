"""`python -m spacy lstm-ner halve`: a pipeline with weights of 16 bits, half as large on disk."""

from pathlib import Path
from typing import Annotated as Option
from typing import TypeAlias

import typer
from spacy.language import Language
from thinc.api import Model
from tqdm import tqdm
from wasabi import msg

from ..errors import CodedError, Errors
from ..models.shim import ModuleShim, module_shims
from ..pipeline.loading import load_pipeline, told_components
from ..training.labelling import bare
from . import lstm_ner_cli, printable
from .pipelines import write_pipeline
from .texts import TEXTS, read_pool

# Number of its text, first and last character, label.
Entity: TypeAlias = tuple[int, int, int, str]


@lstm_ner_cli.command("halve")
def halve_cli(
    model: Option[str, typer.Argument(help="Pipeline: its folder or package name")],
    output_path: Option[Path, typer.Argument(help="Folder for the smaller pipeline")],
    text_path: Option[
        Path | None,
        typer.Option("--text", "-t", help=f"Text to compare entities on: {TEXTS}", exists=True),
    ] = None,
) -> None:
    """Save a pipeline with weights of 16 bits instead of 32, and count what that changes.

    The weights of all layers of this package are rounded, those that components share too.
    Predictions are computed in 32 bits as before, and as fast as before.
    """
    try:
        nlp = load_pipeline(model)
        shims = _find_layers(nlp, model)
        before = _entities(nlp, text_path)
        for shim in shims:
            shim.halve()
        after = _entities(nlp, text_path)
        write_pipeline(nlp, output_path, {})
    except ValueError as error:
        msg.fail("Could not make it smaller", printable(error), exits=1)
    if text_path is not None:
        lost, new = len(before - after), len(after - before)
        msg.info(f"Entities before: {len(before):,}; lost: {lost:,}; new: {new:,}")
    msg.good(f"Wrote {printable(output_path)}")


def _find_layers(nlp: Language, model: str) -> list[ModuleShim]:
    """The layers of this package with weights, of all components.

    RAISES (ValueError): There are none.
    """
    models = [getattr(pipe, "model", None) for _, pipe in nlp.pipeline]
    shims = [s for m in models if isinstance(m, Model) for s in module_shims(m)]
    if not any(shim.module for shim in shims):
        raise CodedError(Errors.E164.format(model=model, components=told_components(nlp)))
    return shims


def _entities(nlp: Language, path: Path | None) -> set[Entity]:
    """The entities that a pipeline finds in the texts of a file; none without a file."""
    if path is None:
        return set()
    inputs, total = read_pool(path, nlp)
    texts = (text if isinstance(text, str) else bare(text, nlp.vocab) for text, _ in inputs)
    docs = tqdm(nlp.pipe(texts), total=total, unit="text", leave=False)
    return {
        (number, ent.start_char, ent.end_char, ent.label_)
        for number, doc in enumerate(docs)
        for ent in doc.ents
    }
