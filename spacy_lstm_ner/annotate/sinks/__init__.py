"""Formats of output, one a file."""

from .docbin import DOCBIN
from .jsonl import JSONL
from .parquet import PARQUET

SINKS = {"parquet": PARQUET, "jsonl": JSONL, "spacy": DOCBIN}
