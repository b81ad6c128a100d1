"""Running text with inline marks: `[Barack Obama](PER) saw the [Rosetta Stone](ART).`

A line `## <id> <split>` opens a document, every further line that is not blank is one of its
sentences, and a line `# ...` is a title. `\\[` and `\\]` are brackets that mark nothing.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy
from spacy.attrs import SENT_START
from spacy.tokens import Doc

from ...errors import Errors
from .annotated import Annotated
from .format import Format, option
from .labels import LabelMap
from .mentions import Mention, set_mentions
from .problems import Problems, read_text, split_lines
from .splits import SPLITS
from .tokenizer import Tokenizer

# What can stand in a line, a mark's own brackets apart.
_TOKEN = re.compile(
    r"\\(?P<escaped>[\[\]\\])|(?P<open>\[)|(?P<close>\](?:\((?P<label>[^()\s]*)\))?)"
)
# What stands in the place of a label where a page links to another, or to a place in itself.
_ADDRESS = re.compile(r".*://.*|mailto:.*|[#.].*|.*/|.*/.*\.\w+|.*\.(md|html)(#.*)?")


@dataclass
class MarkedText:
    """A document as read, before tokenization.

    name (str): Its id.
    split (Optional[str]): Its split.
    line (int): The line it starts in.
    sentences (List[str]): The sentences, without marks.
    marks (List[List[Mention]]): The marked mentions of each sentence.
    """

    name: str
    split: str | None
    line: int
    sentences: list[str] = field(default_factory=list)
    marks: list[list[Mention]] = field(default_factory=list)


@dataclass
class Inline(Format):
    """Running text with marks such as [London](GEO); a line '## <id> <split>' opens a document.

    labels (Tuple[str, ...]): Labels that marks may have; any if there are none.
    """

    suffixes = (".md", ".txt")
    any_text = True

    labels: tuple[str, ...] = option((), "Labels that marks may have; any if not given")
    # Ids of the documents read so far, in whichever file: none may come twice.
    _names: set[str] = field(default_factory=set, init=False, repr=False)

    @classmethod
    def recognizes(cls, text: str) -> bool:
        """Whether it has a header, or a mark that is no link. See `Format.recognizes`."""
        marks = (match["label"] for match in _TOKEN.finditer(text))
        marked = any(label and not _ADDRESS.fullmatch(label) for label in marks)
        return marked or any(map(_is_header, split_lines(text)))

    def read(
        self, path: Path, tokenizer: Tokenizer, labels: LabelMap, problems: Problems
    ) -> Iterator[Annotated]:
        """Read a file. See `Format.read`."""
        text = read_text(path, self.encoding, problems)
        for marked in parse_inline(
            text, path, problems, known_labels=self.labels, names=self._names
        ):
            yield _to_annotated(marked, path, tokenizer, labels)


def parse_inline(
    text: str,
    path: Path,
    problems: Problems,
    *,
    known_labels: Collection[str] = (),
    names: set[str] | None = None,
) -> list[MarkedText]:
    """Parse the text of a file.

    text (str): The text.
    path (Path): The file.
    problems (Problems): Collects errors.
    known_labels (Collection[str]): Labels that marks may have; any if there are none.
    names (Optional[Set[str]]): Ids of documents read before, which may not come again. Those of the
        text are added.
    RETURNS (List[MarkedText]): The documents.
    """
    names = set() if names is None else names
    documents: list[MarkedText] = []
    for number, line in enumerate(split_lines(text), 1):
        if line.startswith("## "):
            documents.append(_parse_header(line, number, path, problems, names))
        elif line.strip() and not line.startswith("# "):
            if not documents:
                documents.append(MarkedText(path.stem, None, number))
            sentence, marks = parse_marks(line.strip(), path, number, problems)
            for mark in marks:
                if message := _check_label(mark.label, known_labels):
                    problems.add(path, number, mark.column, message)
            documents[-1].sentences.append(sentence)
            documents[-1].marks.append(marks)
    for document in documents:
        if not document.sentences:
            problems.add(path, document.line, 1, Errors.E111.format(name=document.name))
    return documents


def _check_label(label: str, known: Collection[str]) -> str:
    """What is wrong with the label of a mark; empty if nothing is."""
    if known and label not in known:
        return Errors.E110.format(label=label, known=", ".join(known))
    return Errors.E272.format(label=label) if not known and _ADDRESS.fullmatch(label) else ""


def _is_header(line: str) -> bool:
    fields = line.split()
    return len(fields) == 3 and fields[0] == "##" and fields[2] in SPLITS


def _parse_header(
    line: str, number: int, path: Path, problems: Problems, names: set[str]
) -> MarkedText:
    fields = line.split()[1:]
    name, split = (*fields, "", "")[:2]
    if not _is_header(line):
        problems.add(path, number, 1, Errors.E112.format(line=line, splits=", ".join(SPLITS)))
    if name in names:
        problems.add(path, number, 4, Errors.E113.format(name=name))
    names.add(name)
    return MarkedText(name, split, number)


def parse_marks(
    line: str, path: Path, number: int, problems: Problems
) -> tuple[str, list[Mention]]:
    """Take the marks out of a sentence.

    RETURNS (Tuple[str, List[Mention]]): The sentence without marks, and the marks.
    """
    parts: list[str] = []
    marks: list[Mention] = []
    length, position = 0, 0
    # Where the open mark starts: in the text, in the line, in the parts.
    opened: tuple[int, int, int] | None = None
    for match in _TOKEN.finditer(line):
        column = match.start() + 1
        parts.append(line[position : match.start()])
        length += len(parts[-1])
        position = match.end()
        if match["escaped"]:
            parts.append(match["escaped"])
            length += 1
        elif match["open"]:
            if opened:
                problems.add(path, number, column, Errors.E114)
            opened = (length, column, len(parts))
        elif opened is None:
            problems.add(path, number, column, Errors.E115)
        else:
            start, start_column, first = opened
            opened = None
            if not match["label"]:
                problems.add(path, number, column, Errors.E116)
            elif not "".join(parts[first:]).strip():
                problems.add(path, number, start_column, Errors.E117)
            else:
                marks.append(Mention(start, length, match["label"], number, start_column))
    if opened:
        problems.add(path, number, opened[1], Errors.E118)
    return "".join(parts) + line[position:], marks


def _to_annotated(
    marked: MarkedText, path: Path, tokenizer: Tokenizer, labels: LabelMap
) -> Annotated:
    """Tokenize a document and set its entities and the starts of its sentences."""
    doc = tokenizer.make_doc(" ".join(marked.sentences))
    mentions: list[Mention] = []
    starts: list[int] = []
    offset = 0
    for sentence, marks in zip(marked.sentences, marked.marks, strict=True):
        starts.append(offset)
        mentions += (m._replace(start=m.start + offset, end=m.end + offset) for m in marks)
        offset += len(sentence) + 1
    _start_sentences(doc, starts)
    lost, _ = set_mentions(doc, mentions, labels, path=path)
    return Annotated(doc, path, marked.line, marked.name, marked.split, lost=lost)


def _start_sentences(doc: Doc, offsets: Collection[int]) -> None:
    """Mark the tokens at some characters as first of a sentence, and no others.

    All at once: setting a token's `is_sent_start` looks through the whole document.
    """
    first = set(offsets)
    starts = [1 if token.idx in first else -1 for token in doc]
    values = numpy.array(starts, dtype="int64").astype("uint64")
    doc.from_array([SENT_START], values)  # type: ignore[arg-type]
