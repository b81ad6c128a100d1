"""`python -m spacy lstm-ner export`: predictions for review in a tool for annotation."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated as Option

import typer
from spacy.language import Language
from spacy.tokens import Doc
from tqdm import tqdm
from wasabi import msg

from ..pipeline.confidence import probability
from ..pipeline.loading import load_entity_finder
from ..pipeline.lstm_ner import LSTMEntityRecognizer
from ..training.labelling import bare
from ..training.tasks import FORMATS, Entity, Predicted, write_tasks
from . import lstm_ner_cli, printable
from .outputs import replaced
from .tasks import check_task_file, model_name
from .texts import TEXTS, Inputs, read_pool


@lstm_ner_cli.command("export")
def export_cli(
    model: Option[str, typer.Argument(help="Pipeline: its folder or package name")],
    input_path: Option[Path, typer.Argument(help=f"Texts: {TEXTS}")],
    output_path: Option[Path, typer.Argument(help="File to write")],
    format: Option[
        str, typer.Option("--format", "-f", help=f"Tool to write for: {', '.join(FORMATS)}")
    ] = "prodigy",
) -> None:
    """Write the entities that a pipeline finds in texts, for review in a tool for annotation.

    Those of lstm_ner come with their probabilities. Entities that a .spacy file has are not kept,
    its tokens are.
    """
    try:
        nlp = load_entity_finder(model)
        ask_for_probabilities(nlp)
        written = export(nlp, input_path, output_path, format=format)
    except ValueError as error:  # spaCy's too, of a component that was never trained
        msg.fail("Could not export", printable(error), exits=1)
    msg.good(f"Wrote {written:,} texts to {printable(output_path)}")


def ask_for_probabilities(nlp: Language) -> None:
    """Let every lstm_ner of a pipeline tell the probabilities of entities, if it does not."""
    for name, pipe in nlp.pipeline:
        if isinstance(pipe, LSTMEntityRecognizer) and pipe.cfg.get("spans_key") is None:
            pipe.cfg["spans_key"] = f"{name}_probabilities"


def export(nlp: Language, input_path: Path, output_path: Path, *, format: str = "prodigy") -> int:
    """Write the entities that a pipeline finds in texts, in the order of the texts.

    nlp (Language): The pipeline. Entities have scores if its lstm_ner has a `spans_key`.
    input_path (Path): The texts.
    output_path (Path): The file to write. Its folder is made if it does not exist.
    format (str): Name of one of FORMATS.
    RETURNS (int): How many texts were written.
    RAISES (ValueError): The texts cannot be read, or the file not written. It stays what it was.
    """
    check_task_file(output_path, input_path, format=format)
    inputs, total = read_pool(input_path, nlp)
    with replaced(output_path) as file:
        predicted = tqdm(predict(nlp, inputs), total=total, leave=False)
        write_tasks(file, predicted, format=format, model=model_name(nlp))
    return total


def predict(nlp: Language, inputs: Inputs) -> Iterator[Predicted]:
    """Find the entities of texts.

    nlp (Language): The pipeline.
    inputs (Inputs): The texts. Of documents, text and tokens count alone.
    YIELDS (Predicted): Each text with its entities.
    """
    texts = (
        (bare(text, nlp.vocab) if isinstance(text, Doc) else text, record)
        for text, record in inputs
    )
    for doc, record in nlp.pipe(texts, as_tuples=True):
        entities = [
            Entity(ent.start_char, ent.end_char, ent.label_, probability(ent)) for ent in doc.ents
        ]
        yield Predicted(record, entities)
