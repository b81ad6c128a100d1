"""One token a line, with its tag in a column: CoNLL, IOB, BIO, BIOES, BILUO."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from spacy.language import Language

from ...errors import Errors
from .annotated import Annotated, Row, read_rows
from .format import Format, option
from .labels import LabelMap
from .problems import Problems, read_text, split_lines

DOCUMENT_START = "-DOCSTART-"


@dataclass
class Columns(Format):
    """One token a line with its tag (IOB, BIO, BIOES, BILUO), a blank line between sentences.

    Columns are separated by tabs if the line has any, else by spaces. Every sentence is a document.

    word_column (int): The token's column, from 0; from the end if negative.
    tag_column (int): The tag's column.
    """

    suffixes = (".iob", ".iob2", ".bio", ".conll", ".conll03", ".tsv", ".bioes", ".biluo")

    word_column: int = option(0, "Column of the token, from 0; negative from the end")
    tag_column: int = option(-1, "Column of the tag")

    def read(
        self, path: Path, nlp: Language, labels: LabelMap, problems: Problems
    ) -> Iterator[Annotated]:
        """Read a file. See `Format.read`."""
        sentence: list[Row] = []
        text = read_text(path, self.encoding, problems)
        for number, line in enumerate([*split_lines(text), ""], 1):
            if line.strip() and not line.startswith(DOCUMENT_START):
                row = self._parse(line, number, path, problems)
                sentence += [row] if row else []
            elif sentence:
                yield from read_rows(sentence, nlp, labels, problems, path=path)
                sentence = []

    def _parse(self, line: str, number: int, path: Path, problems: Problems) -> Row | None:
        # Not at any other whitespace, which may stand in a token.
        columns = line.split("\t") if "\t" in line else re.split(" +", line.strip(" "))
        word, tag = _pick(columns, self.word_column), _pick(columns, self.tag_column).strip()
        if len(columns) > 1 and word and tag:
            return Row(number, word, tag)
        message = Errors.E103.format(found=columns, word=self.word_column, tag=self.tag_column)
        problems.add(path, number, 1, message)
        return None


def _pick(columns: Sequence[str], number: int) -> str:
    """The column of a number, counted from the end if that is negative; empty if there is none."""
    return columns[number] if -len(columns) <= number < len(columns) else ""
