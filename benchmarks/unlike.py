"""How well text that is unlike the training text is told from text that is like it.

python benchmarks/unlike.py MODEL LIKE.spacy UNLIKE.spacy

The area under the ROC curve (AUROC) of several scores of a document: the probability that a
document of UNLIKE has a higher one than a document of LIKE, ties counting half. `unknown` is what
`LSTMEntityRecognizer.unlikeness` gives. The others are of what the CRF holds possible: `entropy` of
the readings per token, `doubt` (minus the log of the best reading's probability) per token, the
mean of 1 less the probability of the best `tag`; and sums of two. Scores were compared on
development files. A minute.
"""

import argparse
from pathlib import Path

import numpy as np
import spacy
from machine import report
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.util import minibatch

from spacy_lstm_ner.pipeline.lstm_ner import LSTMEntityRecognizer

SUMS = [("unknown", "doubt"), ("unknown", "entropy"), ("unknown", "tag")]


def read(nlp: Language, path: Path) -> list[Doc]:
    """The documents, without their annotation."""
    docs = DocBin().from_disk(path).get_docs(nlp.vocab)
    words = [([t.text for t in doc], [bool(t.whitespace_) for t in doc]) for doc in docs]
    return [Doc(nlp.vocab, words=words, spaces=spaces) for words, spaces in words if words]


def scores(ner: LSTMEntityRecognizer, docs: list[Doc]) -> dict[str, np.ndarray]:
    rows = []
    for batch in minibatch(docs, 256):
        lattice = ner.model.predict(batch).lattice(ner.scheme)
        best = lattice.best()[:, None] == np.arange(len(ner.scheme))  # (tokens, tags)
        of_docs = [
            lattice.entropy(),
            -lattice.log_probability(best),
            lattice.sum_texts(1 - lattice.marginals().max(1).values),
        ]
        per_token = [column.numpy() / lattice.lengths for column in of_docs]
        rows.append(np.stack([ner.unlikeness(batch), *per_token]))
    found = dict(zip(("unknown", "entropy", "doubt", "tag"), np.hstack(rows), strict=True))
    return found | {f"{one} + {other}": found[one] + found[other] for one, other in SUMS}


def auroc(like: np.ndarray, unlike: np.ndarray) -> float:
    below, up_to = (np.searchsorted(np.sort(like), unlike, side) for side in ("left", "right"))
    return float((below + up_to).mean() / (2 * len(like)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("like", type=Path)
    parser.add_argument("unlike", type=Path)
    arguments = parser.parse_args()
    nlp = spacy.load(arguments.model)
    ner = nlp.get_pipe("lstm_ner")
    like, unlike = (scores(ner, read(nlp, path)) for path in (arguments.like, arguments.unlike))
    result = {
        name: {
            "auroc": round(auroc(like[name], unlike[name]), 4),
            "mean_like": round(float(like[name].mean()), 4),
            "mean_unlike": round(float(unlike[name].mean()), 4),
        }
        for name in like
    }
    documents = {"like": len(like["unknown"]), "unlike": len(unlike["unknown"])}
    report("unlike", {"documents": documents, "scores": result})


if __name__ == "__main__":
    main()
