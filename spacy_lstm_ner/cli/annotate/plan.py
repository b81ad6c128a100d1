"""The input, in parts that depend on nothing but the input."""

import glob
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from tqdm import tqdm

from ...annotate.batch import check_schema
from ...annotate.sources import find_source
from ...annotate.sources.source import Range, Wanted
from ...errors import CodedError, Errors
from .task import Task

# Bytes of a part: a share of the input, between these two.
PARTS, SMALLEST, LARGEST = 256, 1 << 18, 1 << 24


class Part(NamedTuple):
    """What is written as a whole.

    file (Path): The file it is read from.
    range (Range): Where in that.
    """

    file: Path
    range: Range


class Plan(NamedTuple):
    """What there is to do.

    schema (pyarrow.Schema): The columns that are kept.
    parts (Sequence[Part]): The parts, in the order of the input.
    """

    schema: pa.Schema
    parts: Sequence[Part]

    @property
    def rows(self) -> int:
        """How many texts there are."""
        return sum(part.range.rows for part in self.parts)


def find_files(pattern: str) -> list[Path]:
    """The files that a path or a pattern leads to, in order of their names.

    pattern (str): A file; a folder, of which all files count whose names start with neither a dot
        nor an underscore; or a pattern such as "texts/**/*.jsonl.gz".
    RAISES (ValueError): There are none.
    """
    path = Path(pattern)
    if path.is_file():
        return [path]
    found = path.rglob("*") if path.is_dir() else map(Path, glob.glob(pattern, recursive=True))
    files = sorted(one for one in found if one.is_file() and one.name[0] not in "._")
    if not files:
        raise CodedError(Errors.E296.format(path=pattern))
    return files


def make_plan(task: Task) -> Plan:
    """Divide the input into parts.

    task (Task): What is to be done.
    RETURNS (Plan): The columns, and the parts.
    RAISES (ValueError): A file cannot be read or has no column of texts, or for some formats has
        other columns than the first; or no file has rows.
    """
    files = find_files(task.input)
    total = sum(file.stat().st_size for file in files)
    size = min(max(total // PARTS, SMALLEST), LARGEST)
    found: dict[Path, tuple[pa.Schema, list[Range]]] = {}
    for file in tqdm(files, desc="Reading", unit="file", leave=False, delay=2):
        with _reading(file):
            schema, ranges = _look(file, size, wanted_of(task))
        if ranges:
            found[file] = schema, ranges
    if not found:
        raise CodedError(Errors.E306.format(path=task.input))
    schemas = {file: schema for file, (schema, _) in found.items()}
    _check_names(task, schemas.values())
    if task.sink.is_typed:
        _compare(schemas)
    parts = [Part(file, one) for file, (_, ranges) in found.items() for one in ranges]
    return Plan(next(iter(schemas.values())), parts)


def wanted_of(task: Task, schema: pa.Schema | None = None) -> Wanted:
    """What is asked for of each row."""
    columns = task.columns
    if columns is not None and task.id is not None:
        columns = [*columns, task.id]
    return Wanted(task.text, columns, schema)


def _look(file: Path, size: int, wanted: Wanted) -> tuple[pa.Schema, list[Range]]:
    """The columns of a file, and its ranges that have rows."""
    source = find_source(file)
    schema = source.schema(file, wanted)
    if len(schema):  # before all of the file is read
        check_schema(schema, wanted.text, place=str(file))
    ranges = [one for one in source.split(file, size) if one.rows]
    if ranges:  # an empty file need not have columns
        check_schema(schema, wanted.text, place=str(file))
    return schema, ranges


@contextmanager
def _reading(file: Path) -> Iterator[None]:
    try:
        yield
    except CodedError:
        raise
    except Exception as error:  # a file can be of anything
        raise CodedError(Errors.E281.format(path=file, error=error)) from error


def _check_names(task: Task, schemas: Iterable[pa.Schema]) -> None:
    """See that some file has each column that is asked for."""
    known = {name for schema in schemas for name in schema.names}
    for name in [*(task.columns or ()), *([] if task.id is None else [task.id])]:
        if name not in known:
            raise CodedError(Errors.E313.format(name=name, path=task.input))


def _compare(schemas: Mapping[Path, pa.Schema]) -> None:
    """See that all files have the columns of the first."""
    columns = {file: {f"{one.name}: {one.type}" for one in schemas[file]} for file in schemas}
    first = next(iter(columns))
    for file, of_file in columns.items():
        differences = sorted(of_file ^ columns[first])
        if differences:
            names = "; ".join(differences)
            raise CodedError(Errors.E297.format(path=file, first=first, differences=names))
