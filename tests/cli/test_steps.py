from io import StringIO

import pytest
import spacy
from spacy.tokens import Doc, DocBin
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from spacy.util import load_config

from spacy_lstm_ner.cli.steps import tell_steps
from spacy_lstm_ner.training import student

from ..conformance.small import make_small

LOGGER = {"@loggers": "spacy.ConsoleLogger.v3", "console_output": True}


@pytest.fixture
def config(tmp_path):
    doc = Doc(spacy.blank("en").vocab, words=["Ada", "slept"], ents=["B-PER", "O"])
    DocBin(docs=[doc] * 4).to_disk(tmp_path / "text.spacy")
    config = student.default_config("en").merge({"components": make_small().config["components"]})
    config["paths"] |= dict.fromkeys(("train", "dev"), str(tmp_path / "text.spacy"))
    config["training"] |= {"max_steps": 5, "eval_frequency": 5, "logger": LOGGER}
    return config


def test_each_step_is_told_beside_what_the_logger_says(config, tmp_path):
    nlp, told, said = init_nlp(config), [], StringIO()
    tell_steps(nlp, lambda: told.append(said.getvalue().count("\n")))
    train(nlp, tmp_path, stdout=said, stderr=said)
    assert len(told) == 6
    assert told[-1] > told[0] > 0
    assert "ENTS_F" in said.getvalue()
    saved = load_config(tmp_path / "model-last" / "config.cfg")
    assert saved["training"]["logger"].items() >= LOGGER.items()
