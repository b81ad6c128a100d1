"""Trainings of configs on corpora, each done once and kept."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import spacy
import torch
from spacy.training import Corpus
from spacy.util import load_config

from spacy_lstm_ner.instruments.fidelity import bytes_on_disk
from spacy_lstm_ner.training.labelling import bare

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
    def pipeline(self) -> Path:
        """The folder of the trained pipeline."""
        return self.output / f"{self.corpus}-{self.seed}"

    def result(self, split: str) -> Path:
        """The file of what the pipeline finds in a split of the corpus."""
        return self.output / f"{self.corpus}-{self.seed}-{split}.json"


def folder_of(corpora: Path, corpus: str, seed: int) -> Path:
    """The folder of a corpus; of one in folds, that of the next fold for each seed."""
    folds = sorted(path for path in (corpora / corpus).glob("[0-9]*") if path.is_dir())
    return folds[seed % len(folds)] if folds else corpora / corpus


def prepare(output: Path, name: str, config: Any) -> Path:
    """The folder of a config, with the config in it.

    RAISES (SystemExit): It has trainings by another config of this name.
    """
    folder = output / name.replace(",", "").replace(" ", "-")
    path, text = folder / "config.cfg", config.to_str(interpolate=False)
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise SystemExit(
            f"{path} is not what {name!r} is now, so its trainings cannot go on. Move {folder} "
            "away, or give the changed config another name."
        )
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return folder


def measure(training: Training, split: str) -> None:
    """Train a pipeline if it is not there yet, and write down what it finds."""
    torch.set_num_threads(1)
    if not training.pipeline.exists():
        _train(training)
    nlp = spacy.load(training.pipeline)
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
        "minutes": json.loads((training.pipeline / "minutes.json").read_text(encoding="utf-8")),
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


def _train(training: Training) -> None:
    part = training.pipeline.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    minutes = train(training.output / "config.cfg", training.folder, part, seed=training.seed)
    best = part / "model-best"
    (best / "minutes.json").write_text(json.dumps(minutes), encoding="utf-8")
    best.rename(training.pipeline)
    shutil.rmtree(part)


def train(
    config: Path, corpus: Path, output: Path, *, seed: int, options: Iterable[str] = ()
) -> float:
    """Train a pipeline as `spacy train` does, on one core.

    config (Path): The config.
    corpus (Path): The folder of the corpus.
    output (Path): The folder for model-best and model-last.
    seed (int): The seed.
    options (Iterable[str]): What else to change of the config, as `--section.key=value`.
    RETURNS (float): How many minutes it took.
    RAISES (RuntimeError): It failed, with the end of what was said of that.
    """
    paths = [f"--paths.{name}={corpus / name}.spacy" for name in ("train", "dev")]
    if "labels" in load_config(config)["paths"]:
        paths += ["--paths.labels=null"]
    return run("train", config, "--output", output, *paths, f"--system.seed={seed}", *options)


def run(*arguments: str | Path) -> float:
    """Run a command of spaCy's on one core.

    arguments (Union[str, Path]): The command and what it is given.
    RETURNS (float): How many minutes it took.
    RAISES (RuntimeError): It failed, with the end of what was said of that.
    """
    command = [sys.executable, "-m", "spacy", *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    start = time.perf_counter()
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {(done.stdout + done.stderr)[-2000:]}")
    return (time.perf_counter() - start) / 60
