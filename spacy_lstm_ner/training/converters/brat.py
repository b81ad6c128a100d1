"""brat's stand-off files, https://brat.nlplab.org/standoff.html: `.ann` beside `.txt`."""

import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ...errors import CodedError, Errors
from .annotated import Annotated
from .format import Format
from .labels import LabelMap
from .mentions import Mention, set_mentions, set_unknown
from .offsets import UNITS, Given, Unit, after_mark, choose_unit
from .problems import Problems, decode_text, read_bytes, read_text, split_lines
from .tokenizer import Tokenizer

# An identifier, a label, offsets and words: "T1\tORG 0 8\tNew York". Offsets of a mention in
# pieces are "0 3;9 13", and its words those of the pieces with spaces between.
_LINE = re.compile(r"T\S*\t(\S+) (\d+ \d+(?:;\d+ \d+)*)\t(.*)")


class Line(NamedTuple):
    """A line of text-bound annotation.

    number (int): Its number, from 1.
    label (str): The label.
    place (Given): Offsets and words.
    """

    number: int
    label: str
    place: Given


@dataclass
class Brat(Format):
    """brat's stand-off annotation; each file lies beside its text, of the same name in .txt.

    Every text is a document. Lines of other things than text-bound annotation are left out.
    """

    suffixes = (".ann",)
    beside = (".txt",)

    def read(
        self, path: Path, tokenizer: Tokenizer, labels: LabelMap, problems: Problems
    ) -> Iterator[Annotated]:
        """Read a file. See `Format.read`."""
        text_path = path.with_suffix(".txt")
        if not text_path.is_file():
            problems.add(path, 1, 1, Errors.E248.format(path=text_path))
            return
        data = read_bytes(text_path, problems)
        text = decode_text(data, self.encoding, problems, path=text_path)
        if text is None:
            return
        lines = list(_parse(read_text(path, self.encoding, problems), path, problems))
        units = (*UNITS, after_mark) if data.startswith(BOM_UTF8) else UNITS
        unit = choose_unit([line.place for line in lines], text, units)
        found = list(_find(lines, text, unit, path, problems))
        doc = tokenizer.make_doc(text)
        whole = [pieces[0] for pieces in found if len(pieces) == 1]
        lost, overlapping = set_mentions(doc, whole, labels, path=path)
        for pieces in found:
            if len(pieces) > 1 and labels(pieces[0].label) is not None:
                for piece in pieces:
                    set_unknown(doc, piece.start, piece.end)
                words = " ... ".join(text[piece.start : piece.end] for piece in pieces)
                lost.append(f"{path}:{pieces[0].line}:1: {words!r}, which is in pieces")
        yield Annotated(doc, path, 1, lost=lost, overlapping=overlapping)


def _parse(annotation: str, path: Path, problems: Problems) -> Iterator[Line]:
    """The lines of a file that are text-bound annotation."""
    for number, line in enumerate(split_lines(annotation), 1):
        if not line.startswith("T"):
            continue
        if match := _LINE.fullmatch(line):
            label, offsets, quote = match.groups()
            yield Line(number, label, Given([_pair(piece) for piece in offsets.split(";")], quote))
        else:
            problems.add(path, number, 1, Errors.E249.format(line=line))


def _find(
    lines: Sequence[Line], text: str, unit: Unit, path: Path, problems: Problems
) -> Iterator[list[Mention]]:
    """The mentions of a file, each with its pieces, of which nearly all have one."""
    for number, label, place in lines:
        try:
            found = place.find(text, unit)
        except CodedError as error:
            problems.add(path, number, 1, str(error))
            continue
        yield [Mention(start, end, label, number) for start, end in found]


def _pair(piece: str) -> tuple[Any, Any]:
    start, end = map(_number, piece.split())
    return start, end


def _number(digits: str) -> int | str:
    """An offset; one of very many digits, which Python does not read, stays as it is: no offset."""
    try:
        return int(digits)
    except ValueError:
        return digits
