"""How much better labels search for ambiguous names than plain words do, on the shipped corpus.

python -m examples.search.measure training/model-best

Ambiguous names are those of which plain words find wrong documents too: `May`, a month and a
person. Each query is put to an index of what the pipeline finds and to one of the corpus's own
marks, in documents that the pipeline was not trained on; what the second answers is right.
"""

import argparse
import statistics
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from spacy.tokens import Doc, DocBin

from examples.search.search import Index, Name, build, load

UNSEEN = Path("corpus/test.spacy")


def index_marks(docs: Sequence[Doc], labels: Sequence[str]) -> Index:
    """Index documents with the entities that they have."""
    index = Index(labels)
    for number, doc in enumerate(docs):
        names = (Name(ent.text, ent.label_, ent.start_char, 1.0) for ent in doc.ents)
        index.add(str(number), doc.text, names)
    return index


def ambiguous(truth: Index, docs: Sequence[Doc]) -> Iterator[tuple[str, str]]:
    """Names of which plain words find wrong documents too, in small letters: label and phrase."""
    for label, name in sorted({(ent.label_, ent.text.lower()) for doc in docs for ent in doc.ents}):
        phrase = f'"{name}"'
        if len(truth.search(phrase)) > len(truth.search(f"{label}:{phrase}")):
            yield label, phrase


def score(found: Sequence[str], right: set[str]) -> tuple[float, float, float, float]:
    """Precision, recall, average precision, and whether the first hit is right.

    A query that finds nothing has made no mistake: its precision is 1.
    """
    ranks = [rank for rank, title in enumerate(found, start=1) if title in right]
    precision = len(ranks) / len(found) if found else 1.0
    average = sum(number / rank for number, rank in enumerate(ranks, start=1)) / len(right)
    return precision, len(ranks) / len(right), average, float(1 in ranks)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", help="pipeline, such as training/model-best")
    nlp = load(parser.parse_args().model)
    try:
        docs = list(DocBin().from_disk(UNSEEN).get_docs(nlp.vocab))
    except OSError as error:
        sys.exit(f"Cannot read the corpus: {error}. `make train` converts it.")
    predicted = build(nlp, ((doc.text, str(number)) for number, doc in enumerate(docs)))
    truth = index_marks(docs, predicted.labels)
    plain, labelled = [], []
    for label, phrase in ambiguous(truth, docs):
        right = {hit.title for hit in truth.search(f"{label}:{phrase}")}
        plain.append(score([hit.title for hit in predicted.search(phrase)], right))
        meant = predicted.search(f"{label}:{phrase}")
        labelled.append(score([hit.title for hit in meant], right))
    print(f"{len(plain)} ambiguous names in {len(docs)} documents\n")
    print("| query | precision | recall | average precision | first hit right |")
    print("|---|---|---|---|---|")
    for name, scores in {"`May`": plain, "`PER:May`": labelled}.items():
        means = " | ".join(f"{statistics.mean(column):.2f}" for column in zip(*scores, strict=True))
        print(f"| {name} | {means} |")


if __name__ == "__main__":
    main()
