"""Objects of JSON, one a line, with the entities under "ents"."""

import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from ..batch import ENTS
from ..documents import entities_of
from .sink import Found, Sink, records_of, told


def _write(file: BinaryIO, found: Iterable[Found], schema: pa.Schema) -> None:
    for rows, docs in found:
        for record, doc in zip(records_of(rows), docs, strict=True):
            line = json.dumps({**record, ENTS: entities_of(doc)}, default=told, ensure_ascii=False)
            # Half of a surrogate pair is no UTF-8; its escape is what JSON has for it.
            file.write(line.encode("utf-8", "backslashreplace") + b"\n")


def _join(file: BinaryIO, parts: Sequence[Path]) -> None:
    for path in parts:
        with path.open("rb") as part:
            shutil.copyfileobj(part, file)


JSONL = Sink(".jsonl", _write, _join, is_typed=False)
