"""Corpora of which less is known than their annotation says, to train on by `accuracy.py`.

python benchmarks/partly.py CORPORA OUT     (CORPORA: as benchmarks/corpora.py makes them)
python benchmarks/accuracy.py OUT RESULTS configs/default.cfg [--only kept full]

OUT gets folders whose documents say themselves what is known of them (docs/partly.md):

- `full`, the Groningen Meaning Bank with all eight labels; `kept`, the same with 30 % of the
  training mentions, at random, and nothing known of other tokens; `kept-outside`, where all else is
  said to be outside; `thousand`, 1,000 of the mentions and the sentences that they are in;
- `four`, the same with GEO, ORG, PER and TIM alone; `halves`, where the first half of the training
  text is annotated for GEO and ORG, the second for PER and TIM; `half`, the first half with all
  four, so that there is as much annotation as in `halves`;
- `wikigold` and `shipped`, the first fold of wikigold, its LOC called GEO, and the corpus in this
  repository, by themselves; `wikigold-joined` and `shipped-joined`, with the training text of both;
- `art-twice`, the corpus in this repository with its training text a second time, annotated for ART
  alone, so that this label weighs twice as much in the loss.

Development and test text are whole.
"""

import argparse
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from corpora import load, only, write
from spacy.tokens import Doc, Span
from tqdm import tqdm

from spacy_lstm_ner.training.partly import (
    keep_annotated,
    keep_entities_alone,
    set_annotated_labels,
)

Parts: TypeAlias = dict[str, list[Doc]]

SHARE, NUMBER = 0.3, 1000
ENTITY_SHARE = 0.15  # the default of the reader
HALVES = (["GEO", "ORG"], ["PER", "TIM"])
WIKIGOLD = {"LOC": "GEO", "PER": "PER", "ORG": "ORG"}


def keep(docs: Sequence[Doc], kept: set[tuple[int, int]]) -> None:
    """Leave some entities, by number of the document and of the entity in it."""
    for i, doc in enumerate(docs):
        ents = [ent for j, ent in enumerate(doc.ents) if (i, j) in kept]
        doc.set_ents(ents, default="outside")


def mentions(docs: Sequence[Doc]) -> list[tuple[int, int]]:
    return [(i, j) for i, doc in enumerate(docs) for j in range(len(doc.ents))]


def make_kept_outside(folder: Path) -> Parts:
    parts, draw = load(folder), random.Random(0)
    keep(parts["train"], {one for one in mentions(parts["train"]) if draw.random() < SHARE})
    return parts


def make_kept(folder: Path) -> Parts:
    parts = make_kept_outside(folder)
    keep_entities_alone(parts["train"], labels=None, entity_share=ENTITY_SHARE)
    return parts


def make_thousand(folder: Path) -> Parts:
    parts, draw = load(folder), random.Random(0)
    keep(parts["train"], set(draw.sample(mentions(parts["train"]), NUMBER)))
    parts["train"] = [doc for doc in parts["train"] if doc.ents]
    keep_entities_alone(parts["train"], labels=None, entity_share=ENTITY_SHARE)
    return parts


def make_four(folder: Path) -> Parts:
    parts = load(folder)
    for doc in (doc for docs in parts.values() for doc in docs):
        only(doc, [*HALVES[0], *HALVES[1]])
    return parts


def make_half(folder: Path) -> Parts:
    parts = make_four(folder)
    return {**parts, "train": parts["train"][: len(parts["train"]) // 2]}


def make_halves(folder: Path) -> Parts:
    parts = make_four(folder)
    train = parts["train"]
    middle = len(train) // 2
    for docs, labels in zip((train[:middle], train[middle:]), HALVES, strict=True):
        for doc in docs:
            only(doc, labels)
            set_annotated_labels(doc, labels)
    return parts


def make_wikigold(folder: Path) -> Parts:
    """One fold, with the names that labels have in the other corpus, and what it asks for."""
    parts = load(folder / "0")
    for doc in (doc for docs in parts.values() for doc in docs):
        ents = (ent for ent in doc.ents if ent.label_ in WIKIGOLD)
        doc.ents = [Span(doc, ent.start, ent.end, WIKIGOLD[ent.label_]) for ent in ents]
        keep_annotated(doc, labels=list(WIKIGOLD.values()))
    return parts


def make_art_twice(folder: Path) -> Parts:
    parts = load(folder)
    again = [doc.copy() for doc in parts["train"]]
    for doc in again:
        keep_annotated(doc, labels=["ART"])
    return {**parts, "train": parts["train"] + again}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    gmb, shipped, wikigold = (arguments.corpora / name for name in ("gmb", "shipped", "wikigold"))

    def joined(parts: Parts) -> Parts:
        both = make_wikigold(wikigold)["train"] + load(shipped)["train"]
        return {**parts, "train": both}

    made: dict[str, Callable[[], Parts]] = {
        "full": lambda: load(gmb),
        "kept": lambda: make_kept(gmb),
        "kept-outside": lambda: make_kept_outside(gmb),
        "thousand": lambda: make_thousand(gmb),
        "four": lambda: make_four(gmb),
        "halves": lambda: make_halves(gmb),
        "half": lambda: make_half(gmb),
        "wikigold": lambda: make_wikigold(wikigold),
        "shipped": lambda: load(shipped),
        "wikigold-joined": lambda: joined(make_wikigold(wikigold)),
        "shipped-joined": lambda: joined(load(shipped)),
        "art-twice": lambda: make_art_twice(shipped),
    }
    for name, make in tqdm(made.items()):
        write(arguments.output / name, make())


if __name__ == "__main__":
    main()
