"""CoNLL-U, https://universaldependencies.org/format.html, with tags of entities under MISC."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from ...errors import Errors
from ...tags import OUTSIDE, spread_tag
from .annotated import Annotated, Row, read_rows
from .format import Format
from .labels import LabelMap
from .problems import Problems, read_text, split_lines
from .tokenizer import Tokenizer

COLUMNS = 10
# The number of a word, "1", or those of a range of words that are written as one, "1-2".
_NUMBER = re.compile(r"(?P<first>\d{1,9})(-(?P<last>\d{1,9}))?")
# The number of a word that is not written, "1.1".
_NOT_WRITTEN = re.compile(r"\d+\.\d+")
# One of the items of MISC: "name=B-PER", or the tag by itself.
_TAG = re.compile(r"(?:name|NE|NER)=(?P<named>.*)|(?P<bare>O|[BIMLEUSW]-.+)")


class _Word(NamedTuple):
    """A word, or a range of words that are written as one, such as "du" for "de" and "le".

    line (int): Its line.
    first (int): Its number; of a range, that of the first word.
    last (Optional[int]): Of a range, the number of the last word.
    text (str): What is written.
    tag (Optional[str]): Its tag, if it has one.
    space (bool): Whether space follows it.
    """

    line: int
    first: int
    last: int | None
    text: str
    tag: str | None
    space: bool


@dataclass
class CoNLLU(Format):
    """CoNLL-U with tags (IOB, BIO, BIOES, BILUO) under MISC, such as name=B-PER.

    The name may be NE or NER too, or be left out. Every sentence is a document, of its syntactic
    words. The tag of a range of words is that of its words, if they have none. A word without a tag
    is outside.
    """

    suffixes = (".conllu",)

    def read(
        self, path: Path, tokenizer: Tokenizer, labels: LabelMap, problems: Problems
    ) -> Iterator[Annotated]:
        """Read a file. See `Format.read`."""
        sentences: list[list[_Word]] = [[]]
        for number, line in enumerate(split_lines(read_text(path, self.encoding, problems)), 1):
            columns = line.split("\t")
            if not line.strip():
                sentences.append([])
            elif word := _parse(columns, number):
                sentences[-1].append(word)
            elif not line.startswith("#") and not _is_not_written(columns):
                problems.add(path, number, 1, Errors.E257.format(found=columns))
        words = list(chain.from_iterable(sentences))
        if words and all(word.tag is None for word in words):
            problems.add(path, 1, 1, Errors.E258)
        for rows in filter(None, map(_rows, sentences)):
            yield from read_rows(rows, tokenizer, labels, problems, path=path)


def _parse(columns: Sequence[str], line: int) -> _Word | None:
    """The word or range of a line, if it is one."""
    found = _NUMBER.fullmatch(columns[0])
    if not found or len(columns) != COLUMNS or not columns[1]:
        return None
    first, last = int(found["first"]), int(found["last"]) if found["last"] else None
    items = columns[-1].split("|")
    return _Word(line, first, last, columns[1], _find_tag(items), "SpaceAfter=No" not in items)


def _is_not_written(columns: Sequence[str]) -> bool:
    """Whether it is a word that is understood, and not written."""
    return len(columns) == COLUMNS and bool(_NOT_WRITTEN.fullmatch(columns[0]))


def _rows(sentence: Sequence[_Word]) -> list[Row]:
    """The words of a sentence, each with what is said of a range that it is in."""
    words: list[_Word] = []
    ranges: list[tuple[int, _Word, int]] = []
    for word in sentence:
        if word.last is None:
            words.append(word)
        else:
            ranges.append((len(words), word, word.last))
    for start, whole, last in ranges:
        end = start
        while end < len(words) and whole.first <= words[end].first <= last:
            end += 1
        words[start:end] = _spread(whole, words[start:end])
    return [Row(w.line, w.text, OUTSIDE if w.tag is None else w.tag, w.space) for w in words]


def _spread(whole: _Word, words: Sequence[_Word]) -> list[_Word]:
    """The words of a range. The tag of the range is theirs, if none of them is in an entity."""
    found = list(words)
    if whole.tag is not None and all(word.tag in (None, OUTSIDE) for word in words):
        tags = spread_tag(whole.tag, len(words))
        found = [word._replace(tag=tag) for word, tag in zip(words, tags, strict=True)]
    if not whole.space:
        found[-1:] = [word._replace(space=False) for word in found[-1:]]
    return found


def _find_tag(items: Sequence[str]) -> str | None:
    found = (match for item in items if (match := _TAG.fullmatch(item)))
    return next((match[match.lastgroup or 0] for match in found), None)
