"""How far probabilities can be trusted, before and after `calibrate`; and which decisions are best.

python benchmarks/calibration.py MODEL DEV.spacy TEST.spacy [MODEL DEV.spacy TEST.spacy ...]

Everything is fitted on DEV: the calibration, a bias on leaving tokens outside, and the number that
is the mode. Of each, TEST shows what it is worth. Several pipelines are as many seeds or corpora.
"""

import argparse
from typing import Any

import numpy as np
import spacy
import torch
from machine import report
from spacy.training import Corpus
from tqdm import tqdm

from spacy_lstm_ner.instruments.reliability import measures
from spacy_lstm_ner.nn.crf.lattice import Lattice
from spacy_lstm_ner.pipeline.annotation import trim_whitespace
from spacy_lstm_ner.pipeline.calibrate import calibrate
from spacy_lstm_ner.pipeline.lstm_ner import LSTMEntityRecognizer
from spacy_lstm_ner.pipeline.observing import Observation, observe
from spacy_lstm_ner.tags import Spans
from spacy_lstm_ner.training.outcomes import Outcomes
from spacy_lstm_ner.types import Bools

CUTS = np.round(np.arange(0.02, 0.98, 0.02), 2).tolist()
BIASES = np.round(np.arange(-3.0, 3.01, 0.25), 2).tolist()


def scores(precision: tuple[int, int], recall: tuple[int, int]) -> dict[str, float]:
    p, r = precision[1] / max(1, precision[0]), recall[1] / max(1, recall[0])
    return {"precision": p, "recall": r, "f1": 2 * p * r / max(1e-9, p + r)}


def of_choice(outcomes: Outcomes, chosen: Bools) -> dict[str, float]:
    return scores(outcomes.precision(chosen), outcomes.recall(chosen))


def of_bias(seen: list[Observation], bias: float) -> dict[str, float]:
    """The best path if tokens outside of entities score more by so much."""
    total = right = annotated = 0
    for part in seen:
        plain = part.lattice
        emissions = plain.emissions.clone()
        emissions[:, 0] += bias
        parts = emissions, plain.transitions, plain.lengths, plain.scheme, plain.allowed
        lattice = Lattice(*parts)
        space, last = part.annotation.space, part.annotation.last
        tags = trim_whitespace(lattice.best(), space, last, lattice.scheme)
        found, gold = (as_set(lattice.scheme.decode(t)) for t in (tags, np.maximum(part.gold, 0)))
        total, right = total + len(found), right + len(found & gold)
        annotated += len(gold)
    return scores((total, right), (annotated, right))


def as_set(spans: Spans) -> set[tuple[int, int, int]]:
    return set(zip(*(column.tolist() for column in spans), strict=True))


def by_precision(outcomes: Outcomes) -> dict[str, float]:
    """The most recall at a precision of 0.95, and the most precision at a recall of 0.95."""
    rows = [of_choice(outcomes, outcomes.chosen({"": cut})) for cut in [0.011, *CUTS, 0.985, 0.99]]
    # Spans that may overlap, as among the candidates.
    likely = [of_choice(outcomes, outcomes.probability >= cut) for cut in [0.01, *CUTS]]
    return {
        "recall at precision 0.95": best(rows, "recall", "precision"),
        "precision at recall 0.95": best(rows, "precision", "recall"),
        "precision at recall 0.95, overlaps allowed": best(likely, "precision", "recall"),
        "highest recall of candidates": max(row["recall"] for row in likely),
    }


def best(rows: list[dict[str, float]], what: str, given: str) -> float:
    return max((row[what] for row in rows if row[given] >= 0.95), default=0.0)


def measure(model: str, dev: str, test: str) -> dict[str, Any]:
    nlp = spacy.load(model)
    ner = next(pipe for _, pipe in nlp.pipeline if isinstance(pipe, LSTMEntityRecognizer))
    fit = calibrate(ner, Corpus(dev)(nlp))
    seen = {
        name: observe(ner.model, ner.scheme, Corpus(path)(nlp))
        for name, path in (("dev", dev), ("test", test))
    }
    after = {
        name: Outcomes.join([p.outcomes(fit.calibration.temperature) for p in parts]).corrected(
            fit.calibration
        )
        for name, parts in seen.items()
    }
    before = Outcomes.join([part.outcomes(1.0) for part in seen["test"]])
    biases = {bias: of_bias(seen["dev"], bias) for bias in BIASES}
    bias = max(BIASES, key=lambda b: biases[b]["f1"])
    cuts = {cut: of_choice(after["dev"], after["dev"].chosen({"": cut})) for cut in CUTS}
    cut = max(CUTS, key=lambda c: cuts[c]["f1"])
    return {
        "model": model,
        "test": test,
        "temperature": fit.calibration.temperature,
        "before": measures(before.predictions),
        "after": measures(after["test"].predictions),
        **by_precision(after["test"]),
        "best path": {n: of_choice(o, o.predicted) for n, o in after.items()},
        f"bias {bias}": {name: of_bias(parts, bias) for name, parts in seen.items()},
        f"mode {cut}": {n: of_choice(o, o.chosen({"": cut})) for n, o in after.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", help="MODEL DEV.spacy TEST.spacy, as often as wanted")
    paths = parser.parse_args().paths
    torch.set_num_threads(1)
    triples = list(zip(paths[::3], paths[1::3], paths[2::3], strict=True))
    report("calibration", {"results": [measure(*triple) for triple in tqdm(triples)]})


if __name__ == "__main__":
    main()
