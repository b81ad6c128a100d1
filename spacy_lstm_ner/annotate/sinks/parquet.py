"""Tables of Parquet, with the entities in a column of lists."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from ..batch import ENTITIES, ENTS
from ..documents import entities_of
from .sink import Found, Sink


def _write(file: BinaryIO, found: Iterable[Found], schema: pa.Schema) -> None:
    columns = schema.append(pa.field(ENTS, ENTITIES))
    batches = []
    for rows, docs in found:
        if isinstance(rows, list):
            rows = pa.RecordBatch.from_pylist(rows, schema)
        ents = pa.array([entities_of(doc) for doc in docs], ENTITIES)
        batches.append(pa.RecordBatch.from_arrays([*rows.columns, ents], schema=columns))
    pq.write_table(pa.Table.from_batches(batches, columns), file)


def _join(file: BinaryIO, parts: Sequence[Path]) -> None:
    with pq.ParquetWriter(file, pq.read_schema(parts[0])) as writer:
        for path in parts:
            writer.write_table(pq.read_table(path))


PARQUET = Sink(".parquet", _write, _join, is_typed=True)
