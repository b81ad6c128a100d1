"""How many of the errors that are put into a corpus `lstm-ner clean` finds, and how soon.

python benchmarks/clean.py CORPUS.spacy OUT [--share 0.05] [--folds 5] [--rounds 1] [--seed 0]
    [--config CONFIG] [--steps STEPS] [--workers WORKERS]

A share of the mentions of CORPUS, which is taken to be right, is changed: a third of these get
another label, a third are dropped, a third are moved by a token at one of their ends. OUT gets that
corpus and what the command writes; folds that are there are not trained again.

A place that is listed is right if it overlaps what was changed, as it was or as it is now.
Precision at a recall is the share of right ones among the first places, up to the one by which so
many of the errors are found. Mistakes that CORPUS had before count as wrong, so the precision is at
least that.
"""

import argparse
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import spacy
from machine import report
from spacy.tokens import Doc, DocBin, Span
from spacy.tokens.doc import DOCBIN_ALL_ATTRS

from spacy_lstm_ner.cli.clean.command import clean
from spacy_lstm_ner.cli.clean.task import Task
from spacy_lstm_ner.instruments.suspects import Suspect

RECALLS = [tenth / 10 for tenth in range(1, 10)]


KINDS = ("relabelled", "dropped", "moved")


class Mention(NamedTuple):
    start: int
    end: int
    label: str


class Seeded(NamedTuple):
    """An error: its document, from 1, the tokens that it concerns, and its kind."""

    document: int
    start: int
    end: int
    kind: str


def seed_errors(docs: Sequence[Doc], share: float) -> list[Seeded]:
    """Change some mentions of documents, and say which."""
    mentions = [[Mention(e.start, e.end, e.label_) for e in doc.ents] for doc in docs]
    labels = sorted({mention.label for of_document in mentions for mention in of_document})
    places = [(number, mention) for number, some in enumerate(mentions) for mention in some]
    chosen = random.sample(places, round(share * len(places)))
    seeded = []
    for kind, (number, mention) in zip(cycle(KINDS), chosen):
        others = [other for other in mentions[number] if other != mention]
        options = alternatives(kind, mention, others, len(docs[number]), labels)
        if options:
            new = random.choice(options)
            mentions[number] = [*others, *new]
            both = [mention, *new]
            bounds = min(each.start for each in both), max(each.end for each in both)
            seeded.append(Seeded(number + 1, *bounds, kind))
    for doc, of_document in zip(docs, mentions, strict=True):
        annotate(doc, of_document)
    return seeded


def alternatives(
    kind: str, mention: Mention, others: Sequence[Mention], length: int, labels: Sequence[str]
) -> list[list[Mention]]:
    """What may take the place of a mention."""
    if kind == "dropped":
        return [[]]
    if kind == "relabelled":
        return [[mention._replace(label=label)] for label in labels if label != mention.label]
    taken = {token for other in others for token in range(other.start, other.end)}
    ends = [(mention.start + a, mention.end + b) for a, b in ((-1, 0), (1, 0), (0, -1), (0, 1))]
    return [
        [Mention(start, end, mention.label)]
        for start, end in ends
        if 0 <= start < end <= length and not taken.intersection(range(start, end))
    ]


def annotate(doc: Doc, mentions: Sequence[Mention]) -> None:
    """Set entities; tokens that were not annotated stay so."""
    spans = [Span(doc, *mention) for mention in mentions]
    inside = {token.i for span in spans for token in span}
    unknown = [doc[t.i : t.i + 1] for t in doc if not t.ent_iob and t.i not in inside]
    doc.set_ents(spans, missing=unknown, default="outside")


def finds(suspect: Suspect, error: Seeded) -> bool:
    overlap = suspect.first_token < error.end and error.start < suspect.end_token
    return suspect.document == error.document and overlap


def precision_by_recall(
    suspects: Sequence[Suspect], seeded: Sequence[Seeded]
) -> dict[float, float | None]:
    """Precision where each recall is reached; None if it never is."""
    of_document: dict[int, list[Seeded]] = defaultdict(list)
    for error in seeded:
        of_document[error.document].append(error)
    found: set[Seeded] = set()
    right = 0
    precision: dict[float, float | None] = dict.fromkeys(RECALLS)
    for rank, suspect in enumerate(suspects, start=1):
        hit = [error for error in of_document[suspect.document] if finds(suspect, error)]
        found.update(hit)
        right += bool(hit)
        for recall in RECALLS:
            if precision[recall] is None and len(found) >= recall * len(seeded):
                precision[recall] = round(right / rank, 4)
    return precision


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--share", type=float, default=0.05)
    for name, default in (("folds", 5), ("rounds", 1), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    for name, kind in (("config", Path), ("steps", int), ("workers", int)):
        parser.add_argument(f"--{name}", type=kind)
    args = parser.parse_args()
    random.seed(args.seed)
    docs = list(DocBin().from_disk(args.corpus).get_docs(spacy.blank("en").vocab))
    seeded = seed_errors(docs, args.share)
    args.output.mkdir(parents=True, exist_ok=True)
    changed = args.output / "seeded.spacy"
    DocBin(attrs=DOCBIN_ALL_ATTRS, store_user_data=True, docs=docs).to_disk(changed)
    suspects = clean(
        Task(
            changed,
            args.output / "found",
            folds=args.folds,
            rounds=args.rounds,
            seed=args.seed,
            config=args.config,
            steps=args.steps,
            workers=args.workers,
        )
    )
    precision = precision_by_recall(suspects, seeded)
    print("| recall | precision |\n|---|---|")
    for level, value in precision.items():
        print(f"| {level} | {'not reached' if value is None else value} |")
    settings = {key: str(value) for key, value in vars(args).items()}
    counts = {"errors": Counter(error.kind for error in seeded), "listed": len(suspects)}
    report("clean", {"settings": settings, "precision": precision, **counts})


if __name__ == "__main__":
    main()
