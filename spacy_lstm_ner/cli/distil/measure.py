"""How faithful the student is: numbers and page."""

import json
from collections.abc import Sequence
from functools import partial
from itertools import chain
from pathlib import Path

from spacy.language import Language
from spacy.training import Example

from ...instruments import fidelity_page
from ...instruments.fidelity import (
    Fidelity,
    bytes_on_disk,
    judge,
    measure_fidelity,
    words_per_second,
)
from ...instruments.readings import Reading
from ...pipeline.loading import load_pipeline
from ..examples import read_docs, read_files
from ..outputs import replaced
from .labels import label_texts, voted
from .task import Task


def measure(task: Task, teachers: Sequence[Language]) -> Fidelity:
    """Compare the student with its teachers, and write numbers and page."""
    nlp = load_pipeline(str(task.student))
    heldout = read_docs(nlp, task.heldout)
    readers = {"teachers": partial(_read_all, teachers), "student": partial(_read_all, [nlp])}
    fidelity = measure_fidelity(
        _judge(nlp, task.heldout),
        speed=words_per_second(readers, heldout),
        size={"teachers": bytes_on_disk(teachers), "student": bytes_on_disk([nlp])},
        on_gold=None
        if task.dev is None
        else (_judge(nlp, task.dev), _judge_teachers(task, teachers, task.dev)),
    )
    page = fidelity_page.render_page(
        fidelity, teachers=[Path(name).name for name in task.teachers], student=str(task.student)
    )
    told = {"teachers": list(task.teachers), "student": str(task.student), **fidelity.to_json()}
    with replaced(task.output / "fidelity.json") as file:
        file.write(json.dumps(told, indent=2, ensure_ascii=False).encode())
    with replaced(task.output / "fidelity.html") as file:
        file.write(page.encode("utf-8", "backslashreplace"))
    return fidelity


def _read_all(pipelines: Sequence[Language], texts: Sequence[str]) -> None:
    for nlp in pipelines:
        for _ in nlp.pipe(texts):
            pass


def _judge(nlp: Language, path: Path) -> list[Reading]:
    """Annotated text as a pipeline reads it."""
    examples = list(chain.from_iterable(read_files(nlp, path).values()))
    for eg, doc in zip(examples, nlp.pipe(eg.predicted for eg in examples), strict=True):
        eg.predicted = doc
    return judge(examples, path.name)


def _judge_teachers(task: Task, teachers: Sequence[Language], path: Path) -> list[Reading]:
    """Annotated text as the teachers read it together; what they label of it is kept as well."""
    vocab = Language().vocab
    gold = [doc for doc in read_docs(Language(vocab), path) if len(doc)]  # as a corpus is read
    texts = [doc if doc.has_unknown_spaces else doc.text for doc in gold]
    for number, nlp in enumerate(teachers, start=1):
        label_texts(task, number, nlp, texts, "dev", path)
    docs = voted(task, vocab, "dev")
    return judge(map(Example, docs, gold), path.name)
