"""Configs of students: how a pipeline is trained on what teachers labelled, then on gold text."""

from collections.abc import Sequence
from itertools import accumulate, islice, repeat, takewhile
from math import ceil
from pathlib import Path
from typing import Any

import spacy
from spacy import util
from spacy.language import Language
from spacy.util import registry
from thinc.api import Config

from ..errors import CodedError, Errors

FACTORY = "lstm_ner"
READER = "spacy.Corpus.v1"
# Tokens of a step, where the batcher does not say; and the batchers that do.
BATCH = 700
BY_WORDS = ("spacy.batch_by_words.v1", "spacy.batch_by_padded.v1")
# How often labelled text is gone through, within bounds of the number of steps.
PASSES, FEWEST, MOST = 10, 500, 8000
# How often gold text is gone through at the end, and by how much of the rate before.
GOLD_PASSES, GOLD_RATE = 3, 0.1
# How often it is at most repeated beside what is labelled, and what share it is to have.
MOST_REPEATS, GOLD_SHARE = 10, 1 / 3
# Times that training is interrupted to score, at least.
EVALUATIONS = 4


def default_config(lang: str) -> Config:
    """The config of a student of which nothing else is said: the component's default settings.

    lang (str): Code of its language.
    """
    nlp = spacy.blank(lang)
    nlp.add_pipe(FACTORY)
    return nlp.config


def read_config(path: Path) -> Config:
    """Read the config of a student.

    path (Path): A config such as `spacy init config` writes; what it leaves out is filled in.
        Components of other pipelines stay such.
    RAISES (ValueError): It is no such config, or does not have one `lstm_ner`.
    """
    try:
        config = util.load_config(path, interpolate=False)
        nlp = util.load_model_from_config(config, auto_fill=True)
    except Exception as error:  # a config can be of anything
        raise CodedError(Errors.E218.format(path=path, error=error)) from error
    number = len(find_students(nlp.config))
    if number != 1:
        raise CodedError(Errors.E217.format(path=path, number=number))
    filled = nlp.config  # where a source has become the settings of what was there
    filled["components"].update(util.get_sourced_components(config))
    return filled


def find_students(config: Config) -> list[str]:
    """The names of the components of a config that are made by it and are an `lstm_ner`."""
    parts = {name: config["components"][name] for name in config["nlp"]["pipeline"]}
    return [name for name, part in parts.items() if part.get("factory") == FACTORY]


def repeats(labelled: int, gold: int) -> int:
    """How often to take gold text, so that it is about a third of the tokens if it can be.

    labelled, gold (int): Tokens of what teachers labelled, and of gold text.
    """
    wanted = labelled * GOLD_SHARE / (1 - GOLD_SHARE) / max(1, gold)
    return min(MOST_REPEATS, max(1, round(wanted)))


def steps_for(config: Config, tokens: int) -> int:
    """How many steps to take over so many tokens, labelled and gold."""
    return min(MOST, max(FEWEST, _steps_to_read(config, PASSES * tokens)))


def _steps_to_read(config: Config, tokens: int) -> int:
    """How many batches have so many tokens together, MOST at most."""
    batcher = config.interpolate()["training"]["batcher"] or {}
    known = batcher.get("@batchers") in BY_WORDS
    sizes: dict[str, Any] = {"size": batcher["size"] if known else BATCH}
    size = registry.resolve(sizes)["size"]
    read = accumulate(repeat(size) if isinstance(size, int | float) else size)
    return 1 + sum(1 for _ in takewhile(lambda sum_: sum_ < tokens, islice(read, MOST - 1)))


def set_up(config: Config, *, train: Path, dev: Path, labels: Sequence[str], steps: int) -> Config:
    """The config for training on labelled text, with gold text among it.

    config (Config): The student's own.
    train, dev (Path): What to train on, and what to score on meanwhile.
    labels (Sequence[str]): The labels that the student is to have. One of another pipeline has its
        own already, and takes in those that it meets.
    steps (int): Steps to take, rounded up so that the last of them is scored.
    RETURNS (Config): The config.
    """
    config = config.interpolate()
    for name in find_students(config):
        config["initialize"]["components"][name] = {"labels": list(labels)}
    steps = _set_training(config, train=train, dev=dev, steps=steps)
    schedule = config["training"]["optimizer"]["learn_rate"]
    if isinstance(schedule, dict) and "total_steps" in schedule:
        schedule["total_steps"] = steps
    if isinstance(schedule, dict) and "warmup_steps" in schedule:
        schedule["warmup_steps"] = min(schedule["warmup_steps"], ceil(steps / 5))
    return config


def set_up_gold(nlp: Language, *, train: Path, dev: Path, tokens: int) -> None:
    """Prepare a trained student for some last steps on gold text alone, at a tenth of the rate.

    nlp (Language): The student.
    train, dev (Path): The gold text, and what to score on meanwhile.
    tokens (int): Tokens of the gold text.
    """
    config = nlp.config.interpolate()
    rate = GOLD_RATE * _highest_rate(config)
    _set_training(config, train=train, dev=dev, steps=_steps_to_read(config, GOLD_PASSES * tokens))
    config["training"]["optimizer"]["learn_rate"] = rate
    nlp.config = config


def _set_training(config: Config, *, train: Path, dev: Path, steps: int) -> int:
    """Set text and steps; RETURNS the steps, of which the last is one that is scored."""
    training, corpora = config["training"], config["corpora"]
    training["train_corpus"], training["dev_corpus"] = "corpora.train", "corpora.dev"
    for name, path in (("train", train), ("dev", dev)):
        block = corpora.get(name, {})
        # Another reader, such as one of several corpora, is of the text that the config is for.
        own = block if block.get("@readers") == READER else {"@readers": READER}
        corpora[name] = {**own, "path": str(path)}
    every = min(training["eval_frequency"], ceil(steps / EVALUATIONS))
    steps = every * ceil(steps / every)
    training.update(eval_frequency=every, max_steps=steps, max_epochs=0, patience=0)
    return steps


def _highest_rate(config: Config) -> float:
    training = config["training"]
    rate = registry.resolve({"rate": training["optimizer"]["learn_rate"]})["rate"]
    if isinstance(rate, int | float):
        return float(rate)
    return max(islice(rate, max(1, training["max_steps"])))
