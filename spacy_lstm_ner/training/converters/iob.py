"""A sentence a line, as spaCy's own converter `iob` reads it: `Ada|B-PER flew|O`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...errors import Errors
from .annotated import Annotated, Row, read_rows
from .format import Format
from .labels import LabelMap
from .problems import Problems, read_text, split_lines
from .tokenizer import Tokenizer

SEPARATOR = "|"


@dataclass
class IOB(Format):
    """A sentence a line, of tokens such as Ada|B-PER or Ada|NNP|B-PER between white space.

    Every sentence is a document.
    """

    suffixes = (".iob",)

    @classmethod
    def recognizes(cls, text: str) -> bool:
        """Whether all of the first sentence has the form of tokens. See `Format.recognizes`."""
        first = next((line for line in split_lines(text) if line.strip()), "")
        return bool(first) and all(SEPARATOR in item for item in first.split())

    def read(
        self, path: Path, tokenizer: Tokenizer, labels: LabelMap, problems: Problems
    ) -> Iterator[Annotated]:
        """Read a file. See `Format.read`."""
        for number, line in enumerate(split_lines(read_text(path, self.encoding, problems)), 1):
            rows = [_parse(item, number, path, problems) for item in line.split()]
            found = [row for row in rows if row]
            if found:
                yield from read_rows(found, tokenizer, labels, problems, path=path)


def _parse(item: str, number: int, path: Path, problems: Problems) -> Row | None:
    word, *middle, tag = item.split(SEPARATOR) if SEPARATOR in item else (item, "")
    if word and tag and len(middle) < 2:
        return Row(number, word, tag)
    problems.add(path, number, 1, Errors.E250.format(found=item))
    return None
