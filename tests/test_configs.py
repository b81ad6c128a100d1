"""Every config is complete, and trains."""

import pytest
import spacy
from spacy.cli.init_config import fill_config
from spacy.cli.train import train
from spacy.util import dict_to_dot, load_config, registry

from .conftest import ROOT, TRAIN
from .test_composition import COMPOSED, write_corpus

CONFIGS = sorted((ROOT / "configs").rglob("*.cfg"))
NAMES = [path.stem for path in CONFIGS]
OURS = [path for path in CONFIGS if "model" in load_config(path)["components"].get("lstm_ner", {})]
OTHERS = [path for path in CONFIGS if path.stem not in COMPOSED]


@pytest.mark.parametrize("path", CONFIGS, ids=NAMES)
def test_config_is_complete(path, tmp_path, installed):
    if path.stem == "transformer":
        pytest.importorskip(
            "spacy_transformers", reason="the extra `transformers` is not installed"
        )
    fill_config(tmp_path / "filled.cfg", path)
    filled = load_config(tmp_path / "filled.cfg")
    assert filled.to_str() == load_config(path).to_str()


@pytest.mark.parametrize("path", CONFIGS, ids=NAMES)
def test_the_optimizer_needs_nothing_from_other_sections(path):
    """spaCy makes it of its own section in `assemble`, `debug model` and `resume_training`."""
    section = load_config(path, interpolate=False)["training"]["optimizer"]
    registry.resolve({"optimizer": section})


@pytest.mark.parametrize("path", OURS, ids=[path.stem for path in OURS])
def test_labels_may_be_read_from_a_file(path):
    section = "initialize.components.lstm_ner.labels"
    overrides = {f"{section}.path": "labels.json", f"{section}.require": True}
    labels = load_config(path, overrides=overrides)["initialize"]["components"]["lstm_ner"]
    reader = {"@readers": "spacy_lstm_ner.read_labels.v1", "path": "labels.json", "require": True}
    assert labels == {"labels": reader}


@pytest.mark.parametrize("path", OTHERS, ids=[path.stem for path in OTHERS])
def test_config_trains(path, tmp_path):
    corpus = write_corpus(tmp_path / "corpus.spacy", TRAIN * 2)
    overrides = {
        "paths.train": str(corpus),
        "paths.dev": str(corpus),
        "paths.labels": str(tmp_path / "none.json"),
        "training.max_steps": 4,
        "training.max_epochs": 0,
        "training.eval_frequency": 2,
    }
    if "labels" not in load_config(path)["paths"]:
        del overrides["paths.labels"]
    train(path, tmp_path / "training", overrides=overrides)
    trained = spacy.load(tmp_path / "training" / "model-best")
    assert [doc.has_annotation("ENT_IOB") for doc in trained.pipe(["I like London."])] == [True]


LESSON = [ROOT / "configs" / "course.cfg", *sorted((ROOT / "configs" / "lesson").glob("*.cfg"))]


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        (LESSON[0], LESSON[1], {"encode.bidirectional"}),
        (LESSON[1], LESSON[2], {"embed."}),
        (LESSON[2], LESSON[3], {"dropout"}),
        (LESSON[3], LESSON[4], {"model.head", "model.scheme"}),
        (LESSON[4], LESSON[5], {"use_averages"}),
    ],
    ids=[path.stem for path in LESSON[1:]],
)
def test_a_step_of_the_lesson_changes_what_its_name_says(before, after, changed):
    one, other = (dict_to_dot(load_config(path)) for path in (before, after))
    found = {key for key in one.keys() | other.keys() if one.get(key) != other.get(key)}
    assert found
    assert all(any(part in key for part in changed) for key in found), found
