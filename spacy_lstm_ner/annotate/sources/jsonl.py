"""Objects of JSON, one a line."""

import json
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
from spacy.language import Language

from ...errors import Errors
from ..batch import ADDED
from ..documents import Failure, Input
from .lines import numbered, split
from .source import Block, Range, Record, Source, Wanted, in_blocks
from .streams import decode

# Lines that tell which columns there are, and of which types.
TELLING = 1000
# The type of each column by its name.
Columns: TypeAlias = dict[str, pa.DataType]
_TEXT = pa.string()
# Types that a column has if all its values have them; what others have is kept as JSON.
_TYPES = (
    (frozenset({bool}), pa.bool_()),
    (frozenset({int}), pa.int64()),
    (frozenset({int, float}), pa.float64()),
)


def _schema(path: Path, wanted: Wanted) -> pa.Schema:
    lines = islice(numbered(path, Range(0, sys.maxsize, 1, 0)), TELLING)
    parsed = (_parse(line) for _, line in lines)
    records = [one for one in parsed if not isinstance(one, Failure)]
    names = dict.fromkeys(name for record in records for name in record)
    return pa.schema(
        [
            (name, _type_of(record.get(name) for record in records))
            for name in names
            if wanted.keeps(name)
        ]
    )


def _type_of(values: Iterable[Any]) -> pa.DataType:
    found = {type(value) for value in values if value is not None}
    fitting = (of_type for types, of_type in _TYPES if found and found <= types)
    return next(fitting, _TEXT)


def _read(path: Path, span: Range, wanted: Wanted, nlp: Language) -> Iterator[Block]:
    columns = None if wanted.schema is None else {one.name: one.type for one in wanted.schema}
    return in_blocks(_row(line, number, wanted, columns) for number, line in numbered(path, span))


def _row(
    line: bytes, number: int, wanted: Wanted, columns: Columns | None
) -> tuple[Input, Record, int]:
    record = _parse(line)
    if isinstance(record, Failure):
        return record, {}, number
    text = record.get(wanted.text)
    kept = {name: value for name, value in record.items() if wanted.keeps(name)}
    if not isinstance(text, str):
        return Failure(Errors.E289.format(text=wanted.text, fields=", ".join(record))), kept, number
    misfit = _taken(kept) if columns is None else _fit(kept, columns)
    return misfit or text, kept, number


def _parse(line: bytes) -> Record | Failure:
    text = decode(line)
    if isinstance(text, Failure):
        return text
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Failure(Errors.E290.format(error=error))
    return record if isinstance(record, dict) else Failure(Errors.E290.format(error="no object"))


def _taken(record: Record) -> Failure | None:
    """Say if a record has what is to be added to it."""
    taken = [name for name in ADDED.names if name in record]
    return Failure(Errors.E285.format(place="The line", name=taken[0])) if taken else None


def _fit(record: Record, columns: Columns) -> Failure | None:
    """Give a record's values the types of columns, or say which cannot have its."""
    for name, value in record.items():
        of_type = columns.get(name)
        if of_type is None:
            return Failure(Errors.E291.format(name=name, lines=TELLING))
        if of_type == _TEXT:
            if isinstance(value, str) and value.isascii():  # most of all, and always fits
                continue
            if not isinstance(value, str | None):
                record[name] = json.dumps(value, ensure_ascii=False)
        try:
            pa.scalar(record[name], of_type)
        except (pa.ArrowException, ValueError, TypeError, OverflowError):
            return Failure(Errors.E292.format(name=name, value=value, type=of_type))
    return None


JSONL = Source(_schema, split, _read)
