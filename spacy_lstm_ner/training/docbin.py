"""Writing `.spacy` files, all of them or none."""

import os
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from spacy.tokens import Doc, DocBin

from ..errors import CodedError, Errors

ATTRS = ("ENT_IOB", "ENT_TYPE", "SENT_START")


def write_docbins(
    parts: Mapping[Path, Iterable[Doc]],
    *,
    attrs: Iterable[str] = ATTRS,
    store_user_data: bool = False,
) -> None:
    """Write several files. If one of them cannot be written, all are left as they were.

    parts (Mapping[Path, Iterable[Doc]]): The documents of each file.
    attrs (Iterable[str]): What to write of each token, beside its text.
    store_user_data (bool): Whether to write `user_data` of documents too.
    RAISES (ValueError): A file cannot be written or replaced.
    """
    written = {}
    try:
        for number, (path, docs) in enumerate(parts.items()):
            path.parent.mkdir(parents=True, exist_ok=True)
            written[path] = _beside(path, number, "new")
            docbin = DocBin(attrs=attrs, store_user_data=store_user_data, docs=docs)
            docbin.to_disk(written[path])
        _replace_all(written)
    except (OSError, ValueError) as error:  # the latter for a path that cannot be one
        raise CodedError(Errors.E125.format(error=error)) from error
    finally:
        for new in written.values():
            _remove(new)


def _replace_all(written: Mapping[Path, Path]) -> None:
    """Move new files to their names; after an error, every name has what it had before."""
    earlier = {
        path: _beside(path, number, "old")
        for number, path in enumerate(written)
        if os.path.lexists(path)
    }
    with ExitStack() as undo:
        for path, new in written.items():
            if path.is_dir():
                raise IsADirectoryError(f"{path} is a folder")
            if path in earlier:
                path.replace(earlier[path])
                undo.callback(earlier[path].replace, path)
            else:
                undo.callback(path.unlink, missing_ok=True)
            new.replace(path)
        undo.pop_all()
    for old in earlier.values():
        _remove(old)


def _beside(path: Path, number: int, kind: str) -> Path:
    """A name in the same folder that nobody else uses, and short, whatever the file's own is."""
    return path.with_name(f".{os.getpid()}.{number}.{kind}")


def _remove(path: Path) -> None:
    """Remove a file if possible; that it stays is no reason to say that others were not written."""
    with suppress(OSError, ValueError):
        path.unlink()
