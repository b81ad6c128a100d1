"""Which texts of Label Studio's tasks are annotated, and what is marked in each."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ...errors import CodedError, Errors
from .offsets import Given, choose_unit
from .records import Record, check_text, short

_USUAL = "text"


class Mark(NamedTuple):
    """A region of a text that has labels.

    region (Dict[str, Any]): Its offsets, words and labels.
    name (Any): What it calls the text, whatever that is.
    """

    region: dict[str, Any]
    name: Any = _USUAL

    @property
    def place(self) -> Given:
        """Its offsets, and its words if it has them."""
        quote = self.region.get("text")
        offsets = self.region.get("start"), self.region.get("end")
        return Given([offsets], quote if isinstance(quote, str) else None)


class Task(NamedTuple):
    """A task that was annotated.

    record (Record): The record that it is.
    data (Dict[str, Any]): What it has to annotate.
    annotations (List[List[Mark]]): The marks of each annotation.
    says_something (bool): Whether annotations have marks or anything else. If not, there are
        perhaps no entities; else it may be that nobody looked for them.
    """

    record: Record
    data: dict[str, Any]
    annotations: list[list[Mark]]
    says_something: bool

    @property
    def strings(self) -> dict[str, str]:
        """What could be a text, with its key."""
        return {key: value for key, value in self.data.items() if isinstance(value, str)}


def find_keys(tasks: Sequence[Task]) -> dict[str, str]:
    """Find the keys of the texts in the data of tasks.

    A mark calls its text by a name that the settings of the project give it, and these may take it
    from a key of another name.

    tasks (Sequence[Task]): All tasks of a file.
    RETURNS (Dict[str, str]): The key of each name: the name, unless the words that marks quote are
        only in the text of another key.
    """
    annotations = [(task, marks) for task in tasks for marks in task.annotations]
    named = (mark.name for _, marks in annotations for mark in marks)
    names = dict.fromkeys(name for name in named if isinstance(name, str))
    return {name: _find_key(name, annotations) for name in names}


def divide(task: Task, keys: Mapping[str, str]) -> Iterator[tuple[str, list[Mark]]]:
    """Divide the marks of a task among its texts.

    task (Task): The task.
    keys (Mapping[str, str]): The keys of texts by the names that marks call them.
    YIELDS (Tuple[str, List[Mark]]): Each text with its marks, for each annotation.
    """
    texts = _find_texts(task, keys)
    for marks in task.annotations:
        divided: dict[str, list[Mark]] = {key: [] for key in texts}
        for mark in marks:
            _marks_of(task.record, divided, keys, mark.name).append(mark)
        yield from ((text, divided[key]) for key, text in texts.items())


def _find_key(name: str, annotations: Sequence[tuple[Task, Sequence[Mark]]]) -> str:
    quoted = [
        (task.strings, places)
        for task, marks in annotations
        if (places := [mark.place for mark in marks if mark.name == name and mark.place.quote])
    ]
    keys = quoted[0][0] if quoted else ()
    fitting = [key for key in keys if all(_fit(places, of.get(key)) for of, places in quoted)]
    return fitting[0] if len(fitting) == 1 else name


def _fit(places: Collection[Given], text: str | None) -> bool:
    if text is None:
        return False
    unit = choose_unit(places, text)
    return all(place.fits(text, unit) for place in places)


def _find_texts(task: Task, keys: Mapping[str, str]) -> dict[str, str]:
    """The texts of a task: those of the keys, or else "text", or else the only string there is.

    A problem if there is none, or several of other keys.
    """
    strings = task.strings
    found = [key for key in dict.fromkeys(keys.values()) if key in strings]
    found = found or [key for key in strings if key == _USUAL or len(strings) == 1]
    if not found:
        names = " or ".join(dict.fromkeys([*keys, _USUAL]))
        told = ", ".join(strings) or "no text"
        task.record.wrong(Errors.E269.format(found=told, names=names))
    try:
        return {key: check_text(strings[key], key) for key in found}
    except CodedError as error:
        task.record.wrong(error)
        return {}


def _marks_of(
    record: Record, divided: Mapping[str, list[Mark]], keys: Mapping[str, str], name: Any
) -> list[Mark]:
    """The marks of the text that has a name; where there is one text, they are all of that."""
    if len(divided) == 1:
        (marks,) = divided.values()
        return marks
    if isinstance(name, str) and (key := keys[name]) in divided:
        return divided[key]
    if divided:
        expected = f"the name of a text: {' or '.join(divided)}"
        record.wrong(Errors.E243.format(name="to_name", expected=expected, found=short(name)))
    return []
