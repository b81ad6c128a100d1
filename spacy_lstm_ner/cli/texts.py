"""Texts that commands read: documents, objects with a "text", or lines."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from spacy.language import Language
from spacy.tokens import Doc, DocBin

from ..errors import CodedError, Errors

# A text and what was given with it, "text" among that.
Record: TypeAlias = dict[str, Any]
# What is to be predicted, of each text, and its record.
Inputs: TypeAlias = Iterable[tuple[str | Doc, Record]]
# As the help of commands names them.
TEXTS = '.spacy, .jsonl with a "text" a line, or .txt with a text a line'


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
