"""Timing in alternation: contenders take turns, so that a busy moment of the machine hits all."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import spacy
from spacy.language import Language
from spacy.tokens import Doc


class Spread(NamedTuple):
    """What several rounds gave."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        return cls(*(float(f"{f(values):.4g}") for f in (statistics.median, min, max)))


def alternate(
    contenders: Mapping[str, Callable[[], float]], rounds: int, *, warm_up: bool = True
) -> dict[str, Spread]:
    """Measure each contender once a round, after one round to warm up."""
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds + warm_up):
        for name, measure in contenders.items():
            gc.collect()
            value = measure()
            if turn >= warm_up:
                found[name].append(value)
    return {name: Spread.of(values) for name, values in found.items()}


def load(path: str, precision: str | None = None) -> Language:
    """Load a pipeline and set the precision that it predicts in."""
    nlp = spacy.load(path)
    if precision:
        nlp.get_pipe("lstm_ner").predict_in(precision)
    return nlp


def forget(nlp: Language) -> None:
    """Empty what the pipeline remembers of words seen before."""
    nlp.get_pipe("lstm_ner").forget()


def words_per_second(nlp: Language, texts: list[list[str]], **settings: int) -> float:
    """Speed of the components alone: the documents are made outside of the clock."""
    docs = [Doc(nlp.vocab, words=words) for words in texts]
    start = time.perf_counter()
    for _ in nlp.pipe(docs, **settings):
        pass
    return sum(map(len, texts)) / (time.perf_counter() - start)


def tokens_per_second(make: Callable[[], Language], texts: list[str]) -> float:
    """Speed from raw text, with a vocabulary that has seen nothing."""
    nlp = make()
    start = time.perf_counter()
    tokens = sum(len(doc) for doc in nlp.pipe(texts))
    return tokens / (time.perf_counter() - start)


def milliseconds(nlp: Language, words: list[str], calls: int = 100) -> float:
    """Time for one document by itself."""
    docs = [Doc(nlp.vocab, words=words) for _ in range(calls)]
    start = time.perf_counter()
    for doc in docs:
        nlp(doc)
    return 1000 * (time.perf_counter() - start) / calls


def seconds(action: Callable[[], object]) -> float:
    """Time for an action."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start
