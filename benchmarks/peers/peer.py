"""What the peers share: files, scores, settings and the clock. Standard library only."""

import argparse
import contextlib
import itertools
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

Span = tuple[int, int, str]  # first token, the one after the last, label
Sentence = tuple[list[str], list[str]]  # words, IOB2 tags
LATENCY_TOKENS = 22
LATENCY_CALLS = 50
WARM_UP = 200  # sentences


def read_iob2(path: Path, limit: int | None = None) -> list[Sentence]:
    """The first sentences of a file of `token<TAB>tag` lines."""
    return list(itertools.islice(sentences(path), limit))


def sentences(path: Path) -> Iterator[Sentence]:
    words: list[str] = []
    tags: list[str] = []
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            word, _, tag = line.rstrip("\n").partition("\t")
            if word:
                words.append(word)
                tags.append(tag)
            elif words:
                yield words, tags
                words, tags = [], []
    if words:
        yield words, tags


def spans(tags: Sequence[str]) -> list[Span]:
    """The entities of IOB2 tags; an I- that continues nothing begins one."""
    found: list[Span] = []
    start, label = 0, ""
    for i, tag in enumerate([*tags, "O"]):
        if label and tag != f"I-{label}":
            found.append((start, i, label))
            label = ""
        if tag != "O" and not label:
            start, label = i, tag[2:]
    return found


def scores(gold: list[list[Span]], predicted: list[list[Span]]) -> dict[str, float]:
    """Exact match of bounds and label, over all sentences, in percent."""
    right = sum(len(set(a) & set(b)) for a, b in zip(gold, predicted, strict=True))
    expected, found = sum(map(len, gold)), sum(map(len, predicted))
    return {
        "entity_f1": round(200 * right / max(expected + found, 1), 2),
        "entity_precision": round(100 * right / max(found, 1), 2),
        "entity_recall": round(100 * right / max(expected, 1), 2),
    }


def measure(
    prepare: Callable[[list[list[str]]], Any],
    predict: Callable[[Any, int], list[list[Span]]],
    arguments: argparse.Namespace,
) -> dict[str, Any]:
    """Seconds of each run over the data, at the batch size that is best for a part of it.

    The seconds of the processor say more on a busy machine, as long as there is but one thread.
    `prepare` makes the peer's own objects of words, outside of the clock; `predict` takes them and
    a batch size, and returns the entities of each sentence.
    """
    data = read_iob2(arguments.data, arguments.sentences)
    texts = [words for words, _ in data]

    def run(texts: list[list[str]], size: int) -> tuple[float, float, list[list[Span]]]:
        inputs = prepare(texts)
        start, processor = time.perf_counter(), time.process_time()
        predicted = predict(inputs, size)
        return time.perf_counter() - start, time.process_time() - processor, predicted

    run(texts[:WARM_UP], arguments.sizes[0])
    tried = {}
    if len(arguments.sizes) > 1:
        sample = texts[: arguments.sample]
        words = sum(map(len, sample))
        tried = {size: round(words / run(sample, size)[0]) for size in arguments.sizes}
    size = max(tried, key=tried.__getitem__) if tried else arguments.sizes[0]
    runs = [run(texts, size) for _ in range(arguments.repeats)]
    words = sum(map(len, texts))
    seconds, processor, predicted = zip(*runs, strict=True)
    one = next((words for words in texts if len(words) == LATENCY_TOKENS), texts[0])
    calls = [1000 * run([one], 1)[0] for _ in range(LATENCY_CALLS)]
    return {
        "sentences": len(texts),
        "words": words,
        "seconds": [round(value, 3) for value in seconds],
        "processor_seconds": [round(value, 3) for value in processor],
        "words_per_second": round(words / statistics.median(seconds)),
        **scores([spans(tags) for _, tags in data], predicted[-1]),
        "milliseconds_for_one_sentence": round(statistics.median(calls), 3),
        "tokens_of_that_sentence": len(one),
        "settings": {"threads": arguments.threads, "batch": size, "words_per_second_tried": tried},
    }


def report(
    packages: Sequence[str],
    prepare: Callable[[list[list[str]]], Any],
    predict: Callable[[Any, int], list[list[Span]]],
    arguments: argparse.Namespace,
) -> dict[str, Any]:
    """What `measure` finds, with the peer's versions and how it was trained.

    packages: Those to name the versions of; the first is the peer's own.
    """
    versions = {"python": platform.python_version(), **{name: version(name) for name in packages}}
    result = measure(prepare, predict, arguments)
    result["settings"]["training"] = load_settings(arguments.model)
    return {"peer": f"{packages[0]} {versions[packages[0]]}", "versions": versions, **result}


def make_parser(
    description: str | None, sizes: list[int]
) -> tuple[argparse.ArgumentParser, argparse.ArgumentParser]:
    """The parser, and that of `train` for a peer to add its own settings to."""
    parser = argparse.ArgumentParser(description=description)
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train")
    train.add_argument("data", type=Path, help="a folder with train.iob2")
    train.add_argument("out", type=Path)
    clock = commands.add_parser("time")
    clock.add_argument("model", type=Path)
    clock.add_argument("data", type=Path, help="an .iob2 file")
    clock.add_argument("--repeats", type=int, default=3)
    clock.add_argument("--sizes", type=int, nargs="+", default=sizes, help="batch sizes to try")
    clock.add_argument("--sample", type=int, default=1000, help="sentences to try them on")
    for command in (train, clock):
        command.add_argument("--sentences", type=int, help="only so many, from the first")
        command.add_argument("--threads", type=int, default=1)
    return parser, train


def main(
    parser: argparse.ArgumentParser,
    train: Callable[[argparse.Namespace], dict[str, Any]],
    clock: Callable[[argparse.Namespace], dict[str, Any]],
) -> None:
    """Run a command. Its result, and nothing else, goes to stdout as one line of JSON."""
    arguments = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(arguments.threads)  # read when the libraries load
    with contextlib.redirect_stdout(sys.stderr):
        result = {"train": train, "time": clock}[arguments.command](arguments)
    print(json.dumps(result))


def save_settings(folder: Path, settings: dict[str, Any]) -> None:
    (folder / "settings.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


def load_settings(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "settings.json").read_text(encoding="utf-8"))
