"""Scores on the shipped corpus over several seeds, beside spaCy's own `ner` on the same files.

python benchmarks/seeds.py [--seeds 5] [--only lstm_ner]   (after `spacy project run corpus`)

Each trains by its config, until it has not improved for 1,600 steps, several at a time. The
pipelines are kept in training/seeds, and what is there is not trained again. The test split is
scored once per run: overall, per label, per register, and apart for mentions whose string was seen
under that label in train and for those that were not. Precision of a seen or unseen subset is not
defined (a wrong prediction belongs to neither), so those two are recall.
"""

import argparse
import statistics
from collections import defaultdict
from pathlib import Path

import spacy
from machine import report
from spacy.language import Language
from spacy.training import Example
from trainings import check

from spacy_lstm_ner.cli.sweep.run import sweep
from spacy_lstm_ner.cli.sweep.task import Task
from spacy_lstm_ner.cli.sweep.training import Training
from spacy_lstm_ner.training.converters.annotated import Annotated
from spacy_lstm_ner.training.converters.inline import Inline
from spacy_lstm_ner.training.converters.labels import LabelMap
from spacy_lstm_ner.training.converters.problems import Problems

CONTENDERS = {"lstm_ner": "default", "ner": "baseline"}
PATHS = {f"paths.{name}": f"corpus/{name}.spacy" for name in ("train", "dev")}
OUTPUT = Path("training/seeds")


def read_corpus() -> list[Annotated]:
    nlp, problems, reader = spacy.blank("en"), Problems(), Inline()
    found: list[Annotated] = []
    for path in sorted(Path("corpus/source").glob("*.md")):
        found += reader.read(path, nlp, LabelMap(), problems)
    problems.raise_any()
    return found


def train(name: str, seeds: int) -> list[Training]:
    config = CONTENDERS[name]
    task = Task([Path(f"configs/{config}.cfg")], OUTPUT / name, PATHS, seeds)
    _, failures = sweep(task)
    check(failures)
    return task.trainings(config)


def f1(nlp: Language, documents: list[Annotated]) -> dict[str, object]:
    return nlp.evaluate([Example(nlp.make_doc(d.doc.text), d.doc) for d in documents])


def measure(nlp: Language, documents: list[Annotated]) -> dict[str, float]:
    test = [d for d in documents if d.split == "test"]
    scores = f1(nlp, test)
    row = {"all": scores["ents_f"]}
    row |= {label: found["f"] for label, found in scores["ents_per_type"].items()}
    for register in sorted({d.path.stem for d in test}):
        row[register] = f1(nlp, [d for d in test if d.path.stem == register])["ents_f"]
    known = {(e.text, e.label_) for d in documents if d.split == "train" for e in d.doc.ents}
    found: dict[str, list[bool]] = defaultdict(list)
    for d in test:
        predicted = {(e.start_char, e.end_char, e.label_) for e in nlp(d.doc.text).ents}
        for e in d.doc.ents:
            kind = "recall seen" if (e.text, e.label_) in known else "recall unseen"
            found[kind].append((e.start_char, e.end_char, e.label_) in predicted)
    row |= {kind: sum(hits) / len(hits) for kind, hits in found.items()}
    return {name: round(100 * value, 2) for name, value in row.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", choices=CONTENDERS, help="one of the two")
    arguments = parser.parse_args()
    documents = read_corpus()
    results = {}
    for name in [arguments.only] if arguments.only else CONTENDERS:
        rows = []
        for training in train(name, arguments.seeds):
            rows.append(measure(spacy.load(training.pipeline), documents))
            print(name, training.seed, rows[-1]["all"], flush=True)
        results[name] = {
            key: {
                "mean": round(statistics.mean(row[key] for row in rows), 2),
                "sd": round(statistics.stdev(row[key] for row in rows), 2) if rows[1:] else None,
            }
            for key in rows[0]
        }
    report("seeds_" + arguments.only if arguments.only else "seeds", results)


if __name__ == "__main__":
    main()
