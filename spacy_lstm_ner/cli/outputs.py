"""Files that commands write: whole or not at all; and folders."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from ..errors import CodedError, Errors

# Of writing, but not of reading.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


@contextmanager
def replaced(path: Path, *, shared: bool = False) -> Iterator[BinaryIO]:
    """A file to write that takes the place of another if all goes well.

    path (Path): Where it goes. Its folder is made if it does not exist.
    shared (bool): Whether another process, of any machine, may be writing the same; the last one
        that is whole stays.
    YIELDS (BinaryIO): The file.
    RAISES (ValueError): It cannot be written. This is known before anything is done within, but for
        want of room; other errors that are raised within stay what they are.
    """
    mark = f".{token_hex(8)}" if shared else ""
    part = path.with_name(f"{path.name}{mark}.part")
    file = _open(path, part)
    try:
        with file:
            yield file
        _rename(part, path)
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise _cannot_write(path, error) from error
    finally:
        part.unlink(missing_ok=True)


def _rename(part: Path, path: Path) -> None:
    try:
        part.replace(path)
    except OSError as error:
        raise _cannot_write(path, error) from error


@contextmanager
def replaced_folder(path: Path) -> Iterator[Path]:
    """A new folder to fill that takes the place of another if all goes well.

    path (Path): Where it goes. The folder that it is in must exist.
    YIELDS (Path): The folder, which is empty. What is left of one that was not finished is removed.
    """
    part = path.with_name(f"{path.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    yield part
    shutil.rmtree(path, ignore_errors=True)
    part.rename(path)


def make_folder(path: Path) -> None:
    """Make a folder, and those that it is in, if it is not there.

    RAISES (ValueError): It cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise _cannot_write(path, error) from error


def _open(path: Path, part: Path) -> BinaryIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError("it is a folder")
        return part.open("wb")
    except (OSError, ValueError) as error:  # the latter for a path that cannot be one
        raise _cannot_write(path, error) from error


def _cannot_write(path: Path, error: Exception) -> CodedError:
    return CodedError(Errors.E142.format(path=path, error=error))
