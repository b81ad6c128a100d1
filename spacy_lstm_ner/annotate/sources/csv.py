"""Tables as text: a header, and values between commas or tabs, in quotes where need be."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pyarrow as pa
from spacy.language import Language

from ...errors import CodedError, Errors
from ..documents import Failure, Input
from .source import Block, Range, Record, Source, Wanted, by_bytes, in_blocks
from .streams import BOM, decode, lines_between, open_bytes

_QUOTE = b'"'
# Bytes that a row has at most; a quote that nobody closes makes one of the rest of a file.
_LONGEST = 1 << 26


def _records(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Lines, joined where a quoted value goes on in the next."""
    record: list[bytes] = []
    quotes = length = 0
    for line in lines:
        record.append(line)
        quotes += line.count(_QUOTE)
        length += len(line)
        if quotes % 2 == 0 or length >= _LONGEST:
            yield b"".join(record)
            record, quotes, length = [], 0, 0
    if record:
        yield b"".join(record)


def _split(path: Path, size: int) -> list[Range]:
    with open_bytes(path) as file:
        records = _records(iter(file))
        header = next(records, b"")
        return by_bytes(_checked(records, path), start=len(header), size=size)


def _checked(records: Iterator[bytes], path: Path) -> Iterator[bytes]:
    for number, record in enumerate(records, start=1):
        if record.count(_QUOTE) % 2:
            raise CodedError(Errors.E293.format(path=path, row=number))
        yield record


def _header(path: Path, delimiter: str) -> list[str]:
    with open_bytes(path) as file:
        line = decode(next(_records(iter(file)), b"").removeprefix(BOM))
    if isinstance(line, Failure):
        raise CodedError(Errors.E281.format(path=path, error=line.message))
    with _long_values():
        return next(csv.reader([line], delimiter=delimiter), [])


def _schema(path: Path, wanted: Wanted, *, delimiter: str) -> pa.Schema:
    header = _header(path, delimiter)
    return pa.schema([(name, pa.string()) for name in header if wanted.keeps(name)])


def _read(
    path: Path, span: Range, wanted: Wanted, nlp: Language, *, delimiter: str
) -> Iterator[Block]:
    return in_blocks(_rows(path, span, wanted, delimiter))


def _rows(
    path: Path, span: Range, wanted: Wanted, delimiter: str
) -> Iterator[tuple[Input, Record, int]]:
    header = _header(path, delimiter)
    records = _records(lines_between(path, span.start, span.stop))
    for number, record in enumerate(records, start=span.first):
        if record.isspace():
            continue
        values = _values(record, delimiter)
        if not isinstance(values, Failure) and len(values) != len(header):
            values = Failure(Errors.E294.format(values=len(values), columns=len(header)))
        if isinstance(values, Failure):
            yield values, {}, number
            continue
        row = dict(zip(header, values, strict=True))
        kept = {name: value for name, value in row.items() if wanted.keeps(name)}
        yield row[wanted.text], kept, number


def _values(record: bytes, delimiter: str) -> list[str] | Failure:
    text = decode(record)
    if isinstance(text, Failure):
        return text
    try:
        with _long_values():
            return next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as error:
        return Failure(Errors.E295.format(error=error))


@contextmanager
def _long_values() -> Iterator[None]:
    """Let values be longer than the 128 KiB that the library allows in the whole process."""
    before = csv.field_size_limit(_LONGEST)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _format(delimiter: str) -> Source:
    return Source(
        partial(_schema, delimiter=delimiter), _split, partial(_read, delimiter=delimiter)
    )


CSV, TSV = _format(","), _format("\t")
