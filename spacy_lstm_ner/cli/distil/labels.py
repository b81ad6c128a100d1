"""What teachers label, and what is made of it to train on and to measure with."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab
from tqdm import tqdm

from ...errors import CodedError, Errors, shorten
from ...training import student
from ...training.docbin import write_docbins
from ...training.labelling import Survey, label, read_labelled, survey
from ...training.voting import LABELLED, vote
from .. import printable
from ..examples import read_docs
from ..manifest import begin, fingerprint
from .task import Task

# What share of the texts is not trained on, and how many at most.
HELDOUT, MOST_HELDOUT = 0.1, 1000


def label_raw(task: Task, number: int, nlp: Language, texts: Sequence[str | Doc]) -> Survey:
    """Let a teacher label the raw text, as far as it has not, and count what it found."""
    label_texts(task, number, nlp, texts, "raw", task.raw)
    found = survey(read_labelled(task.labelled(number), Vocab()))
    if not found.labels:
        raise CodedError(
            Errors.E210.format(
                teacher=task.teachers[number - 1],
                texts=found.texts,
                first=shorten(str(texts[0])),
                components=", ".join(nlp.pipe_names) or "none",
            )
        )
    return found


def label_texts(
    task: Task, number: int, nlp: Language, texts: Sequence[str | Doc], what: str, source: Path
) -> None:
    """Let a teacher label some text, as far as it has not.

    task (Task): What is to be done.
    number (int): The teacher's number, from 1.
    nlp (Language): The teacher.
    texts (Sequence[Union[str, Doc]]): The text.
    what (str): What to call its folder.
    source (Path): Where the text is from.
    """
    folder, teacher = task.labelled(number, what), task.teachers[number - 1]
    facts = {
        "teacher": teacher,
        "version": task.versions[number - 1],
        "exclude": list(task.exclude),
        "text": fingerprint(source),
    }

    def forget() -> None:
        for stale in folder.glob("*.spacy"):
            stale.unlink()

    begin(folder / "manifest.json", facts, forget)
    label(nlp, tqdm(texts, desc=printable(teacher), unit="text", leave=False), folder)


def write_corpus(task: Task, labelled: Survey, gold: Survey | None) -> None:
    """Write what to train on and what to measure on."""
    number = min(MOST_HELDOUT, max(1, int(HELDOUT * labelled.texts)))
    docs = voted(task, Vocab())
    train = islice(docs, labelled.texts - number)
    parts = {task.train: _with_gold(train, task, labelled, gold), task.heldout: docs}
    write_docbins(parts, store_user_data=True)


def voted(task: Task, vocab: Vocab, what: str = "raw") -> Iterator[Doc]:
    """What all teachers say of each text together."""
    folders = [task.labelled(number, what) for number in range(1, len(task.teachers) + 1)]
    for readings in zip(*(read_labelled(folder, vocab) for folder in folders), strict=True):
        doc = vote(readings, task.naming)
        doc.user_data[LABELLED] = list(task.teachers)
        yield doc


def _with_gold(
    labelled: Iterator[Doc], task: Task, found: Survey, gold: Survey | None
) -> Iterator[Doc]:
    yield from labelled
    if task.gold is not None and gold is not None:
        docs = read_docs(Language(), task.gold)
        yield from docs * student.repeats(found.tokens, gold.tokens)
