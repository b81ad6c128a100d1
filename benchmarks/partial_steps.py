"""Time of a training step by what is known of the text: all of it, or a part.

python benchmarks/partial_steps.py TRAIN.spacy [--rounds 60] [--words 1000]

From the annotation of TRAIN.spacy (corpus/gmb/train.spacy) the same sentences are made in which
less is known: a part of the mentions and nothing of other tokens (`some mentions`), the mentions of
half of the labels (`some labels`), or every second mention only as one that is wrong (`rejected`).
One component of the default settings takes a step on each of these in turn, always of as many
words, on one core. Writes metrics/benchmark_partial_steps.json. Two minutes.
"""

import argparse
import random
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from pathlib import Path

import torch
from corpora import read
from machine import report
from partly import ENTITY_SHARE, SHARE, keep, mentions, only
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.training.batchers import minibatch_by_words
from spacy.util import fix_random_seed, load_config, load_model_from_config
from timing import alternate, seconds

from spacy_lstm_ner.training.labelling import bare
from spacy_lstm_ner.training.partly import keep_entities_alone, set_annotated_labels

BATCHES = 20
KEY = "incorrect_spans"


def make_some_mentions(docs: Sequence[Doc]) -> None:
    draw = random.Random(0)
    keep(docs, {one for one in mentions(docs) if draw.random() < SHARE})
    keep_entities_alone(docs, labels=None, entity_share=ENTITY_SHARE)


def make_some_labels(docs: Sequence[Doc]) -> None:
    labels = sorted({ent.label_ for doc in docs for ent in doc.ents})
    for doc in docs:
        only(doc, labels[::2])
        set_annotated_labels(doc, labels[::2])


def make_rejected(docs: Sequence[Doc]) -> None:
    for doc in docs:
        doc.spans[KEY] = doc.ents[1::2]
        doc.set_ents(doc.ents[::2], default="missing")


KINDS: dict[str, Callable[[Sequence[Doc]], None]] = {
    "full": lambda docs: None,
    "some mentions": make_some_mentions,
    "some labels": make_some_labels,
    "rejected": make_rejected,
}


def make_component(path: Path) -> Language:
    """The default, initialized on all of a corpus."""
    config = load_config("configs/default.cfg")
    config["initialize"]["components"] = {}
    config["components"]["lstm_ner"]["incorrect_spans_key"] = KEY
    nlp = load_model_from_config(config, auto_fill=True)
    nlp.initialize(lambda: [Example(bare(doc, nlp.vocab), doc) for doc in read(path)])
    return nlp


def steps_on(nlp: Language, docs: Sequence[Doc], words: int) -> Callable[[], float]:
    """What takes a step on the next batch of some documents, and returns its milliseconds."""
    examples = [Example(bare(doc, nlp.vocab), doc) for doc in docs]
    batches = cycle(list(islice(minibatch_by_words(examples, words), BATCHES)))
    optimizer = nlp.resume_training()

    def step() -> float:
        batch = next(batches)
        return 1000 * seconds(lambda: nlp.update(batch, sgd=optimizer, drop=0.1))

    return step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--words", type=int, default=1000)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    fix_random_seed(0)
    nlp = make_component(arguments.train)
    contenders = {}
    for name, make in KINDS.items():
        docs = read(arguments.train)
        make(docs)
        contenders[name] = steps_on(nlp, docs, arguments.words)
    found = alternate(contenders, arguments.rounds)
    times = {name: spread._asdict() for name, spread in found.items()}
    ratios = {name: spread.median / found["full"].median for name, spread in found.items()}
    report("partial_steps", {"milliseconds": times, "times as long as full": ratios})


if __name__ == "__main__":
    main()
