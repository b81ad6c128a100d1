"""Token accuracy of the course's own model on the Groningen Meaning Bank, all eight labels.

python benchmarks/course.py DATA   (DATA: ner_dataset.csv or the zip)

The course reports 95.44 % on the test split: the argmax over the tags of each token, padding
masked. This trains `configs/course.cfg` and reports that number, the same after legal decoding, and
entity F1.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import spacy
from machine import report
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training import Example
from spacy.util import minibatch

from spacy_lstm_ner.pipeline.annotation import gold_tags


def run(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "spacy", *arguments], check=True)


def read_test(path: Path, nlp: Language) -> list[Example]:
    """The test split as examples whose predictions have the same tokens and nothing else."""
    references = DocBin().from_disk(path).get_docs(nlp.vocab)
    return [Example(Doc(nlp.vocab, words=[t.text for t in doc]), doc) for doc in references]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run("lstm-ner", "convert", arguments.data, name, "--split", "gmb", "--upper")
        corpus = [f"--paths.{part}={folder / part}.spacy" for part in ("train", "dev")]
        run("train", "configs/course.cfg", "--output", str(folder / "training"), *corpus)
        nlp = spacy.load(folder / "training" / "model-best")
        ner = nlp.get_pipe("lstm_ner")
        examples = read_test(folder / "test.spacy", nlp)
        right = total = 0
        for batch in minibatch(examples, 1000):
            gold = gold_tags(batch, ner.scheme)
            emissions = ner.model.predict([eg.predicted for eg in batch])
            found = np.concatenate([rows.argmax(1) for rows in emissions])
            right += int((found == gold).sum())
            total += len(gold)
        scores = nlp.evaluate(examples)
    report(
        "course",
        {
            "token_accuracy_argmax": round(100 * right / total, 2),
            "token_accuracy_decoded": round(100 * scores["tag_token_acc"], 2),
            "entity_f1": round(100 * scores["ents_f"], 2),
            "tokens": total,
        },
    )


if __name__ == "__main__":
    main()
