"""Raw English text that anyone may use, for a teacher to label.

python models/english_text.py GMB.zip TEXTS OUT.spacy

GMB.zip is the Groningen Meaning Bank as published, of which the sentences of the published training
split are taken, without their annotation; their sources are in the public domain. TEXTS is a folder
with any number of text files, .txt or .txt.xz, with a paragraph a line: the Open American National
Corpus's MASC, already in tokens, as masc.txt; anything else is split into tokens and sentences.
"""

import argparse
import lzma
import tempfile
from collections.abc import Iterator
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from tqdm import tqdm

from spacy_lstm_ner.training.convert import convert
from spacy_lstm_ner.training.labelling import bare

# Files whose words have spaces between them already.
IN_TOKENS = ("masc",)


def gmb(path: Path, nlp: Language) -> Iterator[Doc]:
    """The sentences of the training split of the Groningen Meaning Bank."""
    with tempfile.TemporaryDirectory() as folder:
        convert(path, Path(folder), split="gmb")
        for doc in DocBin().from_disk(Path(folder) / "train.spacy").get_docs(nlp.vocab):
            yield bare(doc, nlp.vocab)


def texts(path: Path, nlp: Language) -> Iterator[Doc]:
    """The sentences of a text file."""
    read = lzma.open if path.suffix == ".xz" else open
    with read(path, "rt", encoding="utf-8") as file:
        lines = [line.strip() for line in file if line.strip()]
    if path.name.split(".")[0] in IN_TOKENS:
        yield from (Doc(nlp.vocab, words=line.split()) for line in lines)
    else:
        for doc in nlp.pipe(lines):
            yield from (bare(sentence.as_doc(), nlp.vocab) for sentence in doc.sents)


def main() -> None:
    """Collect the text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gmb", type=Path)
    parser.add_argument("texts", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    found = DocBin(attrs=["ORTH", "SPACY"], docs=tqdm(gmb(arguments.gmb, nlp), desc="GMB"))
    for path in sorted(arguments.texts.glob("*.txt*")):
        for doc in tqdm(texts(path, nlp), desc=path.name):
            found.add(doc)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    found.to_disk(arguments.output)


if __name__ == "__main__":
    main()
