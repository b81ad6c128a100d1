"""How often promises of `calibrate --precision 0.95 --per-label` are kept.

python benchmarks/promises.py MODEL DEV.spacy TEST.spacy [--level 0.95] [--halvings 100]

TEST is halved at random, by documents. On one half everything is fitted that `calibrate` fits (but
for the temperature, one number, which is fitted on DEV); on the other half each label that has been
promised something, and has 300 mentions or more in TEST, either keeps the promise or breaks it.
"""

import argparse
from collections import Counter

import numpy as np
import spacy
import torch
from machine import report
from spacy.training import Corpus
from tqdm import trange

from spacy_lstm_ner.pipeline.calibrate import calibrate
from spacy_lstm_ner.pipeline.lstm_ner import LSTMEntityRecognizer
from spacy_lstm_ner.pipeline.observing import observe
from spacy_lstm_ner.training.operating_points import fit_point
from spacy_lstm_ner.training.outcomes import Outcomes
from spacy_lstm_ner.training.recalibration import fit_lines

ENOUGH = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("dev")
    parser.add_argument("test")
    parser.add_argument("--level", type=float, default=0.95)
    parser.add_argument("--confidence", type=float, default=0.99)
    parser.add_argument("--halvings", type=int, default=100)
    args = parser.parse_args()
    torch.set_num_threads(1)
    nlp = spacy.load(args.model)
    ner = next(pipe for _, pipe in nlp.pipeline if isinstance(pipe, LSTMEntityRecognizer))
    temperature = calibrate(ner, Corpus(args.dev)(nlp)).calibration.temperature
    seen = observe(ner.model, ner.scheme, Corpus(args.test)(nlp))
    everything = Outcomes.join([part.outcomes(temperature) for part in seen])
    mentions = dict(zip(everything.labels, everything.mentions.sum(0).tolist(), strict=True))
    made: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    recall: dict[str, list[float]] = {label: [] for label in everything.labels}
    for seed in trange(args.halvings):
        random = np.random.default_rng(seed)
        half = random.permutation(len(everything.mentions)) % 2 == 0
        one, other = everything.of_documents(half), everything.of_documents(~half)
        fitted = fit_lines(temperature, one.spans, one.probability, one.right, one.labels)
        point = fit_point(
            one.corrected(fitted),
            "precision",
            args.level,
            args.confidence,
            per_label=True,
            text="half",
        )
        other = other.corrected(fitted)
        chosen = other.chosen(point.cuts)
        for label in point.promise["mentions"]:
            total, right = other.precision(chosen, label)
            made[label] += 1
            kept[label] += right >= args.level * total
            recall[label].append(right / max(1, other.recall(chosen, label).total))
    rows = {
        label: {
            "mentions": mentions[label],
            "promised": made[label],
            "kept": kept[label],
            "recall": float(np.mean(recall[label])) if made[label] else None,
        }
        for label in everything.labels
        if mentions[label] >= ENOUGH
    }
    report("promises", {"level": args.level, "confidence": args.confidence, "labels": rows})


if __name__ == "__main__":
    main()
