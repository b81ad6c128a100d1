"""The corpora that defaults are chosen on, as folders of .spacy files.

python benchmarks/corpora.py DATA OUT [--curve]   (DATA: gmb/, btc/ and wikigold/, as their
    publishers have them; the shipped corpus is read from corpus/source)

OUT gets a folder for each: `gmb` in the published split with all eight labels; `gmb10`, every tenth
of its training sentences with every third of its development sentences and all of its test
sentences; `btc` in its published split; `wikigold/0` to `wikigold/4`, in each another fifth for
test and the next one for development; and `shipped`. With --curve it gets `shipped-2`, `shipped-4`
and `shipped-8` as well: the same with every second, fourth and eighth of the training documents;
`btc` and `wikigold`'s first fold so too. And of that fold `few-5` and `few-20`, with so many
training sentences, and `one-label`, with PER alone.
"""

import argparse
import itertools
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import spacy
from spacy.tokens import Doc, DocBin
from tqdm import tqdm

from spacy_lstm_ner.training.convert import convert

PARTS = ("train", "dev", "test")
FOLDS = 5
CURVE = (2, 4, 8)
# What there is less of with --curve, by the name that it gets.
CURVED = {"shipped": "shipped", "btc": "btc", "wikigold": "wikigold/0"}
# So many sentences, from places far from each other.
FEW = (5, 20)


def read(path: Path) -> list[Doc]:
    """The documents of a .spacy file."""
    return list(DocBin().from_disk(path).get_docs(spacy.blank("en").vocab))


def load(folder: Path) -> dict[str, list[Doc]]:
    """The parts of a corpus."""
    return {name: read(folder / f"{name}.spacy") for name in PARTS}


def only(doc: Doc, labels: Collection[str]) -> None:
    """Take entities of other labels out, as if there were none."""
    doc.set_ents([ent for ent in doc.ents if ent.label_ in labels], default="outside")


def write(folder: Path, parts: Mapping[str, Sequence[Doc]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, docs in parts.items():
        DocBin(docs=docs).to_disk(folder / f"{name}.spacy")


def make_gmb(data: Path, output: Path) -> None:
    convert(data / "gmb" / "ner_dataset.csv.zip", output / "gmb", split="gmb", upper=True)
    parts = load(output / "gmb")
    parts["train"], parts["dev"] = parts["train"][::10], parts["dev"][::3]
    write(output / "gmb10", parts)


def make_btc(data: Path, output: Path) -> None:
    convert(data / "btc", output / "btc")


def make_wikigold(data: Path, output: Path) -> None:
    """Folds of neighbouring sentences, so that articles stay whole."""
    whole = output / "wikigold"
    convert(data / "wikigold" / "wikigold.iob2", whole, split="none")
    docs = read(whole / "wikigold.spacy")
    (whole / "wikigold.spacy").unlink()
    ends = [len(docs) * i // FOLDS for i in range(FOLDS + 1)]
    blocks = [docs[start:end] for start, end in itertools.pairwise(ends)]
    for test in range(FOLDS):
        dev = (test + 1) % FOLDS
        rest = [doc for i, block in enumerate(blocks) if i not in (test, dev) for doc in block]
        write(whole / str(test), {"train": rest, "dev": blocks[dev], "test": blocks[test]})


def make_shipped(data: Path, output: Path) -> None:
    labels = ("GEO", "ORG", "PER", "TIM", "ART")
    convert(Path("corpus/source"), output / "shipped", labels=labels)


def make_curve(output: Path) -> None:
    for corpus, folder in CURVED.items():
        parts = load(output / folder)
        for step in CURVE:
            write(output / f"{corpus}-{step}", {**parts, "train": parts["train"][::step]})


def make_few(output: Path) -> None:
    """Corpora that are hardly any."""
    parts = load(output / "wikigold" / "0")
    sentences = [doc for doc in parts["train"] if doc.ents]
    for number in FEW:
        chosen = sentences[:: len(sentences) // number][:number]
        write(output / f"few-{number}", {**parts, "train": chosen})
    for doc in itertools.chain.from_iterable(parts.values()):
        only(doc, ["PER"])
    write(output / "one-label", parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--curve", action="store_true")
    arguments = parser.parse_args()
    for make in tqdm((make_shipped, make_btc, make_wikigold, make_gmb)):
        make(arguments.data, arguments.output)
    if arguments.curve:
        make_curve(arguments.output)
        make_few(arguments.output)


if __name__ == "__main__":
    main()
