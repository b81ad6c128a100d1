"""Trainings of configs on corpora, each done once and kept."""

import json
import re
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import spacy
from corpora import PARTS
from spacy.training import Corpus
from spacy.util import load_config
from tqdm import tqdm

from spacy_lstm_ner.cli.manifest import begin, fingerprint
from spacy_lstm_ner.cli.processes import Advance, run_all
from spacy_lstm_ner.cli.sweep import training as sweep
from spacy_lstm_ner.cli.sweep.kept import keep_config
from spacy_lstm_ner.cli.sweep.run import Failure, train_all
from spacy_lstm_ner.instruments.fidelity import bytes_on_disk
from spacy_lstm_ner.training.labelling import bare

# A line of spaCy's logger: epoch, step, losses, and the scores, the F1 first of them.
LINE = re.compile(r"\s*\d+\s+(\d+)(?:\s+[\d.]+)+\s+([\d.]+)\s+[\d.]+\s+[\d.]+\s+[\d.]+\s*$")
ROUNDS = 3  # of predicting, for its speed


@dataclass(frozen=True)
class Training:
    """One config on one corpus with one seed.

    name (str): Of the config.
    corpus (str): Name of the corpus.
    folder (Path): Where the corpus is, or the fold of it.
    seed (int): The seed.
    output (Path): The folder of the config, with the config in it.
    """

    name: str
    corpus: str
    folder: Path
    seed: int
    output: Path

    @property
    def job(self) -> sweep.Training:
        """The training as `lstm-ner sweep` does it."""
        kept = self.output / f"{self.corpus}-{self.seed}"
        return on_corpus(self.output / "config.cfg", self.folder, kept, self.seed)

    @property
    def manifest(self) -> Path:
        """Says which corpus it was begun with."""
        return self.output / f"{self.corpus}-{self.seed}-manifest.json"

    def result(self, split: str) -> Path:
        """The file of what the pipeline finds in a split of the corpus."""
        return self.output / f"{self.corpus}-{self.seed}-{split}.json"

    def forget(self) -> None:
        """Remove what it made."""
        shutil.rmtree(self.job.folder, ignore_errors=True)
        for split in PARTS:
            self.result(split).unlink(missing_ok=True)


class Measurement(NamedTuple):
    """What to write down of a training: what it finds in a split of its corpus."""

    training: Training
    split: str


def folder_of(corpora: Path, corpus: str, seed: int) -> Path:
    """The folder of a corpus; of one in folds, that of the next fold for each seed."""
    folds = sorted(path for path in (corpora / corpus).glob("[0-9]*") if path.is_dir())
    return folds[seed % len(folds)] if folds else corpora / corpus


def prepare(output: Path, name: str, config: Any) -> Path:
    """The folder of a config, with the config in it.

    RAISES (ValueError): It has trainings by another config of this name.
    """
    folder = output / name.replace(",", "").replace(" ", "-")
    keep_config(config, folder / "config.cfg")
    return folder


def on_corpus(
    config: Path, corpus: Path, folder: Path, seed: int, overrides: Mapping[str, Any] | None = None
) -> sweep.Training:
    """A training on the train and dev.spacy of a folder.

    config (Path): The config.
    corpus (Path): The folder of the corpus.
    folder (Path): Where what is made goes.
    seed (int): The seed.
    overrides (Optional[Mapping[str, Any]]): What else to change of the config.
    """
    paths: dict[str, Any] = {
        f"paths.{name}": str(corpus / f"{name}.spacy") for name in ("train", "dev")
    }
    if "labels" in load_config(config)["paths"]:
        paths["paths.labels"] = None
    return sweep.Training(config, seed, folder, {**paths, **(overrides or {})})


def do(trainings: Sequence[sweep.Training], *, processes: int | None = None) -> None:
    """Do trainings that are not done yet.

    RAISES (SystemExit): Some failed; the others are done.
    """
    check(train_all(trainings, workers=processes))


def check(failures: Sequence[Failure]) -> None:
    """See that no training failed."""
    if failures:
        raise SystemExit("\n".join(f"{one.training.folder}: {one.reason}" for one in failures))


def minutes_of(training: sweep.Training) -> float:
    """How long a training took that is done."""
    return json.loads(training.scores.read_text(encoding="utf-8"))["minutes"]


def measure_all(trainings: Sequence[Training], split: str, *, processes: int) -> None:
    """Do what is not done yet, and write down what each finds in a split.

    RAISES (ValueError): A corpus is no longer what one of them was begun with.
    """
    facts_of = cache(corpus_facts)
    for training in trainings:
        begin(training.manifest, facts_of(training.folder), training.forget)
    left = [training for training in trainings if not training.result(split).exists()]
    do([training.job for training in left], processes=processes)
    jobs = [Measurement(training, split) for training in left]
    with tqdm(desc="Measurements", total=len(jobs), leave=False, disable=not jobs) as bar:
        run_all(measure, jobs, workers=processes, advance=bar.update)


def corpus_facts(folder: Path) -> dict[str, str]:
    """What tells the files of a corpus from others."""
    files = (folder / f"{name}.spacy" for name in PARTS)
    return {file.name: fingerprint(file) for file in files if file.exists()}


def measure(job: Measurement, advance: Advance) -> None:
    """Write down what a pipeline finds."""
    training, split = job
    done = training.job
    nlp = spacy.load(done.pipeline)
    examples = list(Corpus(training.folder / f"{split}.spacy")(nlp))
    words = sum(len(eg.predicted) for eg in examples)
    fastest = 0.0
    for _ in range(ROUNDS):
        inputs = [bare(eg.predicted, nlp.vocab) for eg in examples]
        start = time.perf_counter()
        docs = list(nlp.pipe(inputs))
        fastest = max(fastest, words / (time.perf_counter() - start))
    for eg, doc in zip(examples, docs, strict=True):
        eg.predicted = doc
    found = {
        "minutes": minutes_of(done),
        "words per second": fastest,
        "megabytes": 1e-6 * (bytes_on_disk([nlp]) or 0),
        "entities": [
            [
                (ent.start, ent.end, ent.label_)
                for ent in eg.get_aligned_spans_x2y(eg.predicted.ents)
            ]
            for eg in examples
        ],
    }
    path = training.result(split)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(found), encoding="utf-8")
    part.replace(path)
    advance(1)
