"""How far two passes over the same sentences of the shipped corpus agree.

python benchmarks/agreement.py [--differences]
python benchmarks/agreement.py --draw 300 [--seed 0] > plain.md

The first pass is what corpus/source said of these documents at the time, the second was marked from
their plain text without looking at the first. `--draw` prints documents of corpus/source without
their marks, of all registers in turn, for such a pass. Agreement is the F1 of one pass against the
other: a mention counts where both give it the same characters and the same label.
"""

import argparse
import random
from collections import Counter
from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path

from machine import report

from spacy_lstm_ner.training.converters.inline import MarkedText, parse_inline
from spacy_lstm_ner.training.converters.problems import Problems

Mention = tuple[str, int, int, int, str]


def read(paths: Iterable[Path]) -> dict[str, MarkedText]:
    problems, found = Problems(), {}
    for path in paths:
        for document in parse_inline(path.read_text(encoding="utf-8"), path, problems):
            found[document.name] = document
    problems.raise_any()
    return found


def draw(documents: dict[str, MarkedText], sentences: int, seed: int) -> list[MarkedText]:
    names = sorted(documents)
    random.Random(seed).shuffle(names)
    by_register: dict[str, list[str]] = {}
    for name in names:
        by_register.setdefault(name.rpartition("-")[0], []).append(name)
    drawn: list[MarkedText] = []
    for turn in zip_longest(*(by_register[register] for register in sorted(by_register))):
        for name in filter(None, turn):
            if sum(len(document.sentences) for document in drawn) < sentences:
                drawn.append(documents[name])
    return drawn


def print_plain(documents: Iterable[MarkedText]) -> None:
    for document in documents:
        print(f"## {document.name} {document.split}")
        for sentence in document.sentences:
            print(sentence.replace("[", r"\[").replace("]", r"\]"))
        print()


def mentions(documents: Iterable[MarkedText]) -> set[Mention]:
    return {
        (document.name, i, mark.start, mark.end, mark.label)
        for document in documents
        for i, marks in enumerate(document.marks)
        for mark in marks
    }


def f1(first: set[Mention], second: set[Mention]) -> float:
    return round(200 * len(first & second) / (len(first) + len(second)), 2)


def compare(first: list[MarkedText], second: list[MarkedText]) -> dict[str, object]:
    for one, other in zip(first, second, strict=True):
        if one.sentences != other.sentences:
            raise SystemExit(f"{one.name}: the second pass is over another text")
    one, other = mentions(first), mentions(second)
    labels = sorted({mention[-1] for mention in one | other})
    spans = [{mention[:-1] for mention in found} for found in (one, other)]
    return {
        "documents": len(first),
        "sentences": sum(len(document.sentences) for document in first),
        "mentions": [len(one), len(other)],
        "f1": f1(one, other),
        "f1_of_spans": f1(*spans),
        "f1_per_label": {
            label: f1(*({m for m in found if m[-1] == label} for found in (one, other)))
            for label in labels
        },
        "same_span_other_label": len(spans[0] & spans[1]) - len(one & other),
        "differences_per_register": dict(Counter(m[0].rpartition("-")[0] for m in one ^ other)),
    }


def print_differences(first: list[MarkedText], second: list[MarkedText]) -> None:
    one, other = mentions(first), mentions(second)
    texts = {document.name: document.sentences for document in first}
    for mention in sorted(one ^ other):
        name, i, start, end, label = mention
        sentence = texts[name][i]
        side = "first " if mention in one else "second"
        print(f"{name}.{i + 1} {side} [{sentence[start:end]}]({label})  {sentence}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("first", "second"):
        path = Path(f"corpus/agreement/{name}_pass.md")
        parser.add_argument(f"--{name}", type=Path, default=path)
    parser.add_argument("--differences", action="store_true")
    parser.add_argument("--draw", type=int, help="sentences to draw")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.draw:
        documents = read(sorted(Path("corpus/source").glob("*.md")))
        print_plain(draw(documents, arguments.draw, arguments.seed))
        return
    first, second = (list(read([path]).values()) for path in (arguments.first, arguments.second))
    if arguments.differences:
        print_differences(first, second)
    report("agreement", compare(first, second))


if __name__ == "__main__":
    main()
