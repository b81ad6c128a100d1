"""What tells a pipeline from others, so that all workers have the same."""

import hashlib
from importlib.metadata import version
from pathlib import Path

from spacy.util import get_package_path, is_package

from ..errors import CodedError, Errors


def version_of(model: str | Path) -> str:
    """What tells a pipeline, and the libraries that run it, from others.

    model (Union[str, Path]): Its folder, or the name of its package.
    RAISES (ValueError): There is no such pipeline.
    """
    folder = get_package_path(str(model)) if is_package(str(model)) else Path(model)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    if not files:
        raise CodedError(Errors.E140.format(model=model, error="it is no folder with files"))
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(folder)}\n{file.stat().st_size}\n".encode())
        digest.update(file.read_bytes())
    libraries = [f"{name}-{version(name)}" for name in ("spacy", "spacy_lstm_ner")]
    return " ".join([digest.hexdigest()[:16], *libraries])


def check_version(model: str | Path, expected: str) -> None:
    """See that a pipeline is the one that is expected.

    model (Union[str, Path]): Its folder, or the name of its package.
    expected (str): What `version_of` it was where the work was begun.
    RAISES (ValueError): It is another.
    """
    found = version_of(model)
    if found != expected:
        raise CodedError(Errors.E287.format(model=model, expected=expected, found=found))
