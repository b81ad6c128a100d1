"""Formats of input, one a file."""

from pathlib import Path

from ...errors import CodedError, Errors
from .csv import CSV, TSV
from .docbin import DOCBIN
from .jsonl import JSONL
from .lines import LINES
from .parquet import PARQUET
from .source import Source
from .streams import COMPRESSED

SOURCES = {
    ".jsonl": JSONL,
    ".ndjson": JSONL,
    ".parquet": PARQUET,
    ".csv": CSV,
    ".tsv": TSV,
    ".txt": LINES,
    ".spacy": DOCBIN,
}
# Formats that compress their content themselves.
_COMPRESSING = (PARQUET, DOCBIN)


def find_source(path: Path) -> Source:
    """The format that a file is in, by the ending of its name.

    RAISES (ValueError): It has none of the endings that are known.
    """
    is_compressed = path.suffix in COMPRESSED
    source = SOURCES.get(Path(path.stem).suffix if is_compressed else path.suffix)
    if source is None or (is_compressed and source in _COMPRESSING):
        endings, compressed = ", ".join(SOURCES), ", ".join(COMPRESSED)
        raise CodedError(Errors.E280.format(path=path, endings=endings, compressed=compressed))
    return source
