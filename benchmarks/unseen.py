"""F1 of pipelines on corpora that they were not trained on.

python benchmarks/unseen.py CORPORA PIPELINE...   (CORPORA: as benchmarks/corpora.py makes them)

People, places and organizations alone, whatever a corpus or a pipeline calls them; wikigold as a
whole, and the test split of the Broad Twitter Corpus. Pipelines get the tokens of the corpus. The
first pipeline is what the others are compared with, by a paired bootstrap over documents.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import spacy
import torch
from corpora import read as read_docs
from machine import report
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from tqdm import tqdm

from spacy_lstm_ner.instruments.bootstrap import compare, score
from spacy_lstm_ner.instruments.fidelity import judge
from spacy_lstm_ner.instruments.readings import Reading
from spacy_lstm_ner.training.labelling import bare

# What labels of corpora and of spaCy's English pipelines are here; others are no entities.
NAMES = {
    "PER": "PER", "PERSON": "PER", "ORG": "ORG",
    "GEO": "GEO", "LOC": "GEO", "GPE": "GEO", "FAC": "GEO",
}  # fmt: skip
LABELS = sorted(set(NAMES.values()))
# Needed to find tags, lemmas and sentences, and no entities.
OTHERS = ["tagger", "parser", "attribute_ruler", "lemmatizer", "senter"]


def tests(corpora: Path) -> Iterator[tuple[str, list[Doc]]]:
    """The corpora, by name."""
    for name in ("wikigold", "btc"):
        files = sorted((corpora / name).glob("**/test.spacy"))
        yield name, [renamed(doc) for file in files for doc in read_docs(file)]


def renamed(doc: Doc) -> Doc:
    """A document with entities of LABELS alone, under these names."""
    ents = (ent for ent in doc.ents if ent.label_ in NAMES)
    doc.ents = [Span(doc, ent.start, ent.end, NAMES[ent.label_]) for ent in ents]
    return doc


def read(nlp: Language, docs: Sequence[Doc], name: str) -> list[Reading]:
    """What a pipeline finds, beside what is annotated."""
    found = nlp.pipe(bare(doc, nlp.vocab) for doc in docs)
    return judge(map(Example, map(renamed, found), docs), name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("pipelines", nargs="+")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    result = {}
    print("|corpus|pipeline|F1|", "|".join(LABELS), "|over the first|\n", "|---" * 7, "|", sep="")
    for corpus, docs in tests(arguments.corpora):
        read_by = {
            pipeline: read(spacy.load(pipeline, exclude=OTHERS), docs, corpus)
            for pipeline in tqdm(arguments.pipelines, leave=False)
        }
        first = read_by[arguments.pipelines[0]]
        for pipeline, readings in read_by.items():
            scores = [100 * one.f1 for one in score(readings, LABELS)]
            gain = compare(readings, first, LABELS)[0]
            low, high = (100 * bound for bound in gain.interval)
            cells = [f"{value:.1f}" for value in scores]
            cells.append(f"{100 * gain.f1:+.1f} ({low:+.1f} to {high:+.1f})")
            print("|" + "|".join([corpus, pipeline, *cells]) + "|", flush=True)
            result[f"{pipeline} on {corpus}"] = dict(zip(["F1", *LABELS], scores, strict=True))
    report("unseen", {"results": result})


if __name__ == "__main__":
    main()
