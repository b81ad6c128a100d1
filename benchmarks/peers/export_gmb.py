"""Write .spacy files as .iob2 files, which any environment can read.

python benchmarks/peers/export_gmb.py SOURCE OUT   (SOURCE: a folder of train, dev and test.spacy)

A line is `token<TAB>tag`, an empty line ends a sentence. OUT lies outside of the repository: the
corpus may not be redistributed.
"""

import argparse
from pathlib import Path

import spacy
from spacy.tokens import DocBin, Token

REPOSITORY = Path(__file__).resolve().parents[2]


def tag(token: Token) -> str:
    return f"{token.ent_iob_}-{token.ent_type_}" if token.ent_type else "O"


def export(source: Path, target: Path) -> tuple[int, int]:
    """Write one file; returns its sentences and words."""
    docs = list(DocBin().from_disk(source).get_docs(spacy.blank("en").vocab))
    with target.open("w", encoding="utf-8", newline="\n") as file:
        for doc in docs:
            file.writelines(f"{token.text}\t{tag(token)}\n" for token in doc)
            file.write("\n")
    return len(docs), sum(map(len, docs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    if arguments.out.resolve().is_relative_to(REPOSITORY):
        parser.error("OUT must lie outside of the repository")
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in ("train", "dev", "test"):
        target = arguments.out / f"{name}.iob2"
        sentences, words = export(arguments.source / f"{name}.spacy", target)
        print(f"{target}: {sentences} sentences, {words} words")


if __name__ == "__main__":
    main()
