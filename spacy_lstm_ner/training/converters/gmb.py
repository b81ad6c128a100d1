"""The Groningen Meaning Bank as published on Kaggle ("Annotated Corpus for NER")."""

import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from spacy.language import Language

from ...errors import Errors
from .annotated import Annotated, Row, read_rows
from .labels import LabelMap
from .problems import Problems

COLUMNS = ["Sentence #", "Word", "POS", "Tag"]
ENCODING = "windows-1252"
# Sentences of the split that published results use: in file order, the last sentence left out.
SPLIT = {"train": 33570, "dev": 7194, "test": 7194}


def read_gmb(
    path: Path, nlp: Language, labels: LabelMap, problems: Problems, *, encoding: str = ENCODING
) -> Iterator[Annotated]:
    """Read sentences from the CSV, zipped or not.

    path (Path): `ner_dataset.csv`, or a zip archive with one CSV in it.
    nlp (Language): Gives the vocabulary.
    labels (LabelMap): Which labels to keep, and as what.
    problems (Problems): Takes what is wrong.
    encoding (str): Encoding of the CSV.
    YIELDS (Annotated): One document per sentence.
    """
    try:
        text = _read(path).decode(encoding)
    except UnicodeDecodeError as error:
        problems.add(path, 1, error.start + 1, Errors.E101.format(encoding=encoding))
        return
    rows = csv.reader(io.StringIO(text, newline=""))
    header = next(rows, [])
    if header != COLUMNS:
        problems.add(path, 1, 1, Errors.E104.format(found=header, expected=COLUMNS))
        return
    sentence: list[Row] = []
    name = ""
    for row in rows:
        if len(row) != len(COLUMNS):
            problems.add(path, rows.line_num, 1, Errors.E104.format(found=row, expected=COLUMNS))
            continue
        begins, word, _, tag = row
        if begins and sentence:
            yield from read_rows(sentence, nlp, labels, problems, path=path, name=name)
            sentence = []
        name = begins or name
        sentence.append(Row(rows.line_num, word, tag))
    if sentence:
        yield from read_rows(sentence, nlp, labels, problems, path=path, name=name)


def _read(path: Path) -> bytes:
    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        # An archive made on a Mac holds a second, hidden file for each file.
        names = [n for n in archive.namelist() if n.endswith(".csv") and "__MACOSX" not in n]
        if len(names) != 1:
            raise ValueError(Errors.E105.format(path=path, found=len(names)))
        return archive.read(names[0])
