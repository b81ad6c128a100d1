"""What it does to training that whitespace is ruled out at the ends of entities in log Z as well.

python benchmarks/whitespace.py [--seeds 3] [--steps 1500]   (after `spacy project run corpus`)

The shipped corpus has no whitespace tokens, so copies are made that do: a line break after each
sentence, and a second space after one word in twelve. The same training is then run with the rule
and without, where prediction rules out whitespace either way. Development F1 of both, seed by seed.
"""

import argparse
import random
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import spacy
from machine import report
from spacy.cli.train import train
from spacy.tokens import Doc, DocBin, Span
from spacy.vocab import Vocab

from spacy_lstm_ner.pipeline import lstm_ner

SECOND_SPACE = 1 / 12


def with_whitespace(doc: Doc, vocab: Vocab, chance: random.Random) -> Doc:
    """A copy of a document with whitespace tokens in it."""
    words: list[str] = []
    place = []  # of each token in the copy
    for token in doc:
        if token.i and token.is_sent_start:
            words.append("\n")
        elif token.i and chance.random() < SECOND_SPACE:
            words.append(" ")
        place.append(len(words))
        words.append(token.text)
    copy = Doc(vocab, words=words, spaces=[True] * (len(words) - 1) + [False])
    spans = [Span(copy, place[e.start], place[e.end - 1] + 1, label=e.label_) for e in doc.ents]
    copy.set_ents(spans, default="outside")
    return copy


def write_copies(folder: Path) -> dict[str, int]:
    counts = {}
    for name in ("train", "dev"):
        vocab, chance = spacy.blank("en").vocab, random.Random(0)
        docs = DocBin().from_disk(f"corpus/{name}.spacy").get_docs(vocab)
        copies = [with_whitespace(doc, vocab, chance) for doc in docs]
        DocBin(docs=copies).to_disk(folder / f"{name}.spacy")
        counts[name] = sum(token.is_space for copy in copies for token in copy)
    return counts


@contextmanager
def without_the_rule() -> Iterator[None]:
    """Let whitespace be at the ends of entities in training, as any other token."""
    rule: Callable[..., Any] = lstm_ner.document_evidence

    def relaxed(annotation: Any, scheme: Any, **settings: Any) -> Any:
        return rule(annotation._replace(flags=annotation.flags & False), scheme, **settings)

    lstm_ner.document_evidence = relaxed
    try:
        yield
    finally:
        lstm_ner.document_evidence = rule


def development_f1(folder: Path, seed: int, steps: int) -> float:
    overrides = {
        "paths.train": str(folder / "train.spacy"),
        "paths.dev": str(folder / "dev.spacy"),
        "training.max_steps": steps,
        "system.seed": seed,
    }
    train("configs/default.cfg", folder / "output", overrides=overrides)
    nlp = spacy.load(folder / "output" / "model-best")
    return 100 * float(nlp.meta["performance"]["ents_f"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=1500)
    arguments = parser.parse_args()
    found: dict[str, list[float]] = {"ruled out": [], "left in": []}
    with tempfile.TemporaryDirectory() as name:
        counts = write_copies(Path(name))
        for seed in range(arguments.seeds):
            found["ruled out"].append(development_f1(Path(name), seed, arguments.steps))
            with without_the_rule():
                found["left in"].append(development_f1(Path(name), seed, arguments.steps))
    result: dict[str, Any] = {"whitespace_tokens": counts, "steps": arguments.steps}
    for rule, scores in found.items():
        result[rule] = {
            "dev_f1": [round(score, 2) for score in scores],
            "mean": round(statistics.mean(scores), 2),
        }
    report("whitespace", result)


if __name__ == "__main__":
    main()
