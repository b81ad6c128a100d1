"""How gradients flow through each kind of cell, at the start of training and after it.

python benchmarks/gradients.py GAP CORPUS OUT [--steps 400]

GAP is the folder of `benchmarks/gap.py`, with its pipelines of the rate 0.001 and the seed 0;
CORPUS has train.spacy and dev.spacy, on which each kind of cell is trained as well, `--steps`
batches of 32 documents. OUT gets a picture of each, as PNG and SVG: gap-start, gap-trained,
corpus-start, corpus-trained. A quarter of an hour, after the trainings on the gap task.
"""

import argparse
import random
from collections.abc import Iterable
from pathlib import Path

import spacy
import torch
from gap import CELLS, as_example, folder_of, make_pipeline
from machine import report
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training import Example
from thinc.api import fix_random_seed
from tqdm import tqdm

from spacy_lstm_ner.instruments import drawing
from spacy_lstm_ner.instruments.gradients import Flow, draw, gradient_flow

RATE, BATCH, DOCS = 0.001, 32, 60


def read(path: Path, nlp: Language) -> list[Doc]:
    return list(DocBin().from_disk(path).get_docs(nlp.vocab))


def start(name: str, docs: Iterable[Doc]) -> Language:
    fix_random_seed(0)
    nlp = make_pipeline(CELLS[name])
    examples = [as_example(doc) for doc in docs]
    nlp.initialize(lambda: examples)
    return nlp


def train(nlp: Language, docs: list[Doc], steps: int) -> None:
    optimizer = nlp.resume_training()
    optimizer.learn_rate, optimizer.grad_clip = RATE, 0.0
    choose = random.Random(0)
    for _ in range(steps):
        nlp.update([as_example(doc) for doc in choose.sample(docs, BATCH)], sgd=optimizer)


def flow(nlp: Language, docs: list[Doc]) -> list[Flow]:
    return gradient_flow(nlp, [Example(as_example(doc).predicted, doc) for doc in docs])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("gap", "corpus", "output"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--steps", type=int, default=400)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    blank = spacy.blank("en")
    gap_docs = read(arguments.gap / "test.spacy", blank)[::2]
    train_docs, dev_docs = (read(arguments.corpus / f"{p}.spacy", blank) for p in ("train", "dev"))
    found: dict[str, dict[str, list[Flow]]] = {}
    for name in tqdm(CELLS):
        pipelines = {
            "gap-start": (start(name, gap_docs), gap_docs),
            "gap-trained": (spacy.load(arguments.gap / folder_of(name, RATE, 0)), gap_docs),
            "corpus-start": (start(name, train_docs), dev_docs[:DOCS]),
        }
        trained = start(name, train_docs)
        train(trained, train_docs, arguments.steps)
        pipelines["corpus-trained"] = trained, dev_docs[:DOCS]
        for key, (nlp, docs) in pipelines.items():
            found.setdefault(key, {})[name] = flow(nlp, docs)
    arguments.output.mkdir(parents=True, exist_ok=True)
    for key, flows in found.items():
        figure = draw(flows)
        (arguments.output / f"{key}.png").write_bytes(drawing.png(figure))
        (arguments.output / f"{key}.svg").write_bytes(drawing.svg(figure))
    print("|cell|" + "|".join(found) + "|\n" + "|---" * (1 + len(found)) + "|")
    rates = {
        name: {
            key: (round(flows[name][0].rate, 3), flows[name][0].regime)
            for key, flows in found.items()
        }
        for name in CELLS
    }
    for name, of_name in rates.items():
        print(f"|{name}|" + "|".join(f"{rate} {word}" for rate, word in of_name.values()) + "|")
    report("gradients", {"rates": rates})


if __name__ == "__main__":
    main()
