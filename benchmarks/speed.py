"""Words per second beside spaCy's `ner`, on one core, the contenders in alternation.

python benchmarks/speed.py OURS THEIRS DATA [--rounds 5] [--threads 1]

OURS and THEIRS are trained pipelines (`make train` leaves training/model-best and
training/baseline/model-best), DATA a .spacy file (corpus/gmb/test.spacy). Documents are made anew,
outside of the clock, for every round. "cold" starts every round without remembered words.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("ours")
parser.add_argument("theirs")
parser.add_argument("data", type=Path)
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--threads", type=int, default=1)
arguments = parser.parse_args()
os.environ["OMP_NUM_THREADS"] = str(arguments.threads)  # read when the libraries load

import spacy  # noqa: E402
import torch  # noqa: E402
from machine import report  # noqa: E402
from spacy.language import Language  # noqa: E402
from spacy.tokens import Doc, DocBin  # noqa: E402

LENGTHS = (5, 50, 500, 5000, 50000)
LATENCY_TOKENS = 22


def load(path: str, precision: str | None = None) -> Language:
    nlp = spacy.load(path)
    for _, pipe in nlp.pipeline:
        for node in pipe.model.walk():
            if precision and "precision" in node.attrs:
                node.attrs["precision"] = precision
    return nlp


def forget(nlp: Language) -> None:
    for _, pipe in nlp.pipeline:
        for node in pipe.model.walk():
            for shim in node.shims:
                shim.memo.clear()


def words_per_second(nlp: Language, texts: list[list[str]]) -> float:
    docs = [Doc(nlp.vocab, words=words) for words in texts]
    start = time.perf_counter()
    for _ in nlp.pipe(docs):
        pass
    return sum(map(len, texts)) / (time.perf_counter() - start)


def alternate(contenders: dict[str, Callable[[], float]]) -> dict[str, dict[str, float]]:
    """The median, lowest and highest of each contender, after one round to warm up."""
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(arguments.rounds + 1):
        for name, measure in contenders.items():
            value = measure()
            if turn:
                found[name].append(value)
    return {
        name: {
            "median": round(statistics.median(values), 4),
            "min": round(min(values), 4),
            "max": round(max(values), 4),
        }
        for name, values in found.items()
    }


def latency(nlp: Language, words: list[str], calls: int = 50) -> float:
    """Milliseconds for one document."""
    docs = [Doc(nlp.vocab, words=words) for _ in range(calls)]
    start = time.perf_counter()
    for doc in docs:
        nlp(doc)
    return 1000 * (time.perf_counter() - start) / calls


def regroup(words: list[str], length: int) -> list[list[str]]:
    return [words[i : i + length] for i in range(0, len(words) - length + 1, length)]


def main() -> None:
    torch.set_num_threads(arguments.threads)
    ours, exact, theirs = (
        load(arguments.ours),
        load(arguments.ours, "float32"),
        load(arguments.theirs),
    )
    blank = spacy.blank("en")
    docs = list(DocBin().from_disk(arguments.data).get_docs(blank.vocab))
    texts = [[token.text for token in doc] for doc in docs]
    words = [word for text in texts for word in text][: max(LENGTHS) * 3]
    sample = next(text for text in texts if len(text) == LATENCY_TOKENS)

    def cold() -> float:
        forget(ours)
        return words_per_second(ours, texts)

    throughput = alternate(
        {
            "lstm_ner": lambda: words_per_second(ours, texts),
            "lstm_ner, cold": cold,
            "lstm_ner, float32": lambda: words_per_second(exact, texts),
            "ner": lambda: words_per_second(theirs, texts),
        }
    )
    by_length = alternate(
        {str(n): partial(words_per_second, ours, regroup(words, n)) for n in LENGTHS}
    )
    milliseconds = alternate(
        {"lstm_ner": lambda: latency(ours, sample), "ner": lambda: latency(theirs, sample)}
    )
    loading = alternate({"seconds": lambda: load_seconds(arguments.ours)})
    base = throughput["ner"]["median"]
    report(
        f"speed_{arguments.threads}",
        {
            "threads": arguments.threads,
            "words_per_second": throughput,
            "ratio_to_ner": {k: round(v["median"] / base, 2) for k, v in throughput.items()},
            "words_per_second_by_length": by_length,
            "milliseconds_for_one_document": milliseconds,
            "loading": loading,
        },
    )


def load_seconds(path: str) -> float:
    start = time.perf_counter()
    spacy.load(path)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
