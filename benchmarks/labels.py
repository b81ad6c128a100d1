"""Time and memory by the number of labels, of `lstm_ner` and of `ner`.

python benchmarks/labels.py

Each is measured in a process of its own, on one thread, on made-up texts of 30 words with 5
entities: words per second that a trained pipeline predicts, seconds that an update with 600 words
takes, and the most memory beyond what importing takes, in MiB.
"""

import argparse
import json
import os
import random
import subprocess
import sys

import spacy
import torch
from machine import report
from memory import resident
from spacy.training import Example
from timing import seconds

LABELS = [5, 50, 200, 500, 1000]
TEXTS, BATCH, ROUNDS = 200, 20, 3
COMMON = ["the", "a", "to", "buy", "sell", "in", "with", "for", "red", "blue", "big", "small"]


def make_examples(nlp: spacy.Language, labels: int) -> list[Example]:
    """Texts of which every sixth word is a thing whose name tells its label."""
    draw = random.Random(0)
    examples = []
    for text in range(max(TEXTS, labels // 5)):
        words = draw.choices(COMMON, k=30)
        tags = ["O"] * 30
        for number, place in enumerate(range(3, 30, 6)):
            label = (5 * text + number) % labels
            words[place], tags[place] = f"thing{label}", f"U-KIND_{label}"
        doc = spacy.tokens.Doc(nlp.vocab, words=words)
        examples.append(Example.from_dict(doc, {"entities": tags}))
    return examples


def measure(factory: str, labels: int) -> dict[str, float]:
    """What one component takes."""
    torch.set_num_threads(1)
    spacy.util.fix_random_seed(0)
    before = resident()
    nlp = spacy.blank("en")
    nlp.add_pipe(factory)
    examples = make_examples(nlp, labels)
    optimizer = nlp.initialize(lambda: examples)
    batches = [examples[i : i + BATCH] for i in range(0, TEXTS, BATCH)]

    def update(batch: list[Example]) -> float:
        return seconds(lambda: nlp.update(batch, sgd=optimizer, drop=0.1))

    def predict() -> float:
        docs = [example.predicted.copy() for example in examples[:TEXTS]]
        return sum(map(len, docs)) / seconds(lambda: list(nlp.pipe(docs)))

    updates = [update(batch) for batch in batches]
    speeds = [predict() for _ in range(ROUNDS)]
    return {
        "words_per_second": round(max(speeds)),
        "seconds_per_update": round(min(updates), 4),
        "memory": round(resident() - before),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs=2, metavar=("FACTORY", "LABELS"), help=argparse.SUPPRESS)
    only = parser.parse_args().only
    if only:
        print(json.dumps(measure(only[0], int(only[1]))))
        return
    found = {}
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    for labels in LABELS:
        for factory in ("ner", "lstm_ner"):
            command = [sys.executable, __file__, "--only", factory, str(labels)]
            out = subprocess.run(
                command, check=True, capture_output=True, text=True, env=environment
            )
            found[f"{factory}, {labels} labels"] = json.loads(out.stdout.splitlines()[-1])
            print(factory, labels, out.stdout.splitlines()[-1], flush=True)
    report("labels", found)


if __name__ == "__main__":
    main()
