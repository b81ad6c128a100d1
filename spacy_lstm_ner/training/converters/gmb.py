"""The Groningen Meaning Bank as published on Kaggle ("Annotated Corpus for NER")."""

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from spacy.language import Language

from ...errors import CodedError, Errors
from .annotated import Annotated, Row, read_rows
from .format import Format, option
from .labels import LabelMap
from .problems import Problems, decode_text
from .splits import PublishedSplit

COLUMNS = ["Sentence #", "Word", "POS", "Tag"]


@dataclass
class GMB(Format):
    """The Kaggle CSV of the Groningen Meaning Bank, or a zip archive with it.

    Every sentence is a document.
    """

    suffixes = (".csv", ".zip")
    published_split = PublishedSplit(train=33570, dev=7194, test=7194, left_out=1)

    encoding: str = option("windows-1252", "Encoding of the files")

    def read(
        self, path: Path, nlp: Language, labels: LabelMap, problems: Problems
    ) -> Iterator[Annotated]:
        """Read a file. See `Format.read`."""
        text = decode_text(_read(path), self.encoding, problems, path=path)
        if text is None:
            return
        rows = csv.reader(io.StringIO(text, newline=""))
        header = next(rows, [])
        if header != COLUMNS:
            problems.add(path, 1, 1, Errors.E104.format(found=header, expected=COLUMNS))
            return
        sentence: list[Row] = []
        for row in rows:
            if len(row) != len(COLUMNS):
                message = Errors.E104.format(found=row, expected=COLUMNS)
                problems.add(path, rows.line_num, 1, message)
                continue
            begins, word, _, tag = row
            if begins and sentence:
                yield from read_rows(sentence, nlp, labels, problems, path=path)
                sentence = []
            sentence.append(Row(rows.line_num, word, tag))
        if sentence:
            yield from read_rows(sentence, nlp, labels, problems, path=path)


def _read(path: Path) -> bytes:
    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        # An archive made on a Mac holds a second, hidden file for each file.
        names = [n for n in archive.namelist() if n.endswith(".csv") and "__MACOSX" not in n]
        if len(names) != 1:
            raise CodedError(Errors.E105.format(path=path, found=len(names)))
        return archive.read(names[0])
