"""brat's stand-off files, https://brat.nlplab.org/standoff.html: `.ann` beside `.txt`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...errors import CodedError, Errors
from .annotated import Annotated
from .format import Format
from .labels import LabelMap
from .mentions import Mention, set_mentions, set_unknown
from .offsets import check_offsets
from .problems import Problems, decode_text, read_bytes, read_text, split_lines
from .tokenizer import Tokenizer

# An identifier, a label, offsets and words: "T1\tORG 0 8\tNew York". Offsets of a mention in
# pieces are "0 3;9 13", and its words those of the pieces with spaces between.
_LINE = re.compile(r"T\S*\t(\S+) (\d+ \d+(?:;\d+ \d+)*)\t(.*)")


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
        text = decode_text(read_bytes(text_path, problems), self.encoding, problems, path=text_path)
        if text is None:
            return
        annotation = read_text(path, self.encoding, problems)
        found = list(_parse(annotation, text, path, problems))
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


def _parse(annotation: str, text: str, path: Path, problems: Problems) -> Iterator[list[Mention]]:
    """The mentions of a file, each with its pieces, of which nearly all have one."""
    for number, line in enumerate(split_lines(annotation), 1):
        if not line.startswith("T"):
            continue
        match = _LINE.fullmatch(line)
        if not match:
            problems.add(path, number, 1, Errors.E249.format(line=line))
            continue
        label, offsets, quote = match.groups()
        try:
            yield [
                Mention(start, end, label, number) for start, end in _check(offsets, text, quote)
            ]
        except CodedError as error:
            problems.add(path, number, 1, str(error))


def _check(offsets: str, text: str, quote: str) -> list[tuple[int, int]]:
    pairs = [tuple(map(_number, pair.split())) for pair in offsets.split(";")]
    if len(pairs) == 1:
        ((start, end),) = pairs
        return [check_offsets(start, end, text, quote)]
    return [check_offsets(start, end, text) for start, end in pairs]


def _number(digits: str) -> int | str:
    """An offset; one of very many digits, which Python does not read, stays as it is: no offset."""
    try:
        return int(digits)
    except ValueError:
        return digits
