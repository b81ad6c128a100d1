"""F1 of pipelines by the number above which it pays to predict an entity, beside the best path.

python benchmarks/modes.py --on PIPELINE DEV.spacy [--on PIPELINE DEV.spacy ...]

Prints F1 of the best path (the mode "balanced") and what each number gains over it, see "Choose
precision or recall" in docs/probabilities.md. On the text that a number is chosen on, it gains more
than it will elsewhere. Writes metrics/benchmark_modes.json.
"""

import argparse

import spacy
import torch
from machine import report
from spacy.language import Language
from spacy.training import Corpus

from spacy_lstm_ner.pipeline.policy import BALANCED

NUMBERS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)


def f1(nlp: Language, path: str, mode: str | float) -> float:
    nlp.get_pipe("lstm_ner").cfg["mode"] = mode
    return 100 * float(nlp.evaluate(list(Corpus(path)(nlp)))["ents_f"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    pair = ("PIPELINE", "DEV.spacy")
    parser.add_argument("--on", nargs=2, action="append", required=True, metavar=pair)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    header = ["", BALANCED, *map(str, NUMBERS)]
    for row in (header, ["---"] * len(header)):
        print("|" + "|".join(row) + "|")
    result = []
    for pipeline, data in arguments.on:
        nlp = spacy.load(pipeline)
        best = f1(nlp, data, BALANCED)
        gains = {number: f1(nlp, data, number) - best for number in NUMBERS}
        cells = [f"{gain:+.1f}" for gain in gains.values()]
        print("|" + "|".join([pipeline, f"{best:.1f}", *cells]) + "|", flush=True)
        result.append({"pipeline": pipeline, "data": data, BALANCED: best, "gains": gains})
    report("modes", {"results": result})


if __name__ == "__main__":
    main()
