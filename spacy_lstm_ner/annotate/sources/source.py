"""What a format of input offers: its columns, its ranges, and the rows in a range."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import pyarrow as pa
from spacy.language import Language

from ..documents import Input

# What goes along with a text, by column.
Record: TypeAlias = dict[str, Any]
# As the file has them.
Rows: TypeAlias = list[Record] | pa.RecordBatch

# Rows that are processed together.
BLOCK = 1000


class Range(NamedTuple):
    """Some of the rows of a file that follow each other.

    start, stop (int): Where they start and end, in bytes, rows or documents.
    first (int): The number of the first, from 1; of a line or a row.
    rows (int): How many there are.
    """

    start: int
    stop: int
    first: int
    rows: int


class Wanted(NamedTuple):
    """What is asked for of each row.

    text (str): The column with the text.
    columns (Optional[Sequence[str]]): What else to keep; None for all.
    schema (Optional[pyarrow.Schema]): What types the columns must have; None for any.
    """

    text: str
    columns: Sequence[str] | None = None
    schema: pa.Schema | None = None

    def keeps(self, column: str) -> bool:
        """Whether a column is asked for."""
        return self.columns is None or column == self.text or column in self.columns


class Block(NamedTuple):
    """Rows that are processed together.

    inputs (List[Input]): The text of each, or why there is none.
    rows (Rows): What goes along.
    numbers (List[int]): The number of each in its file, from 1.
    """

    inputs: list[Input]
    rows: Rows
    numbers: list[int]


class Source(NamedTuple):
    """A format.

    schema (Callable): The columns of a file, by the file and what is wanted.
    split (Callable): The ranges of a file, each of about so many bytes.
    read (Callable): The rows in a range, by the file, the range, what is wanted and the pipeline.
    """

    schema: Callable[[Path, Wanted], pa.Schema]
    split: Callable[[Path, int], list[Range]]
    read: Callable[[Path, Range, Wanted, Language], Iterator[Block]]


def in_blocks(rows: Iterable[tuple[Input, Record, int]]) -> Iterator[Block]:
    """Blocks of rows that are given one by one: the text, what goes along, the number."""
    left = iter(rows)
    while block := list(islice(left, BLOCK)):
        inputs, records, numbers = map(list, zip(*block, strict=True))
        yield Block(inputs, records, numbers)


def by_number(total: int, most: int) -> list[Range]:
    """Ranges of rows that need no looking for.

    total (int): How many rows there are.
    most (int): How many a range has at most.
    """
    starts = range(0, total, most)
    return [Range(i, min(i + most, total), i + 1, min(most, total - i)) for i in starts]


def by_bytes(pieces: Iterable[bytes], *, start: int, size: int) -> list[Range]:
    """Ranges of pieces that are whole, such as lines.

    pieces (Iterable[bytes]): They follow each other; those of whitespace alone are no rows.
    start (int): The byte that the first starts at.
    size (int): A range ends with the piece that gives it so many bytes.
    """
    ranges = []
    at, first, rows = start, 1, 0
    for number, piece in enumerate(pieces, start=1):
        at += len(piece)
        rows += not piece.isspace()
        if at - start >= size:
            ranges.append(Range(start, at, first, rows))
            start, first, rows = at, number + 1, 0
    if at > start:
        ranges.append(Range(start, at, first, rows))
    return ranges
