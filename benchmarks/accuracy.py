"""F1 of configs on corpora over seeds: what a default is chosen by, and what is claimed of it.

python benchmarks/accuracy.py CORPORA OUT CONFIG... [--only gmb btc] [--seeds 3] [--split dev]
    [--processes 2] [--chart FRONT.png]

CORPORA has a folder for each corpus with train, dev and test.spacy, or with numbered folders of
these: the folds of a corpus, of which each seed takes the next. `benchmarks/corpora.py` makes the
standard set. A CONFIG is a config file, or a JSON file of variants: names, each with a config and
the settings that it changes, {"smaller": {"config": "configs/default.cfg", "settings":
{"components.lstm_ner.model.tok2vec.encode.hidden_width": 64}}}; a section that is set stands in
place of the one before, and null takes it out.

Each config is trained on each corpus with each seed, on one core. OUT keeps the pipelines and what
they find; a training that is there is not done again, with `--split test` neither, and a config or
a corpus that has changed since is an error. Tables are printed of F1 on each corpus, mean and
deviation, with the mean gain over the first config and on how many corpora a paired bootstrap over
documents calls the difference significant (p < 0.05); of the rest; and of F1 of each label, a table
for each corpus. metrics/benchmark_accuracy.json has all of it for each training. A chart shows
accuracy and speed together, and which configs no other beats at both.
"""

import argparse
import json
import statistics
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, TypeAlias

from chart import draw_front
from corpora import read as read_docs
from machine import report
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import load_config
from trainings import Training, folder_of, measure_all, prepare

from spacy_lstm_ner.errors import CodedError
from spacy_lstm_ner.instruments.bootstrap import Difference, compare, score
from spacy_lstm_ner.instruments.familiarity import look_up
from spacy_lstm_ner.instruments.fidelity import judge
from spacy_lstm_ner.instruments.readings import Reading
from spacy_lstm_ner.training.labelling import bare

# Measures of a training beside F1.
OTHERS = ("seen", "unseen", "minutes", "words per second", "megabytes")
# Measures of each training by config and corpus.
Rows: TypeAlias = dict[tuple[str, str], list[dict[str, float]]]


def variants(path: Path) -> Iterator[tuple[str, Any]]:
    """The configs that a file stands for, by name."""
    if path.suffix == ".cfg":
        yield path.stem, load_config(path)
        return
    for name, variant in json.loads(path.read_text(encoding="utf-8")).items():
        config = load_config(variant["config"])
        for key, value in variant.get("settings", {}).items():
            *sections, last = key.split(".")
            place = config
            for section in sections:
                place = place.setdefault(section, {})
            if value is None:
                place.pop(last, None)
            else:
                place[last] = value
        yield name, config


docs_of = cache(read_docs)


@cache
def result_of(training: Training, split: str) -> dict[str, Any]:
    """What was written down of a training."""
    return json.loads(training.result(split).read_text(encoding="utf-8"))


@cache
def read(training: Training, split: str) -> list[Reading]:
    """What a pipeline found, beside what is annotated."""
    docs, found = docs_of(training.folder / f"{split}.spacy"), result_of(training, split)
    pairs = zip(docs, found["entities"], strict=True)
    return judge((beside(doc, entities) for doc, entities in pairs), training.corpus)


def beside(doc: Doc, entities: Sequence[tuple[int, int, str]]) -> Example:
    """An annotated document beside other entities of its tokens."""
    predicted = bare(doc, doc.vocab)
    predicted.ents = [Span(predicted, *entity) for entity in entities]
    return Example(predicted, doc)


def labels_of(readings: Sequence[Reading]) -> list[str]:
    return sorted({m.label for reading in readings for m in (*reading.gold, *reading.predicted)})


def recall(readings: Sequence[Reading], known: Sequence[Doc]) -> dict[str, float]:
    """Recall of mentions that training has under their label, and of those that it has not."""
    mentions = [(reading.words_of(m), m) for reading in readings for m in reading.gold]
    seen = look_up((words for words, _ in mentions), known)
    kinds: dict[str, list[bool]] = {"seen": [], "unseen": []}
    for words, mention in mentions:
        known_so = seen[words].as_written and mention.label in seen[words].labels
        kinds["seen" if known_so else "unseen"].append(mention.right)
    return {kind: sum(right) / max(1, len(right)) for kind, right in kinds.items()}


def measures(training: Training, split: str) -> dict[str, float]:
    readings, found = read(training, split), result_of(training, split)
    return {
        **{one.label or "F1": one.f1 for one in score(readings, labels_of(readings))},
        **recall(readings, docs_of(training.folder / "train.spacy")),
        **{name: found[name] for name in OTHERS if name in found},
    }


def difference(ours: Sequence[Training], theirs: Sequence[Training], split: str) -> Difference:
    """How much better one config is than another on a corpus, over all seeds together."""
    sides = [[r for training in side for r in read(training, split)] for side in (ours, theirs)]
    return compare(*sides, labels_of(sides[0] + sides[1]))[0]


def spread(values: Sequence[float]) -> str:
    if not values:
        return ""
    mean = f"{100 * statistics.mean(values):.1f}"
    return f"{mean} ± {100 * statistics.stdev(values):.1f}" if len(values) > 1 else mean


def mean_of(runs: Sequence[dict[str, float]], name: str = "F1") -> float:
    return statistics.mean(run[name] for run in runs)


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    for row in (header, ["---"] * len(header), *rows):
        print("|" + "|".join(row) + "|")


def print_tables(rows: Rows, gains: dict[tuple[str, str], Difference]) -> None:
    configs, corpora = (list(dict.fromkeys(column)) for column in zip(*rows, strict=True))
    of_f1, of_others = [], []
    for config in configs:
        runs = [rows[config, corpus] for corpus in corpora]
        found = [gains[config, corpus] for corpus in corpora]
        sure = sum(one.p_value < 0.05 for one in found)
        gain = 100 * statistics.mean(one.f1 for one in found)
        cells = [spread([run["F1"] for run in of_corpus]) for of_corpus in runs]
        of_f1.append([config, *cells, f"{gain:+.2f}", str(sure)])
        together = [run for of_corpus in runs for run in of_corpus]
        others = [mean_of(together, name) for name in OTHERS]
        recalls = [f"{100 * value:.1f}" for value in others[:2]]
        of_others.append([config, *recalls, *(f"{value:,.1f}" for value in others[2:])])
    print_table(["", *corpora, f"gain over {configs[0]}", "significant"], of_f1)
    print()
    print_table(
        ["mean of all", *(f"recall, {name}" for name in OTHERS[:2]), *OTHERS[2:]], of_others
    )


def print_labels(rows: Rows) -> None:
    """A table for each corpus: F1 of each label."""
    for corpus in dict.fromkeys(corpus for _, corpus in rows):
        of_config = {config: runs for (config, of), runs in rows.items() if of == corpus}
        names = {name for runs in of_config.values() for run in runs for name in run}
        labels = sorted(names - {"F1", *OTHERS})
        table = [
            [config, *(spread([run[label] for run in runs if label in run]) for label in labels)]
            for config, runs in of_config.items()
        ]
        print()
        print_table([corpus, *labels], table)


def positive(text: str) -> int:
    """A number of at least one."""
    if (number := int(text)) < 1:
        raise ValueError
    return number


def draw(rows: Rows, path: Path) -> None:
    """Draw mean speed and mean F1 of each config."""
    by_config: dict[str, list[dict[str, float]]] = {}
    for (config, _), runs in rows.items():
        by_config.setdefault(config, []).extend(runs)
    points = {
        config: (mean_of(runs, "words per second"), 100 * mean_of(runs))
        for config, runs in by_config.items()
    }
    draw_front(points, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("configs", type=Path, nargs="+")
    parser.add_argument("--only", nargs="*", help="corpora")
    parser.add_argument("--seeds", type=positive, default=3)
    parser.add_argument("--split", choices=("dev", "test"), default="dev")
    parser.add_argument("--processes", type=positive, default=2)
    parser.add_argument("--chart", type=Path)
    arguments = parser.parse_args()
    split = arguments.split
    corpora = arguments.only or sorted(p.name for p in arguments.corpora.iterdir() if p.is_dir())
    outputs = {
        name: prepare(arguments.output, name, config)
        for path in arguments.configs
        for name, config in variants(path)
    }
    trainings = {
        (name, corpus): [
            Training(name, corpus, folder_of(arguments.corpora, corpus, seed), seed, output)
            for seed in range(arguments.seeds)
        ]
        for (name, output), corpus in product(outputs.items(), corpora)
    }
    every = [training for of_pair in trainings.values() for training in of_pair]
    measure_all(every, split, processes=arguments.processes)
    rows = {pair: [measures(t, split) for t in of_pair] for pair, of_pair in trainings.items()}
    first = next(iter(outputs))
    gains = {
        (name, corpus): difference(of_pair, trainings[first, corpus], split)
        for (name, corpus), of_pair in trainings.items()
    }
    print_tables(rows, gains)
    print_labels(rows)
    if arguments.chart:
        draw(rows, arguments.chart)
    result = {
        f"{name} on {corpus}": {"runs": runs, "gain": gains[name, corpus]._asdict()}
        for (name, corpus), runs in rows.items()
    }
    report("accuracy", {"split": split, "first": first, "results": result})


if __name__ == "__main__":
    try:
        main()
    except CodedError as error:
        raise SystemExit(str(error)) from None
