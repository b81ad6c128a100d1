"""A part: what is read, processed and written as a whole."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
from spacy.language import Language
from spacy.tokens import Doc

from ...annotate.documents import Failure, process
from ...annotate.memory import bounded
from ...annotate.sinks.sink import Found
from ...annotate.sources import find_source
from ...annotate.sources.source import Block, Rows
from ..outputs import replaced
from ..processes import Advance
from .ids import write_ids
from .plan import Part, Plan, wanted_of
from .task import Task

# The column that names rows, where nothing is said.
ID = "id"


class Counts(NamedTuple):
    """How much is in a part, or in all.

    annotated, failed (int): Documents.
    words, entities (int): In those that are annotated.
    repeated (int): Documents whose id one before them has; counted in all parts together.
    """

    annotated: int = 0
    failed: int = 0
    words: int = 0
    entities: int = 0
    repeated: int = 0

    def __add__(self, other: "Counts") -> "Counts":  # type: ignore[override]
        """Of two together."""
        return Counts(*(ours + theirs for ours, theirs in zip(self, other, strict=True)))


def write_part(nlp: Language, task: Task, plan: Plan, number: int, advance: Advance) -> Counts:
    """Annotate a part, and write what comes of it; that it is whole, last.

    nlp (Language): The pipeline.
    task (Task): What is to be done.
    plan (Plan): The columns, and the parts.
    number (int): Which of the parts.
    advance (Advance): Is told how many documents and words more are read.
    RETURNS (Counts): How much is in it.
    RAISES (ValueError): Something cannot be read or written.
    """
    part = _Part(nlp, task, plan, number, advance)
    part.write()
    return part.counts


class _Part:
    """A part that is being annotated."""

    def __init__(
        self, nlp: Language, task: Task, plan: Plan, number: int, advance: Advance
    ) -> None:
        self.nlp, self.task, self.plan, self.number = nlp, task, plan, number
        self.advance = advance
        self.part: Part = plan.parts[number]
        self.failures: list[dict[str, Any]] = []
        self.ids: list[Any] = []
        self.counts = Counts()

    def write(self) -> None:
        """Annotate, and write everything; that the part is whole, last."""
        task = self.task
        with bounded(self.nlp), replaced(task.part(self.number), shared=True) as file:
            task.sink.write(file, self._found(), self.plan.schema)
        with replaced(task.failures_of(self.number), shared=True) as file:
            file.writelines(json.dumps(one).encode() + b"\n" for one in self.failures)
        write_ids(task.ids(self.number), self.ids)
        with replaced(task.done(self.number), shared=True) as file:
            file.write(json.dumps(self.counts._asdict()).encode())

    def _found(self) -> Iterator[Found]:
        typed = self.plan.schema if self.task.sink.is_typed else None
        read = find_source(self.part.file).read
        wanted = wanted_of(self.task, typed)
        for block in read(self.part.file, self.part.range, wanted, self.nlp):
            outputs = process(self.nlp, block.inputs)
            found = {i: one for i, one in enumerate(outputs) if not isinstance(one, Failure)}
            docs = list(found.values())
            ids = _ids_of(block.rows, self.task.id or ID)
            self.ids += [one for one in ids if one is not None]
            self._tell_failures(block, outputs, ids)
            self._count(docs, len(outputs))
            yield Found(_choose(block.rows, list(found)), docs)

    def _count(self, docs: Sequence[Doc], documents: int) -> None:
        words = sum(map(len, docs))
        entities = sum(len(doc.ents) for doc in docs)
        self.counts += Counts(len(docs), documents - len(docs), words, entities)
        self.advance(documents, words)

    def _tell_failures(
        self, block: Block, outputs: Sequence[Doc | Failure], ids: Sequence[Any]
    ) -> None:
        file = str(self.part.file)
        for number, output, one in zip(block.numbers, outputs, ids, strict=True):
            if isinstance(output, Failure):
                failure = {"file": file, "row": number, "id": one, "error": output.message}
                self.failures.append(failure)


def _choose(rows: Rows, good: Sequence[int]) -> Rows:
    """Some of the rows."""
    if len(good) == len(rows):
        return rows
    if isinstance(rows, list):
        return [rows[i] for i in good]
    return rows.take(pa.array(good, pa.int64()))


def _ids_of(rows: Rows, name: str) -> list[Any]:
    """The id of each row, a number or a string; None for those that have none."""
    if isinstance(rows, list):
        ids = [row.get(name) for row in rows]
    elif name in rows.schema.names:
        ids = rows.column(rows.schema.get_field_index(name)).to_pylist()
    else:
        ids = [None] * len(rows)
    return [one if isinstance(one, int | str | None) else str(one) for one in ids]
