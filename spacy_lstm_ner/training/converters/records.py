"""JSON records: a list of objects, or an object on each line."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from json import JSONDecoder
from pathlib import Path
from typing import Any

from ...errors import CodedError, Errors
from .annotated import Annotated
from .mentions import Mention
from .offsets import Given, Unit, characters
from .problems import NO_TEXT, Problems, read_text, split_lines

JSON_SUFFIXES = (".json", ".jsonl")
_DECODER = JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")
_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class Record:
    """An object of a file, and where it stands.

    path (Path): The file.
    line (int): The line it begins in, from 1.
    fields (Dict[str, Any]): The object.
    problems (Problems): Collects what is wrong with it.
    """

    path: Path
    line: int
    fields: dict[str, Any]
    problems: Problems

    @property
    def place(self) -> str:
        """File and line, as messages name them."""
        return f"{self.path}:{self.line}:1"

    def wrong(self, message: object) -> None:
        """Note a problem."""
        self.problems.add(self.path, self.line, 1, str(message))

    def text(self, *names: str) -> str | None:
        """The text under the first of some names that it has; none, with a problem, if no text."""
        name = next((name for name in names if name in self.fields), names[0])
        try:
            return check_text(self.fields.get(name), name)
        except CodedError as error:
            self.wrong(error)
            return None

    def objects(self, name: str) -> list[dict[str, Any]]:
        """The list of objects under a name, empty if there is nothing; others are problems."""
        found = self.fields.get(name)
        return [] if found is None else self.only_objects(self.items(name, found))

    def only_objects(self, items: Sequence[Any]) -> list[dict[str, Any]]:
        """Those of some items that are objects; others are problems."""
        return [item for item in items if self.is_object(item)]

    def items(self, name: str, found: Any, *, expected: str = "a list") -> list[Any]:
        """A list that stands under a name; anything else is a problem, null as well."""
        if isinstance(found, list):
            return found
        self.wrong(Errors.E243.format(name=name, expected=expected, found=short(found)))
        return []

    def is_object(self, item: Any) -> bool:
        """Whether an item of a list is an object; anything else is a problem."""
        if not isinstance(item, dict):
            self.wrong(Errors.E244.format(found=short(item)))
        return isinstance(item, dict)

    def mention(
        self, place: Given, label: Any, text: str, *, unit: Unit = characters
    ) -> Mention | None:
        """A mention of one piece; none, with a problem, if its offsets or its label are none."""
        try:
            label = check_text(label, "label")
            ((start, end),) = place.find(text, unit)
        except CodedError as error:
            self.wrong(error)
            return None
        return Mention(start, end, label, self.line)


def check_text(value: Any, name: str) -> str:
    """Check that a value is a text.

    value (Any): The value.
    name (str): What it is, for the message of the error.
    RETURNS (str): The text.
    RAISES (ValueError): It is no string, is empty, or has characters that no text has.
    """
    if not isinstance(value, str) or not value:
        expected = "a string that is not empty"
        raise CodedError(Errors.E243.format(name=name, expected=expected, found=short(value)))
    if wrong := NO_TEXT.search(value):
        raise CodedError(Errors.E132.format(character=wrong[0]))
    return value


def read_records(path: Path, encoding: str, problems: Problems) -> list[Record]:
    """Read the records of a file.

    path (Path): The file.
    encoding (str): Its encoding.
    problems (Problems): Collects errors.
    RETURNS (List[Record]): Its objects; anything else is a problem.
    """
    records: list[Record] = []
    for line, value in _values(read_text(path, encoding, problems)):
        if isinstance(value, dict):
            records.append(Record(path, line, value, problems))
        elif isinstance(value, CodedError):
            problems.add(path, line, 1, str(value))
        else:
            problems.add(path, line, 1, Errors.E244.format(found=short(value)))
    return records


def first_fields(text: str) -> dict[str, Any]:
    """The first object of a file, to tell its format by; an empty one if there is none."""
    for _, value in _values(text):
        return value if isinstance(value, dict) else {}
    return {}


def find_damage(text: str) -> tuple[int, int, str] | None:
    """What is wrong with the first value of a file, if that is no JSON.

    text (str): What is in the file.
    RETURNS (Optional[Tuple[int, int, str]]): The line, the column and the problem.
    """
    if NO_TEXT.search(text):  # it is perhaps in another encoding than it was read in
        return None
    line, value = next(_values(text), (1, None))
    return (line, 1, str(value)) if isinstance(value, CodedError) else None


def tell_skipped(
    documents: Sequence[Annotated], skipped: Sequence[str], problems: Problems, *, path: Path
) -> None:
    """Say what records of a file were skipped, with its first document.

    documents (Sequence[Annotated]): The documents of the file.
    skipped (Sequence[str]): The records, each with its place.
    problems (Problems): Collects errors; that all records were skipped is one.
    path (Path): The file.
    """
    if documents:
        documents[0].skipped = skipped
    elif skipped:
        problems.add(path, 1, 1, Errors.E245.format(count=len(skipped), first=skipped[0]))


def _values(text: str) -> Iterator[tuple[int, Any]]:
    """The values of a file with their lines, or a CodedError in the place of one."""
    begin = _skip_space(text, 0)
    if text.startswith("[", begin):
        yield from _values_of_list(text, begin)
    elif isinstance(whole := _decode(text), dict):
        yield _count_lines(text, 0, begin) + 1, whole
    else:
        for number, line in enumerate(split_lines(text), 1):
            if line.strip():
                yield number, _decode(line)


def _values_of_list(text: str, begin: int) -> Iterator[tuple[int, Any]]:
    position, counted, line = _skip_space(text, begin + 1), 0, 1
    if text.startswith("]", position):  # an empty list
        return
    separator = ","
    while separator == ",":
        line, counted = line + _count_lines(text, counted, position), position
        try:
            value, end = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            yield _line_of(error, line), _not_json(error)
            return
        yield line, value
        end = _skip_space(text, end)
        separator, position = text[end : end + 1], _skip_space(text, end + 1)
    if separator != "]" or text[position:].strip():
        rest = short(separator + text[position:])
        yield line, _not_json(f"found {rest} where a list of objects goes on or ends")


def _decode(text: str) -> Any:
    """The value that a text is, or a CodedError."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:  # also of numbers with thousands of digits
        return _not_json(error)


def _not_json(error: object) -> CodedError:
    return CodedError(Errors.E242.format(error=error))


def _line_of(error: Exception, line: int) -> int:
    return error.lineno if isinstance(error, json.JSONDecodeError) else line


def _skip_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _count_lines(text: str, start: int, end: int) -> int:
    return sum(1 for _ in _LINE_END.finditer(text, start, end))


def short(value: Any) -> str:
    """A value for a message."""
    shown = repr(value)
    return shown if len(shown) <= 100 else f"{shown[:100]} ..."
