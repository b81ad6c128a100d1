"""Everything that is wrong with an input, told at once."""

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import CodedError, Errors, shorten

SHOWN = 50  # problems spelled out in one message
# What a file may begin with to say what its encoding is; that of UTF-16 begins that of UTF-32.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
NO_TEXT = re.compile("[\0\ud800-\udfff]")


@dataclass
class Problems:
    """Collects what is wrong with files, with its place.

    found (List[str]): One line per problem.
    """

    found: list[str] = field(default_factory=list)

    def add(self, path: Path, line: int, column: int, message: str) -> None:
        """Note a problem. Lines and columns count from 1."""
        self.found.append(f"{path}:{line}:{column}: {shorten(message)}")

    def raise_any(self) -> None:
        """Raise what was collected, if anything was.

        RAISES (ValueError): Something was.
        """
        if self.found:
            listed = list_some(self.found)
            raise CodedError(Errors.E100.format(count=len(self.found), problems=listed))


def list_some(lines: Sequence[str]) -> str:
    """Lines for a message: all of them, or the first and how many more there are."""
    listed = list(lines[:SHOWN])
    if len(lines) > SHOWN:
        listed.append(f"... and {len(lines) - SHOWN} more")
    return "\n".join(listed)


def read_bytes(path: Path, problems: Problems) -> bytes:
    """Read a file; one that cannot be read is a problem, and there are then no bytes."""
    try:
        return path.read_bytes()
    except OSError as error:
        problems.add(path, 1, 1, Errors.E133.format(path=path, error=error.strerror))
        return b""


def read_text(path: Path, encoding: str, problems: Problems) -> str:
    """Read a text file; bytes that do not decode are a problem, and the text is then empty."""
    return decode_text(read_bytes(path, problems), encoding, problems, path=path) or ""


def decode_text(data: bytes, encoding: str, problems: Problems, *, path: Path) -> str | None:
    """Decode the text of a file; bytes that do not decode are a problem, and there is then none.

    A byte-order mark says more than an encoding that was named: no other text begins with one.
    """
    encoding = marked_encoding(data) or encoding
    try:
        text = data.decode(encoding).removeprefix("\ufeff")  # the mark of some editors for UTF-8
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        problems.add(path, line, column, Errors.E101.format(encoding=encoding))
        return None
    except (LookupError, ValueError) as error:
        problems.add(path, 1, 1, Errors.E131.format(encoding=encoding, error=error))
        return None
    if wrong := NO_TEXT.search(text):
        *before_lines, last = split_lines(text[: wrong.start()])
        message = Errors.E132.format(character=wrong[0])
        problems.add(path, len(before_lines) + 1, len(last) + 1, message)
        return None
    return text


def peek(path: Path, problems: Problems) -> str:
    """Read a text file to see what is in it; bytes that do not decode are replaced."""
    data = read_bytes(path, problems)
    return data.decode(marked_encoding(data) or "utf-8-sig", "replace")


def marked_encoding(data: bytes) -> str | None:
    """The encoding that a byte-order mark names, if it is another than UTF-8."""
    return next((name for mark, name in _MARKS.items() if data.startswith(mark)), None)


def split_lines(text: str) -> list[str]:
    """The lines of a text as editors count them.

    `str.splitlines` also ends one at form feeds and at U+0085 and U+2028, which occur in text.
    """
    return re.split(r"\r\n|\n|\r", text)
