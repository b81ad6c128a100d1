"""Text, a document a line."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from spacy.language import Language

from ..documents import Input
from .source import Block, Range, Record, Source, Wanted, by_bytes, in_blocks
from .streams import BOM, decode, lines_between, open_bytes


def split(path: Path, size: int) -> list[Range]:
    """Ranges of whole lines, each of about so many bytes."""
    with open_bytes(path) as file:
        return by_bytes(file, start=0, size=size)


def numbered(path: Path, span: Range) -> Iterator[tuple[int, bytes]]:
    """The lines in a range that are not empty, and their numbers."""
    for i, line in enumerate(lines_between(path, span.start, span.stop), start=span.first):
        if not line.isspace():
            yield i, line.removeprefix(BOM) if i == 1 else line


def _schema(path: Path, wanted: Wanted) -> pa.Schema:
    return pa.schema([(wanted.text, pa.string())])


def _read(path: Path, span: Range, wanted: Wanted, nlp: Language) -> Iterator[Block]:
    return in_blocks(_rows(path, span, wanted))


def _rows(path: Path, span: Range, wanted: Wanted) -> Iterator[tuple[Input, Record, int]]:
    for number, line in numbered(path, span):
        text = decode(line)
        yield text, {wanted.text: text}, number


LINES = Source(_schema, split, _read)
