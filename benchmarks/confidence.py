"""What it costs to give every entity its probability: prediction with `spans_key`, and without.

python benchmarks/confidence.py MODEL TEXTS.spacy [--docs 4000] [--rounds 15]

Both predict the same documents in turns, tokenized beforehand, a thousand at a time, on one thread.
"""

import argparse
import statistics
import time

import spacy
import torch
from machine import report
from spacy.tokens import Doc, DocBin
from tqdm import trange

BATCH = 1000


def predict(nlp: spacy.Language, docs: list[Doc]) -> float:
    """Microseconds a token."""
    copies = [Doc(nlp.vocab, words=[token.text for token in doc]) for doc in docs]
    ner = nlp.get_pipe("lstm_ner")
    start = time.perf_counter()
    for first in range(0, len(copies), BATCH):
        batch = copies[first : first + BATCH]
        ner.set_annotations(batch, ner.predict(batch))
    return 1e6 * (time.perf_counter() - start) / sum(map(len, docs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("texts")
    parser.add_argument("--docs", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=15)
    args = parser.parse_args()
    torch.set_num_threads(1)
    settings = {
        "off": {},
        "spans_key": {"spans_key": "sc"},
        "spans_key and candidates_key": {"spans_key": "sc", "candidates_key": "maybe"},
        "mode 0.5": {"mode": 0.5},
    }
    pipelines = {
        name: spacy.load(args.model, config={"components": {"lstm_ner": setting}})
        for name, setting in settings.items()
    }
    docs = list(DocBin().from_disk(args.texts).get_docs(pipelines["off"].vocab))[: args.docs]
    for nlp in pipelines.values():
        predict(nlp, docs)
    times: dict[str, list[float]] = {name: [] for name in settings}
    for _ in trange(args.rounds):
        for name, nlp in pipelines.items():
            times[name].append(predict(nlp, docs))
    result = {}
    for name, values in times.items():
        ratios = [one / off for one, off in zip(values, times["off"], strict=True)]
        result[name] = {
            "microseconds a token": statistics.median(values),
            "times off": statistics.median(ratios),
        }
    report("confidence", {"settings": result})


if __name__ == "__main__":
    main()
