"""One token a line, with its tag in a column: CoNLL, IOB, BIO, BIOES, BILUO."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import Errors
from ...tags import MISSING
from .annotated import Annotated, Row, read_rows
from .format import Format, option
from .iob import IOB
from .labels import LabelMap
from .prefixes import add_prefixes
from .problems import Problems, read_text, split_lines
from .tokenizer import Tokenizer

DOCUMENT_START = "-DOCSTART-"
# What stands in the first column of a treebank for a range of words, "1-2", and for a word that is
# not written, "1.1"; and what in place of the tag that they do not have.
_NO_WORD = re.compile(r"\d+[-.]\d+")
_NO_TAG = "_"
_HASH = re.compile(r"#(\s|$)")


@dataclass
class Columns(Format):
    """One token a line with its tag (IOB, BIO, BIOES, BILUO), a blank line between sentences.

    Columns are separated by tabs if the line has any, else by spaces. Every sentence is a document.
    Lines that begin with '# ' before its first token are comments, if they have not as many columns
    as its tokens. Lines that begin with "1-2" or "1.1" and have "_" for a tag are no tokens. If no
    tag of a file has a prefix, as those for Stanford's recognizer, each run of one label is an
    entity.

    word_column (int): The token's column, from 0; from the end if negative.
    tag_column (int): The tag's column.
    """

    suffixes = (".iob", ".iob2", ".bio", ".conll", ".conll03", ".tsv", ".bioes", ".biluo")

    word_column: int = option(0, "Column of the token, from 0; negative from the end")
    tag_column: int = option(-1, "Column of the tag")

    @classmethod
    def recognizes(cls, text: str) -> bool:
        """Whether it has no sentence a line. See `Format.recognizes`."""
        return not IOB.recognizes(text)

    def read(
        self, path: Path, tokenizer: Tokenizer, labels: LabelMap, problems: Problems
    ) -> Iterator[Annotated]:
        """Read a file. See `Format.read`."""
        sentences: list[list[Row]] = []
        for lines in _blocks(read_text(path, self.encoding, problems)):
            parsed = [self._parse(line, number, path, problems) for number, line in lines]
            sentences.append([row for row in parsed if row])
        if {row.tag for rows in sentences for row in rows} == {MISSING}:
            problems.add(path, 1, 1, Errors.E256.format(word=self.word_column, tag=self.tag_column))
        for rows in filter(None, add_prefixes(sentences)):
            yield from read_rows(rows, tokenizer, labels, problems, path=path)

    def _parse(self, line: str, number: int, path: Path, problems: Problems) -> Row | None:
        """The token of a line; none if it has none, which is a problem but for those of no word."""
        columns = _split(line)
        word, tag = _pick(columns, self.word_column), _pick(columns, self.tag_column).strip()
        numbered = self.word_column not in (0, -len(columns))
        if numbered and tag == _NO_TAG and _NO_WORD.fullmatch(columns[0]):
            return None
        if len(columns) > 1 and word and tag:
            return Row(number, word, tag)
        message = Errors.E103.format(found=columns, word=self.word_column, tag=self.tag_column)
        problems.add(path, number, 1, message)
        return None


def _blocks(text: str) -> Iterator[list[tuple[int, str]]]:
    """The lines of each sentence with their numbers, without comments."""
    block: list[tuple[int, str]] = []
    lines = split_lines(text)
    usual = _shape_of_tokens(line for line in lines if _is_of_sentence(line))
    for number, line in enumerate([*lines, ""], 1):
        if _is_of_sentence(line):
            block.append((number, line))
        elif block:
            yield _without_comments(block, usual)
            block = []


def _is_of_sentence(line: str) -> bool:
    return bool(line.strip()) and not line.startswith(DOCUMENT_START)


def _without_comments(
    block: list[tuple[int, str]], usual: tuple[bool, int] | None
) -> list[tuple[int, str]]:
    """The lines of a sentence from its first token on.

    "#" may be that token. A comment is no row of the sentence by its columns or what separates
    them; a sentence of nothing but such lines goes by the usual row of the file.
    """
    begin = next((i for i, (_, line) in enumerate(block) if not _HASH.match(line)), len(block))
    shape = _shape_of_tokens(line for _, line in block[begin:]) or usual
    head = [item for item in block[:begin] if shape in (None, _shape(item[1]))]
    return head + block[begin:]


def _shape_of_tokens(lines: Iterable[str]) -> tuple[bool, int] | None:
    """The shape of the first line that is surely a token's."""
    return next((_shape(line) for line in lines if not _HASH.match(line)), None)


def _shape(line: str) -> tuple[bool, int]:
    """Whether tabs separate columns, and how many there are."""
    return "\t" in line, len(_split(line))


def _split(line: str) -> list[str]:
    # Not at any other whitespace, which may stand in a token.
    return line.split("\t") if "\t" in line else re.split(" +", line.strip(" "))


def _pick(columns: Sequence[str], number: int) -> str:
    """The column of a number, counted from the end if that is negative; empty if there is none."""
    return columns[number] if -len(columns) <= number < len(columns) else ""
