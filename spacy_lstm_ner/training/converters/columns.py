"""One token a line, with its tag in a column: CoNLL, IOB, BIO, BIOES, BILUO."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from spacy.language import Language

from ...errors import Errors
from .annotated import Annotated, Row, read_rows
from .labels import LabelMap
from .problems import Problems, read_text, split_lines

DOCUMENT_START = "-DOCSTART-"


def read_columns(
    path: Path,
    nlp: Language,
    labels: LabelMap,
    problems: Problems,
    *,
    encoding: str = "utf-8",
    word_column: int = 0,
    tag_column: int = -1,
) -> Iterator[Annotated]:
    """Read sentences; a blank line ends one.

    path (Path): The file. Columns are separated by tabs if the line has any, else by spaces.
    nlp (Language): Gives the vocabulary.
    labels (LabelMap): Which labels to keep, and as what.
    problems (Problems): Takes what is wrong.
    encoding (str): Encoding of the file.
    word_column (int): The token's column, from 0; from the end if negative.
    tag_column (int): The tag's column.
    YIELDS (Annotated): One document per sentence.
    """
    sentence: list[Row] = []
    for number, line in enumerate([*split_lines(read_text(path, encoding, problems)), ""], 1):
        if line.strip() and not line.startswith(DOCUMENT_START):
            # Not at any other whitespace, which may stand in a token.
            columns = line.split("\t") if "\t" in line else re.split(" +", line.strip(" "))
            found = _pick(columns, word_column), _pick(columns, tag_column).strip()
            if len(columns) > 1 and all(found):
                sentence.append(Row(number, *found))
            else:
                message = Errors.E103.format(found=columns, word=word_column, tag=tag_column)
                problems.add(path, number, 1, message)
        elif sentence:
            name = f"{path}:{sentence[0].line}"
            yield from read_rows(sentence, nlp, labels, problems, path=path, name=name)
            sentence = []


def _pick(columns: Sequence[str], number: int) -> str:
    """The column of a number, counted from the end if that is negative; empty if there is none."""
    return columns[number] if -len(columns) <= number < len(columns) else ""
