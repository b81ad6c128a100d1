"""CoNLL-U, https://universaldependencies.org/format.html, with tags of entities under MISC."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import Errors
from ...tags import OUTSIDE
from .annotated import Annotated, Row, read_rows
from .format import Format
from .labels import LabelMap
from .problems import Problems, read_text, split_lines
from .tokenizer import Tokenizer

COLUMNS = 10
# The number of a range of words, "1-2", and that of a word that is not written, "1.1".
_NO_WORD = re.compile(r"\d+[-.]\d+")
# One of the items of MISC: "name=B-PER", or the tag by itself.
_TAG = re.compile(r"(?:name|NE|NER)=(?P<named>.*)|(?P<bare>O|[BIMLEUSW]-.+)")


@dataclass
class CoNLLU(Format):
    """CoNLL-U with tags (IOB, BIO, BIOES, BILUO) under MISC, such as name=B-PER.

    The name may be NE or NER too, or be left out. Every sentence is a document, of its syntactic
    words. A word without a tag is outside.
    """

    suffixes = (".conllu",)

    def read(
        self, path: Path, tokenizer: Tokenizer, labels: LabelMap, problems: Problems
    ) -> Iterator[Annotated]:
        """Read a file. See `Format.read`."""
        sentences: list[list[Row]] = [[]]
        tagged = False
        for number, line in enumerate(split_lines(read_text(path, self.encoding, problems)), 1):
            columns = line.split("\t")
            if not line.strip():
                sentences.append([])
            elif _is_word(columns):
                items = columns[-1].split("|")
                tag = _find_tag(items)
                tagged = tagged or tag is not None
                tag = OUTSIDE if tag is None else tag
                space = "SpaceAfter=No" not in items
                sentences[-1].append(Row(number, columns[1], tag, space))
            elif not line.startswith("#") and not _is_other(columns):
                problems.add(path, number, 1, Errors.E257.format(found=columns))
        if any(sentences) and not tagged:
            problems.add(path, 1, 1, Errors.E258)
        for rows in filter(None, sentences):
            yield from read_rows(rows, tokenizer, labels, problems, path=path)


def _is_word(columns: Sequence[str]) -> bool:
    return len(columns) == COLUMNS and bool(columns[1]) and columns[0].isdecimal()


def _is_other(columns: Sequence[str]) -> bool:
    """Whether it is a range of words, or a word that is not written."""
    return len(columns) == COLUMNS and bool(_NO_WORD.fullmatch(columns[0]))


def _find_tag(items: Sequence[str]) -> str | None:
    found = (match for item in items if (match := _TAG.fullmatch(item)))
    return next((match[match.lastgroup or 0] for match in found), None)
