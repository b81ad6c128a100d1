"""Writing `.spacy` files, whole or not at all."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from spacy.tokens import Doc, DocBin

ATTRS = ("ENT_IOB", "ENT_TYPE", "SENT_START")


def write_docbins(parts: Mapping[Path, Iterable[Doc]]) -> None:
    """Write several files. They appear under their names only after all of them were written.

    parts (Mapping[Path, Iterable[Doc]]): The documents of each file.
    """
    written = {}
    try:
        for path, docs in parts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            written[path] = path.with_name(f".{path.name}.{os.getpid()}.part")
            DocBin(attrs=ATTRS, docs=docs).to_disk(written[path])
        for path, temporary in written.items():
            temporary.replace(path)
    finally:
        for temporary in written.values():
            temporary.unlink(missing_ok=True)
