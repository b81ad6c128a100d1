"""Bytes of files that may be compressed."""

import bz2
import gzip
import lzma
from collections.abc import Callable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa

from ...errors import Errors
from ..documents import Failure

BOM = b"\xef\xbb\xbf"
_AT_ONCE = 1 << 20


def _open_plain(path: Path) -> BinaryIO:
    return path.open("rb")


def _open_gzip(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path))


def _open_bzip2(path: Path) -> BinaryIO:
    return cast(BinaryIO, bz2.open(path))


def _open_xz(path: Path) -> BinaryIO:
    return cast(BinaryIO, lzma.open(path))


def _open_zstd(path: Path) -> BinaryIO:
    return cast(BinaryIO, BufferedReader(pa.input_stream(str(path), compression="zstd")))


COMPRESSED: dict[str, Callable[[Path], BinaryIO]] = {
    ".gz": _open_gzip,
    ".bz2": _open_bzip2,
    ".xz": _open_xz,
    ".zst": _open_zstd,
}


def open_bytes(path: Path) -> BinaryIO:
    """Open a file for reading, decompressed if its name says that it is compressed."""
    return COMPRESSED.get(path.suffix, _open_plain)(path)


def lines_between(path: Path, start: int, stop: int) -> Iterator[bytes]:
    """The lines of a file from one byte to another, as they are without compression."""
    with open_bytes(path) as file:
        if path.suffix in COMPRESSED:
            for at in range(0, start, _AT_ONCE):
                file.read(min(_AT_ONCE, start - at))
        else:
            file.seek(start)
        while start < stop and (line := file.readline()):
            start += len(line)
            yield line


def decode(line: bytes) -> str | Failure:
    """A line as text, without its end."""
    try:
        return line.decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        return Failure(Errors.E288.format(byte=line[error.start], place=error.start + 1))
