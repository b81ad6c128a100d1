"""Speed beside spaCy's `ner`, in every situation a user is in.

python benchmarks/speed.py OURS THEIRS DATA [--rounds 5] [--peer "NAME=COMMAND" ...]

OURS and THEIRS are trained pipelines, such as training.py leaves them, DATA a .spacy file
(corpus/gmb/test.spacy). Contenders take turns, on one core unless the measure says otherwise;
medians are quoted with the lowest and highest of the rounds. A peer is the command that times it in
an environment of its own, see peers/README.md. Writes metrics/benchmark_speed.json and a bar chart,
metrics/benchmark_speed.png. Leave the machine alone meanwhile: 10 minutes, more with peers.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # read when the libraries load

import spacy
import torch
from chart import draw_bars
from machine import report
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training import Example
from timing import (
    Spread,
    alternate,
    forget,
    load,
    milliseconds,
    seconds,
    tokens_per_second,
    words_per_second,
)

LENGTHS = (5, 50, 500, 5000, 50000)
LATENCY_TOKENS = 22
MEMORY = {
    "1 M tokens in documents of 22": (1_000_000, 22),
    "4 M tokens in documents of 22": (4_000_000, 22),
    "one document of 1 M tokens": (1_000_000, 1_000_000),
}


class Bench:
    """The pipelines and the texts that they are measured on."""

    def __init__(
        self, ours: str, theirs: str, data: Path, peers: Sequence[str], rounds: int
    ) -> None:
        self.paths = {"lstm_ner": ours, "ner": theirs}
        self.peers = dict(peer.split("=", 1) for peer in peers)
        self.reports: dict[str, Any] = {}
        self.rounds = rounds
        self.ours, self.theirs = load(ours), load(theirs)
        self.exact, self.half = load(ours, "float32"), load(ours, "bfloat16")
        self.gold = list(DocBin().from_disk(data).get_docs(spacy.blank("en").vocab))
        self.texts = [[token.text for token in doc] for doc in self.gold]
        self.sample = next(text for text in self.texts if len(text) == LATENCY_TOKENS)

    def alternate(self, contenders: Mapping[str, Callable[[], float]]) -> dict[str, Spread]:
        return alternate(contenders, self.rounds)

    def components_alone(self) -> dict[str, Spread]:
        """Words per second on documents that are ready."""

        def cold() -> float:
            forget(self.ours)
            return words_per_second(self.ours, self.texts)

        return self.alternate(
            {
                "ner": partial(words_per_second, self.theirs, self.texts),
                "lstm_ner": partial(words_per_second, self.ours, self.texts),
                "lstm_ner, every word new": cold,
                "lstm_ner, float32": partial(words_per_second, self.exact, self.texts),
                "lstm_ner, bfloat16": partial(words_per_second, self.half, self.texts),
                **{name: partial(self.run_peer, name) for name in self.peers},
            }
        )

    def run_peer(self, name: str) -> float:
        """Let a peer time itself, and keep the rest of what it reports."""
        self.reports[name] = json.loads(output_of(shlex.split(self.peers[name])))
        return float(self.reports[name]["words_per_second"])

    def raw_text(self) -> dict[str, Spread]:
        """Tokens per second from text, with an empty vocabulary."""
        texts = [doc.text for doc in self.gold]
        make: dict[str, Callable[[], Language]] = {
            "tokenizer alone": partial(spacy.blank, "en"),
            **{name: partial(spacy.load, path) for name, path in self.paths.items()},
        }
        return self.alternate({k: partial(tokens_per_second, v, texts) for k, v in make.items()})

    def one_document(self) -> dict[str, Spread]:
        """Milliseconds for one document at a time."""
        return self.alternate(
            {
                "ner": partial(milliseconds, self.theirs, self.sample),
                "lstm_ner": partial(milliseconds, self.ours, self.sample),
            }
        )

    def by_length(self) -> dict[str, Spread]:
        """Words per second by the length of documents, which hold the same words."""
        words = [word for text in self.texts for word in text][: max(LENGTHS) * 3]
        parts = {n: [words[i : i + n] for i in range(0, len(words), n)] for n in LENGTHS}
        return self.alternate(
            {f"{n} tokens": partial(words_per_second, self.ours, parts[n]) for n in LENGTHS}
        )

    def threads(self) -> dict[str, Spread]:
        """Words per second of one process with one thread and with two."""

        def with_threads(n: int) -> float:
            torch.set_num_threads(n)
            speed = words_per_second(self.ours, self.texts)
            torch.set_num_threads(1)
            return speed

        return self.alternate({f"{n} threads": partial(with_threads, n) for n in (1, 2)})

    def processes(self) -> dict[str, Spread]:
        """Words per second with one process and with two."""
        measure = partial(words_per_second, self.ours, self.texts)
        return self.alternate({f"n_process={n}": partial(measure, n_process=n) for n in (1, 2)})

    def loading(self) -> dict[str, Spread]:
        """Seconds to load a pipeline, the libraries being loaded."""
        return self.alternate(
            {k: partial(seconds, partial(spacy.load, v)) for k, v in self.paths.items()}
        )

    def precision(self) -> dict[str, float]:
        """How far bfloat16 and float32 find the same entities, and what they score."""
        found, scores = [], []
        for nlp in (self.exact, self.half):
            docs = list(nlp.pipe(Doc(nlp.vocab, words=text) for text in self.texts))
            found.append(
                {(i, e.start, e.end, e.label_) for i, doc in enumerate(docs) for e in doc.ents}
            )
            examples = [Example(doc, gold) for doc, gold in zip(docs, self.gold, strict=True)]
            scores.append(100 * nlp.get_pipe("lstm_ner").score(examples)["ents_f"])
        same = 200 * len(found[0] & found[1]) / (len(found[0]) + len(found[1]))
        return {
            "same_entities_percent": round(same, 3),
            "f1_float32": round(scores[0], 3),
            "f1_bfloat16": round(scores[1], 3),
        }


def output_of(command: Sequence[str]) -> str:
    """What a command prints; what it says beside that only if it fails."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{shlex.join(command)} failed:\n{done.stderr}")
    return done.stdout


def memory(path: str) -> dict[str, dict[str, int]]:
    """MiB over the loaded pipeline, each measured in a process of its own."""
    script = Path(__file__).with_name("memory.py")
    found = {}
    for name, (tokens, length) in MEMORY.items():
        command = [sys.executable, str(script), path, str(tokens), str(length)]
        found[name] = json.loads(output_of(command))
    return found


def print_table(title: str, found: Mapping[str, Spread], base: str | None = None) -> None:
    print(f"\n{title}")
    digits = ",.0f" if max(spread.high for spread in found.values()) > 100 else ".3f"
    for name, spread in found.items():
        ratio = f"{spread.median / found[base].median:8.2f} x {base}" if base else ""
        span = f"{spread.low:{digits}} to {spread.high:{digits}}"
        print(f"  {name:28}{spread.median:12{digits}}   ({span}){ratio}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ours")
    parser.add_argument("theirs")
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peer", action="append", default=[])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    bench = Bench(
        arguments.ours, arguments.theirs, arguments.data, arguments.peer, arguments.rounds
    )
    measures: dict[str, tuple[Callable[[], dict[str, Spread]], str | None]] = {
        "components_alone": (bench.components_alone, "ner"),
        "raw_text": (bench.raw_text, "tokenizer alone"),
        "one_document": (bench.one_document, "ner"),
        "by_length": (bench.by_length, None),
        "threads": (bench.threads, "1 threads"),
        "processes": (bench.processes, "n_process=1"),
        "loading": (bench.loading, None),
    }
    result: dict[str, Any] = {"rounds": arguments.rounds}
    for name, (measure, base) in measures.items():
        found = measure()
        title = (measure.__doc__ or name).strip()
        print_table(title, found, base)
        result[name] = {key: spread._asdict() for key, spread in found.items()}
    result["precision"] = bench.precision()
    result["memory_mib"] = memory(arguments.ours)
    result["peers"] = bench.reports
    report("speed", result)
    draw_bars(result, Path("metrics/benchmark_speed.png"))


if __name__ == "__main__":
    main()
