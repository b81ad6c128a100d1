"""Every config is complete, and trains."""

import pytest
import spacy
from spacy.cli.init_config import fill_config
from spacy.cli.train import train
from spacy.tokens import DocBin
from spacy.util import load_config

from .conftest import ROOT, TRAIN

CONFIGS = sorted((ROOT / "configs").glob("*.cfg"))
NAMES = [path.stem for path in CONFIGS]


@pytest.mark.parametrize("path", CONFIGS, ids=NAMES)
def test_config_is_complete(path, tmp_path):
    fill_config(tmp_path / "filled.cfg", path)
    filled = load_config(tmp_path / "filled.cfg")
    assert filled.to_str() == load_config(path).to_str()


@pytest.mark.parametrize("path", CONFIGS, ids=NAMES)
def test_config_trains(path, tmp_path):
    nlp = spacy.blank("en")
    docs = []
    for text, ents in TRAIN * 2:
        doc = nlp.make_doc(text)
        doc.set_ents([doc.char_span(s, e, label=label) for s, e, label in ents])
        docs.append(doc)
    corpus = tmp_path / "corpus.spacy"
    DocBin(docs=docs).to_disk(corpus)
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
