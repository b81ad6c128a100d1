"""`python -m spacy lstm-ner rank`: texts in the order in which to annotate them."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated as Option
from typing import Any, TypeAlias

import numpy as np
import typer
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.util import minibatch
from tqdm import tqdm
from wasabi import msg

from ..errors import CodedError, Errors
from ..pipeline.decision import Scored
from ..pipeline.lstm_ner import LSTMEntityRecognizer
from ..pipeline.outlook import look_ahead
from ..pipeline.upstream import upstream_only
from ..training import ranking
from ..training.tasks import FORMATS, Entity, Ranked
from . import lstm_ner_cli, printable
from .outputs import replaced
from .pipelines import find_recognizer, load_pipeline

# A text and what was given with it, "text" among that.
Record: TypeAlias = dict[str, Any]
# What is to be predicted, of each text, and its record.
Inputs: TypeAlias = Iterable[tuple[str | Doc, Record]]
BATCH = 256


@lstm_ner_cli.command("rank")
def rank_cli(
    model: Option[str, typer.Argument(help="Pipeline: its folder or package name")],
    pool_path: Option[
        Path, typer.Argument(help='Texts: .spacy, .jsonl with a "text" a line, or .txt')
    ],
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
    if format not in FORMATS:
        raise CodedError(Errors.E174.format(format=format, formats=", ".join(FORMATS)))
    if output_path.resolve() == pool_path.resolve():
        raise CodedError(Errors.E175.format(path=output_path))
    ner.predict([])  # an error if it was never trained
    inputs, total = read_pool(pool_path, nlp)
    version = "{lang}_{name}-{version}".format(**nlp.meta)
    with replaced(output_path) as file:
        found = order(nlp, ner, tqdm(inputs, total=total, unit="text", leave=False))
        for ranked in found[:limit]:
            task = json.dumps(FORMATS[format](ranked, version), ensure_ascii=False)
            # Half of a character outside of the plane, which UTF-8 has no bytes for, stays escaped.
            file.write(task.encode("utf-8", "backslashreplace") + b"\n")
    return len(found[:limit])


def order(nlp: Language, ner: LSTMEntityRecognizer, inputs: Inputs) -> list[Ranked]:
    """Predict texts and put them in the order in which to annotate them.

    nlp (Language): The pipeline.
    ner (LSTMEntityRecognizer): The component in it that is to learn.
    inputs (Inputs): The texts.
    RETURNS (List[Ranked]): The texts with what is predicted, most useful first.
    """
    found: list[Ranked] = []
    tokens: list[int] = []
    doubtful: list[list[str]] = []
    with upstream_only(nlp, ner.name):
        for batch in minibatch(nlp.pipe(inputs, as_tuples=True), BATCH):
            outlooks = look_ahead(ner, [doc for doc, _ in batch])
            for (doc, record), outlook in zip(batch, outlooks, strict=True):
                entities, text = _entities(doc, outlook.entities), doc.text
                found.append(Ranked(record, entities, outlook.uncertainty, 0))
                tokens.append(len(doc))
                spans = _entities(doc, outlook.doubtful)
                doubtful.append([text[span.start : span.end].lower() for span in spans])
    uncertainty = np.array([ranked.uncertainty for ranked in found])
    numbers = ranking.rank(uncertainty, np.array(tokens), doubtful).tolist()
    return [found[number]._replace(rank=i) for i, number in enumerate(numbers, start=1)]


def _entities(doc: Doc, scored: Scored) -> list[Entity]:
    rows = zip(*(column.tolist() for column in scored), strict=True)
    strings = doc.vocab.strings
    return [
        Entity(doc[start].idx, doc[end - 1].idx + len(doc[end - 1]), strings[label], score)
        for start, end, label, score in rows
    ]


def read_pool(path: Path, nlp: Language) -> tuple[Inputs, int]:
    """Read texts.

    path (Path): A `.spacy` file, whose tokens and entities are kept; a `.jsonl` file, each line an
        object with a "text"; or a `.txt` file, each line a text. Empty lines are left out.
    nlp (Language): The pipeline that is to process them.
    RETURNS (Tuple[Inputs, int]): The texts, and how many there are.
    RAISES (ValueError): The file cannot be read, a line is no text, or there are none.
    """
    if path.suffix not in _READERS:
        error = f"its name ends with {path.suffix!r}" if path.suffix else "its name has no ending"
        raise CodedError(Errors.E171.format(path=path, error=error))
    try:
        inputs, total = _READERS[path.suffix](path, nlp)
    except CodedError:
        raise
    except Exception as error:  # a file can be of anything
        raise CodedError(Errors.E171.format(path=path, error=error)) from error
    if not total:
        raise CodedError(Errors.E173.format(path=path))
    return inputs, total


def _read_docs(path: Path, nlp: Language) -> tuple[Inputs, int]:
    docs = DocBin().from_disk(path)
    for _ in docs.get_docs(nlp.vocab):  # what is damaged is found now
        pass
    return ((doc, {"text": doc.text}) for doc in docs.get_docs(nlp.vocab)), len(docs)


def _read_objects(path: Path, nlp: Language) -> tuple[Inputs, int]:
    return _as_inputs([_parse(line, i, path, nlp) for i, line in _lines(path)])


def _read_lines(path: Path, nlp: Language) -> tuple[Inputs, int]:
    return _as_inputs([_check({"text": line}, i, path, nlp) for i, line in _lines(path)])


_READERS = {".spacy": _read_docs, ".jsonl": _read_objects, ".txt": _read_lines}


def _as_inputs(records: Sequence[Record]) -> tuple[Inputs, int]:
    return ((record["text"], record) for record in records), len(records)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that are not empty, and their numbers."""
    with path.open(encoding="utf-8-sig", newline="\n") as file:
        for i, line in enumerate(file, start=1):
            if line.strip():
                yield i, line.rstrip("\r\n")


def _parse(line: str, number: int, path: Path, nlp: Language) -> Record:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        message = Errors.E172.format(path=path, line=number, error=error)
        raise CodedError(message) from error
    return _check(record, number, path, nlp)


def _check(record: Any, number: int, path: Path, nlp: Language) -> Record:
    """Check that a record is one."""
    problem = ""
    if not isinstance(record, dict):
        problem = "it is no object"
    elif not isinstance(record.get("text"), str):
        problem = '"text" is missing or no string'
    elif not isinstance(record.get("meta", {}), dict):
        problem = '"meta" is no object'
    elif len(record["text"]) > nlp.max_length:
        problem = f"its text is longer than {nlp.max_length:,} characters"
    elif not _is_unicode(record["text"]):
        problem = "its text has half of a surrogate pair"
    if problem:
        raise CodedError(Errors.E172.format(path=path, line=number, error=problem))
    return dict(record)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
