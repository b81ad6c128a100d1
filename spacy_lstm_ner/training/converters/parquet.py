"""Tables in Parquet, https://parquet.apache.org, by the package pyarrow."""

import json
from pathlib import Path
from typing import Any

from ...errors import CodedError, Errors
from .problems import Problems


def read_parquet(path: Path, problems: Problems) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Read a table.

    path (Path): The file.
    problems (Problems): Collects errors; that the file cannot be read is one.
    RETURNS (Tuple[List[Dict[str, Any]], Dict[str, Any]]): Its rows, and what Hugging Face's
        `datasets` says about its columns, if that wrote it.
    RAISES (ValueError): pyarrow is not installed.
    """
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise CodedError(Errors.E251.format(path=path)) from error
    try:
        table = pyarrow.parquet.read_table(path)
        return table.to_pylist(), _features(table.schema.metadata or {})
    except Exception as error:  # a file can be of anything
        problems.add(path, 1, 1, Errors.E133.format(path=path, error=error))
        return [], {}


def _features(metadata: dict[bytes, bytes]) -> dict[str, Any]:
    """What `datasets` says about columns, in the schema's metadata under "huggingface"."""
    features = json.loads(metadata.get(b"huggingface", b"{}")).get("info", {}).get("features", {})
    return features if isinstance(features, dict) else {}
