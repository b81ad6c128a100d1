"""Which texts of Label Studio's tasks are annotated, and what is marked in each."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ...errors import CodedError, Errors
from .offsets import Given, choose_unit
from .records import Record, check_text

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
        return {k: value for k, value in self.data.items() if isinstance(value, str) and value}


def find_keys(tasks: Sequence[Task]) -> dict[str, str | None]:
    """Find the keys of the texts in the data of tasks.

    A mark calls its text by a name that the settings of the project give it, and these may take it
    from a key of another name.

    tasks (Sequence[Task]): All tasks of a file.
    RETURNS (Dict[str, Optional[str]]): The key of each name: the same, unless there is no such key
        or none of the words that marks quote is there; then the only one that has all of these.
        None if that does not tell.
    """
    annotations = [(task, marks) for task in tasks for marks in task.annotations]
    named = (mark.name for _, marks in annotations for mark in marks)
    names = dict.fromkeys(name for name in named if isinstance(name, str))
    return {name: _find_key(name, annotations) for name in names}


def divide(task: Task, keys: Mapping[str, str | None]) -> Iterator[tuple[str, list[Mark]]]:
    """Divide the marks of a task among its texts.

    task (Task): The task.
    keys (Mapping[str, Optional[str]]): The keys of texts by the names that marks call them.
    YIELDS (Tuple[str, List[Mark]]): Each text with its marks, for each annotation.
    """
    texts = _find_texts(task, keys)
    for marks in task.annotations:
        divided: dict[str, list[Mark]] = {key: [] for key in texts}
        for mark in marks if texts else ():
            _marks_of(task, divided, keys, mark.name).append(mark)
        yield from ((text, divided[key]) for key, text in texts.items())


def _find_key(name: str, annotations: Sequence[tuple[Task, Sequence[Mark]]]) -> str | None:
    quoted = [
        (task.strings, places)
        for task, marks in annotations
        if (places := [mark.place for mark in marks if mark.name == name and mark.place.quote])
    ]
    is_key = any(name in task.strings for task, _ in annotations)
    if is_key and (
        not quoted or any(any(_fits(places, of.get(name, ""))) for of, places in quoted)
    ):
        return name
    keys = quoted[0][0] if quoted else ()
    fitting = [
        key for key in keys if all(all(_fits(places, of.get(key, ""))) for of, places in quoted)
    ]
    return fitting[0] if len(fitting) == 1 else name if is_key else None


def _fits(places: Collection[Given], text: str) -> Iterator[bool]:
    """Whether each of some places has its words in a text, which none has in an empty one."""
    unit = choose_unit(places, text)
    return (place.fits(text, unit) for place in places)


def _find_texts(task: Task, keys: Mapping[str, str | None]) -> dict[str, str]:
    """The texts of a task: those of the keys; if no key is known, "text" or the only string.

    A problem if there is none.
    """
    strings = task.strings
    found = [key for key in dict.fromkeys(keys.values()) if key in strings]
    if not any(keys.values()):
        found = [key for key in strings if key == _USUAL or len(strings) == 1]
    if not found:
        _tell_unknown(task, [*keys, _USUAL])
    try:
        return {key: check_text(strings[key], key) for key in found}
    except CodedError as error:
        task.record.wrong(error)
        return {}


def _marks_of(
    task: Task, divided: Mapping[str, list[Mark]], keys: Mapping[str, str | None], name: Any
) -> list[Mark]:
    """The marks of the text that has a name; of the only one, if that can be no other."""
    key = keys.get(name) if isinstance(name, str) else None
    if key is not None and key in divided:
        return divided[key]
    if len(divided) == 1 and not (isinstance(name, str) and any(keys.values())):
        (marks,) = divided.values()
        return marks
    _tell_unknown(task, [name] if isinstance(name, str) else keys)
    return []


def _tell_unknown(task: Task, names: Iterable[str]) -> None:
    found, names = ", ".join(task.strings) or "no text", " or ".join(dict.fromkeys(names))
    task.record.wrong(Errors.E269.format(found=found, names=names))
