"""The Groningen Meaning Bank as published on Kaggle ("Annotated Corpus for NER")."""

import csv
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...errors import CodedError, Errors
from .annotated import Annotated, Row, read_rows
from .format import Format, option
from .labels import LabelMap
from .problems import Problems, decode_text, read_bytes, split_lines
from .splits import PublishedSplit
from .tokenizer import Tokenizer

COLUMNS = ["Sentence #", "Word", "POS", "Tag"]
LARGEST = 200_000_000  # bytes of a file in an archive; the published one has 15 million

# What `zipfile` raises for one that is damaged, cut off, encrypted or packed in an unknown way.
_UNREADABLE = (
    OSError,
    EOFError,
    RuntimeError,
    UnicodeError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)


@dataclass
class GMB(Format):
    """The Kaggle CSV of the Groningen Meaning Bank, or a zip archive with it.

    Every sentence is a document.
    """

    suffixes = (".csv", ".zip")
    published_split = PublishedSplit(train=33570, dev=7194, test=7194, left_out=1)

    encoding: str = option("auto", "Encoding of the files; auto is UTF-8 or windows-1252")

    def read(
        self, path: Path, tokenizer: Tokenizer, labels: LabelMap, problems: Problems
    ) -> Iterator[Annotated]:
        """Read a file. See `Format.read`."""
        data = _read(path, problems)
        encoding = _guess_encoding(data) if self.encoding == "auto" else self.encoding
        text = decode_text(data, encoding, problems, path=path)
        if text is None:
            return
        header, *lines = split_lines(text)
        found = _parse(header, 1, path, problems)
        if found != COLUMNS:
            problems.add(path, 1, 1, Errors.E104.format(found=found, expected=COLUMNS))
            return
        sentence: list[Row] = []
        for number, line in enumerate(lines, 2):
            row = _parse(line, number, path, problems)
            if not row:
                continue
            begins, word, _, tag = row
            if begins and sentence:
                yield from read_rows(sentence, tokenizer, labels, problems, path=path)
                sentence = []
            sentence.append(Row(number, word, tag))
        if sentence:
            yield from read_rows(sentence, tokenizer, labels, problems, path=path)


def _parse(line: str, number: int, path: Path, problems: Problems) -> list[str]:
    """The fields of a line; none if it is empty, or wrong, which is a problem.

    Every line by itself: two quotation marks that stand bare would hold all lines between them.
    """
    if not line:
        return []
    try:
        (row,) = csv.reader([line], strict=True)
    except csv.Error as error:
        problems.add(path, number, 1, Errors.E134.format(error=error))
        return []
    if len(row) != len(COLUMNS):
        problems.add(path, number, 1, Errors.E104.format(found=row, expected=COLUMNS))
        return []
    if not row[1]:
        problems.add(path, number, 1, Errors.E135)
        return []
    return row


def _guess_encoding(data: bytes) -> str:
    """UTF-8, as which hardly any other text can be read, or that of the published file."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "windows-1252"
    return "utf-8"


def _read(path: Path, problems: Problems) -> bytes:
    if not zipfile.is_zipfile(path):
        return read_bytes(path, problems)
    try:
        return _unpack(path)
    except _UNREADABLE as error:
        raise CodedError(Errors.E136.format(path=path, error=error)) from error


def _unpack(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        # An archive made on a Mac holds a second, hidden file for each file.
        files = [
            file
            for file in archive.infolist()
            if file.filename.lower().endswith(".csv") and "__MACOSX" not in file.filename
        ]
        if len(files) != 1:
            raise CodedError(Errors.E105.format(path=path, found=len(files)))
        size = files[0].file_size  # and no more is read, whatever the archive holds
        if size > LARGEST:
            raise CodedError(Errors.E137.format(path=path, size=size, limit=LARGEST))
        return archive.read(files[0])
