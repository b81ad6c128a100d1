"""What doccano exports, https://doccano.github.io/doccano: JSON Lines with character offsets."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import CodedError, Errors
from .annotated import Annotated
from .format import Format, option
from .labels import LabelMap
from .mentions import Mention, set_mentions
from .offsets import Given, Unit, characters, utf16
from .problems import Problems
from .records import Record, first_fields, read_records, short
from .tokenizer import Tokenizer

_TEXTS = ("text", "data")
_LABELS = ("label", "labels")
# In projects with relations; all else that a text has was imported with it.
_ENTITIES = "entities"
_UNITS: dict[str, Unit] = {"characters": characters, "utf-16": utf16}


@dataclass
class Doccano(Format):
    """doccano's JSON Lines: "label" with [start, end, label], or "entities" with their offsets.

    Every text is a document.

    offsets (str): What offsets count. doccano counts UTF-16 units, of which an emoji has two, if
        its setting to count grapheme clusters is off (https://github.com/doccano/doccano/issues/2290);
        files that other programs wrote count characters.
    """

    suffixes = (".jsonl", ".json")

    offsets: str = option("characters", f"What offsets count, {' or '.join(_UNITS)}")

    def __post_init__(self) -> None:
        """See that the setting is one."""
        if self.offsets not in _UNITS:
            options = ", ".join(_UNITS)
            message = Errors.E030.format(name="offsets", value=self.offsets, options=options)
            raise CodedError(message)

    @classmethod
    def recognizes(cls, text: str) -> bool:
        """Whether the first object is one of doccano. See `Format.recognizes`."""
        fields = first_fields(text)
        labels = next((fields[name] for name in _LABELS if name in fields), None)
        triples = isinstance(labels, list) and all(isinstance(item, list) for item in labels)
        has_text = any(isinstance(fields.get(name), str) for name in _TEXTS)
        return has_text and (triples or isinstance(fields.get(_ENTITIES), list))

    def read(
        self, path: Path, tokenizer: Tokenizer, labels: LabelMap, problems: Problems
    ) -> Iterator[Annotated]:
        """Read a file. See `Format.read`."""
        for record in read_records(path, self.encoding, problems):
            text = record.text(*_TEXTS)
            if text is None:
                continue
            mentions = list(self._mentions(record, text))
            doc = tokenizer.make_doc(text)
            lost, overlapping = set_mentions(doc, mentions, labels, path=path)
            yield Annotated(doc, path, record.line, lost=lost, overlapping=overlapping)

    def _mentions(self, record: Record, text: str) -> Iterator[Mention]:
        unit = _UNITS[self.offsets]
        for start, end, label in _spans(record):
            if mention := record.mention(Given([(start, end)]), label, text, unit=unit):
                yield mention


def _spans(record: Record) -> Iterator[tuple[Any, Any, Any]]:
    """Start, end and label of each span, whatever they are."""
    name = _name_of_spans(record)
    items = record.items(name, record.fields.get(name), expected="a list of spans")
    if name == _ENTITIES:
        for entity in record.only_objects(items):
            yield entity.get("start_offset"), entity.get("end_offset"), entity.get("label")
        return
    for item in items:
        if isinstance(item, list) and len(item) == 3:
            start, end, label = item
            yield start, end, label
        else:
            expected = "a list of [start, end, label]"
            record.wrong(Errors.E243.format(name=name, expected=expected, found=short(item)))


def _name_of_spans(record: Record) -> str:
    """What spans are called: the first of their names that the record has.

    That there is nothing, and something under another name, is a problem: one of the two is wrong.
    """
    first, *others = [n for n in (_ENTITIES, *_LABELS) if n in record.fields] or ["label"]
    full = [name for name in others if _has_spans(record.fields[name])]
    if full and not record.fields[first]:
        record.wrong(Errors.E266.format(empty=first, full=full[0]))
    return first


def _has_spans(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, (list, dict)) for item in value)
