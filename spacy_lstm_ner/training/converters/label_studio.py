"""What Label Studio exports, https://labelstud.io/guide/export: JSON and JSON-MIN."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import Errors
from .annotated import Annotated
from .format import Format
from .label_studio_texts import Mark, Task, divide, find_keys
from .labels import LabelMap
from .mentions import Mention, set_mentions
from .offsets import choose_unit
from .problems import Problems
from .records import Record, first_fields, read_records, short, tell_skipped
from .tokenizer import Tokenizer

# What annotations are called, and what is true of those that were cancelled: the second name of
# each is that of versions before 1.0.
_ANNOTATIONS = ("annotations", "completions")
_CANCELLED = ("was_cancelled", "skipped")
# What JSON-MIN has beside the task's data and the labels.
_ABOUT = ("id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time")
# What a region of JSON-MIN has, and what it has where something else than a label is said of it.
_REGION = ("start", "end", "labels")
_SAID = ("choices", "taxonomy", "rating", "number", "datetime")
# Kinds of results that mark a text as well, but by places in HTML or in a dialogue.
_OTHER_TEXT = ("hypertextlabels", "paragraphlabels")


@dataclass
class LabelStudio(Format):
    """Label Studio's JSON with tasks and their annotations, or JSON-MIN.

    Every annotation of a task is a document, but for those that were cancelled.
    """

    suffixes = (".json", ".jsonl")

    @classmethod
    def recognizes(cls, text: str) -> bool:
        """Whether the first object is a task of Label Studio. See `Format.recognizes`."""
        fields = first_fields(text)
        whole = any(region.keys() >= set(_REGION) for region in _regions(fields))
        return _is_task(fields) or "annotation_id" in fields or whole

    def read(
        self, path: Path, tokenizer: Tokenizer, labels: LabelMap, problems: Problems
    ) -> Iterator[Annotated]:
        """Read a file. See `Format.read`."""
        skipped: list[str] = []
        records = read_records(path, self.encoding, problems)
        tasks = [task for record in records if (task := _read_task(record, skipped))]
        marked = any(marks for task in tasks for marks in task.annotations)
        if not marked and any(task.says_something for task in tasks):
            problems.add(path, 1, 1, Errors.E268)
            return
        keys = find_keys(tasks)
        found: list[Annotated] = []
        for task in tasks:
            for text, marks in divide(task, keys):
                doc = tokenizer.make_doc(text)
                mentions = _mentions(task.record, text, marks)
                lost, overlapping = set_mentions(doc, mentions, labels, path=path)
                line = task.record.line
                found.append(Annotated(doc, path, line, lost=lost, overlapping=overlapping))
        tell_skipped(found, skipped, problems, path=path)
        yield from found


def _is_task(fields: dict[str, Any]) -> bool:
    return isinstance(fields.get("data"), dict)


def _read_task(record: Record, skipped: list[str]) -> Task | None:
    """The task of a record; note it if nobody annotated it."""
    if not _is_task(record.fields):
        return _read_minimal(record, skipped)
    annotations = record.objects(_name_of_annotations(record.fields))
    done = [annotation for annotation in annotations if not any(map(annotation.get, _CANCELLED))]
    if not done:
        skipped.append(f"{record.place}: {'cancelled' if annotations else 'not annotated'}")
        return None
    marks = [list(_marks(record, annotation)) for annotation in done]
    says_something = any(annotation.get("result") for annotation in done)
    return Task(record, record.fields["data"], marks, says_something)


def _name_of_annotations(fields: dict[str, Any]) -> str:
    """What annotations are called: the first of their names that the record has."""
    return next((name for name in _ANNOTATIONS if name in fields), _ANNOTATIONS[0])


def _read_minimal(record: Record, skipped: list[str]) -> Task | None:
    """The task of a record of JSON-MIN, which is one annotation.

    A task without annotation has one without a number there, if it was exported as well.
    """
    fields = record.fields
    if (name := _name_of_annotations(fields)) in fields:
        expected = f'an object with the text, since there are "{name}"'
        found = short(fields.get("data"))
        record.wrong(Errors.E243.format(name="data", expected=expected, found=found))
        return None
    regions = _regions(fields)
    if not regions and fields.get("annotation_id", "") is None:
        skipped.append(f"{record.place}: not annotated")
        return None
    data = {name: value for name, value in fields.items() if name not in _ABOUT}
    marks = [Mark(region) for region in regions]
    return Task(record, data, [marks], says_something=True)


def _marks(record: Record, annotation: dict[str, Any]) -> Iterator[Mark]:
    results = record.items("result", annotation.get("result"))
    for result in record.only_objects(results):
        for region in _region(record, result):
            yield Mark(region, result.get("to_name"))


def _region(record: Record, result: dict[str, Any]) -> list[dict[str, Any]]:
    """The region that a result marks; none if it is about something else, such as a relation."""
    kind, value = result.get("type"), result.get("value")
    if kind in _OTHER_TEXT or not isinstance(kind, str):
        expected = "labels, which mark plain text, or the kind of what is no mark"
        record.wrong(Errors.E243.format(name="type", expected=expected, found=short(kind)))
    if kind != "labels" or not record.is_object(value):
        return []
    return [dict(value or {})]


def _regions(fields: dict[str, Any]) -> list[dict[str, Any]]:
    """The regions of a record of JSON-MIN, which are under the name of the tag for labels."""
    return [region for value in fields.values() for region in regions(value)]


def regions(value: Any) -> list[dict[str, Any]]:
    """The regions in the value of a field of JSON-MIN; none if it is something else.

    value (Any): The value.
    """
    objects = value if isinstance(value, list) else []
    return [item for item in objects if isinstance(item, dict) and _is_region(item)]


def _is_region(item: dict[str, Any]) -> bool:
    """Whether it is a region, perhaps one that lacks something.

    What is chosen, rated or written about a region is an item of its own, with its offsets.
    """
    if "labels" in item:
        return True
    said = any(name in item for name in _SAID) or isinstance(item.get("text"), list)
    return not said and any(name in item for name in _REGION)


def _mentions(record: Record, text: str, marks: list[Mark]) -> Iterator[Mention]:
    unit = choose_unit([mark.place for mark in marks], text)
    for mark in marks:
        for label in _labels(record, mark.region):
            if mention := record.mention(mark.place, label, text, unit=unit):
                yield mention


def _labels(record: Record, region: dict[str, Any]) -> list[Any]:
    """The labels of a region, which may have several; that there is none is a problem."""
    labels = region.get("labels")
    if isinstance(labels, list) and labels:
        return labels
    expected = "a list of labels"
    record.wrong(Errors.E243.format(name="labels", expected=expected, found=short(labels)))
    return []
