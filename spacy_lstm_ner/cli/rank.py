"""`python -m spacy lstm-ner rank`: texts in the order in which to annotate them."""

from pathlib import Path
from typing import Annotated as Option

import numpy as np
import typer
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import minibatch
from tqdm import tqdm
from wasabi import msg

from ..pipeline.decision import Scored
from ..pipeline.loading import load_pipeline
from ..pipeline.lstm_ner import LSTMEntityRecognizer
from ..pipeline.outlook import look_ahead
from ..pipeline.upstream import upstream_only
from ..training import ranking
from ..training.tasks import FORMATS, Entity, Predicted, write_tasks
from . import lstm_ner_cli, printable
from .outputs import replaced
from .pipelines import find_recognizer
from .tasks import check_task_file, model_name
from .texts import TEXTS, Inputs, read_pool

BATCH = 256


@lstm_ner_cli.command("rank")
def rank_cli(
    model: Option[str, typer.Argument(help="Pipeline: its folder or package name")],
    pool_path: Option[Path, typer.Argument(help=f"Texts: {TEXTS}")],
    output_path: Option[Path, typer.Argument(help="JSONL file to write")],
    format: Option[
        str, typer.Option("--format", "-f", help=f"Tool to write for: {', '.join(FORMATS)}")
    ] = "prodigy",
    limit: Option[int, typer.Option("--limit", "-l", help="Texts to write; 0 for all", min=0)] = 0,
    name: Option[
        str | None, typer.Option("--name", "-n", help="Component, if there are several")
    ] = None,
) -> None:
    """Order texts by what annotating them would teach a pipeline, most first.

    Texts are written as tasks for a tool, with the entities that the pipeline predicts, their
    probabilities, and how uncertain the text is. Components before lstm_ner run, and the entities
    that they set, or that a .spacy file has, count as known.
    """
    try:
        nlp = load_pipeline(model)
        ner = find_recognizer(nlp, model, name)
        written = rank(nlp, ner, pool_path, output_path, format=format, limit=limit or None)
    except ValueError as error:  # spaCy's too, of a component that was never trained
        msg.fail("Could not rank", printable(error), exits=1)
    msg.good(f"Wrote {written:,} texts to {printable(output_path)}")


def rank(
    nlp: Language,
    ner: LSTMEntityRecognizer,
    pool_path: Path,
    output_path: Path,
    *,
    format: str = "prodigy",
    limit: int | None = None,
) -> int:
    """Write texts in the order in which to annotate them.

    nlp (Language): The pipeline.
    ner (LSTMEntityRecognizer): The component in it that is to learn.
    pool_path (Path): The texts.
    output_path (Path): The file to write. Its folder is made if it does not exist.
    format (str): Name of one of FORMATS.
    limit (Optional[int]): Most texts to write; None for all.
    RETURNS (int): How many were written.
    RAISES (ValueError): The texts cannot be read, or the file not written. It stays what it was.
    """
    check_task_file(output_path, pool_path, format=format)
    ner.predict([])  # an error if it was never trained
    inputs, total = read_pool(pool_path, nlp)
    with replaced(output_path) as file:
        found = order(nlp, ner, tqdm(inputs, total=total, unit="text", leave=False))
        write_tasks(file, found[:limit], format=format, model=model_name(nlp))
    return len(found[:limit])


def order(nlp: Language, ner: LSTMEntityRecognizer, inputs: Inputs) -> list[Predicted]:
    """Predict texts and put them in the order in which to annotate them.

    nlp (Language): The pipeline.
    ner (LSTMEntityRecognizer): The component in it that is to learn.
    inputs (Inputs): The texts.
    RETURNS (List[Predicted]): The texts with what is predicted, most useful first.
    """
    found: list[Predicted] = []
    tokens: list[int] = []
    doubtful: list[list[str]] = []
    with upstream_only(nlp, ner.name):
        for batch in minibatch(nlp.pipe(inputs, as_tuples=True), BATCH):
            outlooks = look_ahead(ner, [doc for doc, _ in batch])
            for (doc, record), outlook in zip(batch, outlooks, strict=True):
                entities, text = _entities(doc, outlook.entities), doc.text
                found.append(Predicted(record, entities, outlook.uncertainty, 0))
                tokens.append(len(doc))
                spans = _entities(doc, outlook.doubtful)
                doubtful.append([text[span.start : span.end].lower() for span in spans])
    uncertainty = np.array([text.uncertainty for text in found])
    numbers = ranking.rank(uncertainty, np.array(tokens), doubtful).tolist()
    return [found[number]._replace(rank=i) for i, number in enumerate(numbers, start=1)]


def _entities(doc: Doc, scored: Scored) -> list[Entity]:
    rows = zip(*(column.tolist() for column in scored), strict=True)
    strings = doc.vocab.strings
    return [
        Entity(doc[start].idx, doc[end - 1].idx + len(doc[end - 1]), strings[label], score)
        for start, end, label, score in rows
    ]
