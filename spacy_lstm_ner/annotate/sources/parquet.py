"""Tables of Parquet, whose rows stay as they are."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from spacy.language import Language

from ..batch import texts_of
from .source import BLOCK, Block, Range, Source, Wanted, by_number

# A row of this many bytes is the shortest that ranges are made for.
_ROW_BYTES = 100


def _schema(path: Path, wanted: Wanted) -> pa.Schema:
    schema = pq.read_schema(path)
    return pa.schema([field for field in schema if wanted.keeps(field.name)])


def _split(path: Path, size: int) -> list[Range]:
    return by_number(pq.read_metadata(path).num_rows, max(BLOCK, size // _ROW_BYTES))


def _read(path: Path, span: Range, wanted: Wanted, nlp: Language) -> Iterator[Block]:
    names = _schema(path, wanted).names
    with pq.ParquetFile(path) as file:
        at = 0
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            if at < span.stop and at + rows > span.start:
                batches = file.iter_batches(BLOCK, row_groups=[group], columns=names)
                yield from _between(batches, at, span, wanted)
            at += rows


def _between(
    batches: Iterator[pa.RecordBatch], at: int, span: Range, wanted: Wanted
) -> Iterator[Block]:
    """What of batches, the first of which starts at some row, is in a range."""
    for batch in batches:
        start, stop = max(at, span.start), min(at + len(batch), span.stop)
        if start < stop:
            part = batch.slice(start - at, stop - start)
            yield Block(texts_of(part, wanted.text), part, list(range(start + 1, stop + 1)))
        at += len(batch)


PARQUET = Source(_schema, _split, _read)
