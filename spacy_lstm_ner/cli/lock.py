"""A folder that one run at a time may write to."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import CodedError, Errors

NAME = "lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other runs out of a folder. The lock is gone when the process is, however it ended.

    folder (Path): The folder, which exists. The message names the one that it is in.
    RAISES (ValueError): Another run is there.
    """
    with (folder / NAME).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CodedError(Errors.E302.format(path=folder.parent)) from error
        yield


def was_locked(folder: Path) -> bool:
    """Whether a run has ever been in a folder."""
    return (folder / NAME).exists()
