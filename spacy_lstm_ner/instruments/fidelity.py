"""How faithful a student is to its teachers, and how much faster."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from . import bootstrap
from .bootstrap import Difference, Score
from .errors import Comparison, Error, Report, inspect_errors
from .readings import Mention, Reading, compare

# How many texts speed is measured on, how often, and seconds after which that is enough.
TIMED_TEXTS, ROUNDS, ENOUGH = 200, 3, 60.0


class Finding(NamedTuple):
    """An entity by its words.

    text (str): Its text, empty for no entity.
    label (str): Its label.
    """

    text: str = ""
    label: str = ""


@dataclass(frozen=True)
class Disagreement:
    """What a student says otherwise than its teachers, again and again.

    teacher, student (Finding): What each finds there.
    errors (Sequence[Error]): Each time.
    """

    teacher: Finding
    student: Finding
    errors: Sequence[Error]


@dataclass(frozen=True)
class OnGold:
    """A student and its teachers on annotated text.

    scores (Sequence[Score]): Of the student, all labels that are annotated.
    shared (Sequence[Score]): Of the student, the labels that the teachers find too.
    comparison (Comparison): The teachers on these labels, and how much better the student is.
    """

    scores: Sequence[Score]
    shared: Sequence[Score]
    comparison: Comparison


@dataclass(frozen=True)
class Fidelity:
    """What there is to say of a student and its teachers.

    report (Report): The student on text that the teachers labelled, as if they were right.
    speed (Dict[str, float]): Words per second of "teachers", one after the other, and of "student".
    size (Dict[str, Optional[int]]): Bytes on disk of both; None if there is nothing on disk.
    gold (Optional[OnGold]): Both on gold text, if there is some.
    """

    report: Report
    speed: dict[str, float]
    size: dict[str, int | None]
    gold: OnGold | None = None

    @property
    def disagreements(self) -> list[Disagreement]:
        """What the student says otherwise, the most frequent first."""
        found: dict[tuple[Finding, Finding], list[Error]] = {}
        for errors in self.report.errors.values():
            for error in errors:
                gold, predicted = error.pair
                found.setdefault((_found(error, gold), _found(error, predicted)), []).append(error)
        listed = [Disagreement(*key, errors) for key, errors in found.items()]
        return sorted(listed, key=lambda each: -len(each.errors))

    def to_json(self) -> dict[str, Any]:
        """The numbers, as they can be written to a file."""
        told: dict[str, Any] = {
            "texts": len(self.report.readings),
            "tokens": sum(len(reading.words) for reading in self.report.readings),
            "fidelity": _by_label(self.report.scores),
            "confusion": _confusion(self.report.confusion),
            "words_per_second": {**self.speed, "ratio": self.ratio},
            "bytes": self.size,
        }
        if self.gold is not None:
            told["gold"] = {
                "student": _by_label(self.gold.scores),
                "shared_labels": {
                    "student": _by_label(self.gold.shared),
                    "teachers": _by_label(self.gold.comparison.scores),
                    "difference": _by_label(self.gold.comparison.differences),
                },
            }
        return told

    @property
    def ratio(self) -> float:
        """How many times as fast as its teachers the student is."""
        return self.speed["student"] / self.speed["teachers"]


def judge(examples: Iterable[Example], source: str) -> list[Reading]:
    """Annotated documents beside the prediction that is set on them.

    Entities with a token that is not annotated do not count.

    examples (Iterable[Example]): The documents.
    source (str): What to call them.
    """
    return [compare(eg, source, number) for number, eg in enumerate(examples, start=1)]


def measure_fidelity(
    heldout: Sequence[Reading],
    *,
    speed: dict[str, float],
    size: dict[str, int | None],
    on_gold: tuple[Sequence[Reading], Sequence[Reading]] | None = None,
) -> Fidelity:
    """Sum up how a student differs from its teachers.

    heldout (Sequence[Reading]): Text that the teachers labelled, as the student reads it.
    speed (Dict[str, float]): What `words_per_second` gave for "teachers" and "student".
    size (Dict[str, Optional[int]]): Bytes on disk of both.
    on_gold (Optional[Tuple[Sequence[Reading], Sequence[Reading]]]): Gold text, if there is some, as
        the student reads it and as the teachers do.
    """
    gold = None if on_gold is None else _compare_on_gold(*on_gold)
    return Fidelity(inspect_errors(heldout), speed, size, gold)


def _compare_on_gold(ours: Sequence[Reading], theirs: Sequence[Reading]) -> OnGold:
    annotated = {mention.label for reading in ours for mention in reading.gold}
    found = {mention.label for reading in theirs for mention in reading.predicted}
    shared = sorted(annotated & found)
    ours_shared, theirs_shared = ([_only(r, shared) for r in rs] for rs in (ours, theirs))
    differences = bootstrap.compare(ours_shared, theirs_shared, shared)
    return OnGold(
        scores=inspect_errors(ours).scores,
        shared=bootstrap.score(ours_shared, shared),
        comparison=Comparison(bootstrap.score(theirs_shared, shared), differences),
    )


def _only(reading: Reading, labels: Sequence[str]) -> Reading:
    """A document with entities of some labels alone."""
    gold, predicted = (
        [mention for mention in mentions if mention.label in labels]
        for mentions in (reading.gold, reading.predicted)
    )
    return replace(reading, gold=gold, predicted=predicted)


def words_per_second(
    readers: Mapping[str, Callable[[Sequence[str]], None]], docs: Sequence[Doc]
) -> dict[str, float]:
    """Measure how fast each of several reads the same text, in alternation.

    readers (Mapping[str, Callable]): What reads texts, by its name.
    docs (Sequence[Doc]): The text; the first TIMED_TEXTS documents are read.
    RETURNS (Dict[str, float]): Words per second of each in its best round.
    """
    docs = docs[:TIMED_TEXTS]
    texts, words = [doc.text for doc in docs], sum(map(len, docs))
    best = dict.fromkeys(readers, float("inf"))
    begin = time.perf_counter()
    for _ in range(ROUNDS):
        for name, read in readers.items():
            start = time.perf_counter()
            read(texts)
            best[name] = min(best[name], time.perf_counter() - start)
        if time.perf_counter() - begin > ENOUGH:
            break
    return {name: words / seconds for name, seconds in best.items()}


def bytes_on_disk(pipelines: Iterable[Language]) -> int | None:
    """What pipelines take on disk; None if one of them is not from there."""
    folders = [nlp.path for nlp in pipelines]
    if any(folder is None for folder in folders):
        return None
    files = (file for folder in folders for file in Path(str(folder)).rglob("*"))
    return sum(file.stat().st_size for file in files if file.is_file())


def _found(error: Error, mention: Mention | None) -> Finding:
    return Finding() if mention is None else Finding(error.text_of(mention), mention.label)


def _by_label(rows: Iterable[Score | Difference]) -> dict[str, dict[str, Any]]:
    """Rows without their label, by it."""
    told = {row.label or "all": {**row._asdict(), "interval": list(row.interval)} for row in rows}
    return {label: {k: v for k, v in row.items() if k != "label"} for label, row in told.items()}


def _confusion(counts: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
    return [
        {"teachers": theirs, "student": ours, "number": number}
        for (theirs, ours), number in sorted(counts.items())
    ]
