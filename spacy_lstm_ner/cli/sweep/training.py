"""One training, as `python -m spacy train` does it; what it makes is there whole or not at all."""

import json
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import spacy
from spacy.training.initialize import init_nlp
from spacy.training.loop import DIR_MODEL_BEST, DIR_MODEL_LAST
from spacy.training.loop import train as train_pipeline
from spacy.util import load_config, resolve_dot_names
from thinc.api import Config

from ..processes import Advance
from ..steps import tell_steps

SCORES = "scores.json"
# What follows the name of a folder that is not whole yet.
PART = ".part"


@dataclass(frozen=True)
class Training:
    """One config with one seed.

    config (Path): The config.
    seed (int): The seed, in place of the config's own.
    folder (Path): Where what is made goes.
    overrides (Mapping[str, Any]): What else to change of the config, by section and key.
    """

    config: Path
    seed: int
    folder: Path
    overrides: Mapping[str, Any] = field(default_factory=dict)

    @property
    def pipeline(self) -> Path:
        """The trained pipeline."""
        return self.folder / DIR_MODEL_BEST

    @property
    def scores(self) -> Path:
        """What `spacy evaluate` says of it on development text, with its minutes and steps."""
        return self.folder / SCORES

    @property
    def is_done(self) -> bool:
        """Whether everything is there."""
        return self.scores.exists()


def train(training: Training, advance: Advance) -> None:
    """Train a pipeline, score it, and write both with what was said meanwhile.

    training (Training): What to do.
    advance (Advance): Is told of each step, and of the training at its end: how many steps more are
        taken, and how many trainings more are done.
    RAISES (Exception): Whatever the config makes of its training. Nothing is left of it then.
    """
    with _made_whole(training) as part:
        start = time.perf_counter()
        steps = _train(_read_config(training), part, advance)
        minutes = (time.perf_counter() - start) / 60
        scores = {**_score(part / DIR_MODEL_BEST), "minutes": minutes, "steps": steps}
        (part / SCORES).write_text(json.dumps(scores, indent=2), encoding="utf-8")
        shutil.rmtree(part / DIR_MODEL_LAST)
    advance(0, 1)


@contextmanager
def _made_whole(training: Training) -> Iterator[Path]:
    """A new folder that becomes that of a training if all goes well, unless there is one."""
    # By a name of its own: a process that was taken for lost may still write to another.
    part = training.folder.with_name(f"{training.folder.name}.{uuid4().hex[:8]}{PART}")
    part.mkdir(parents=True)
    try:
        yield part
        if not training.is_done:
            shutil.rmtree(training.folder, ignore_errors=True)
            part.rename(training.folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _read_config(training: Training) -> Config:
    config = load_config(training.config, dict(training.overrides), interpolate=False)
    config["training"]["seed"] = training.seed
    config.setdefault("system", {})["seed"] = training.seed
    return config


def _train(config: Config, folder: Path, advance: Advance) -> int:
    """Train into a folder; RETURNS how many steps were taken."""
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1
        advance(1, 0)

    nlp = init_nlp(config)
    tell_steps(nlp, count)
    with (folder / "training.log").open("w", encoding="utf-8") as log:
        train_pipeline(nlp, folder, stdout=log, stderr=log)
    return steps


def _score(pipeline: Path) -> dict[str, Any]:
    """What a pipeline scores on the development text that its config names."""
    nlp = spacy.load(pipeline)
    config = nlp.config.interpolate()
    (dev,) = resolve_dot_names(config, [config["training"]["dev_corpus"]])
    return nlp.evaluate(dev(nlp))
