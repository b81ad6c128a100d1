"""What a format of output offers: writing what was found, and joining parts."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa
from spacy.tokens import Doc

from ..sources.source import Record, Rows


class Found(NamedTuple):
    """Rows, each with the document of its text."""

    rows: Rows
    docs: Sequence[Doc]


class Sink(NamedTuple):
    """A format.

    ending (str): How names of its files end.
    write (Callable): Write what was found to a file, whose columns beside the entities are given.
    join (Optional[Callable]): Write the content of several files to one; None if that would need
        as much memory as they have content.
    is_typed (bool): Whether all values of a column must have one type.
    """

    ending: str
    write: Callable[[BinaryIO, Iterable[Found], pa.Schema], None]
    join: Callable[[BinaryIO, Sequence[Path]], None] | None
    is_typed: bool


def records_of(rows: Rows) -> list[Record]:
    """Rows as objects."""
    return rows if isinstance(rows, list) else rows.to_pylist()


def told(value: Any) -> str:
    """A value as text where a format has no type for it, such as a date of a Parquet file."""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
