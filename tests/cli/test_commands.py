"""spaCy's commands, and the project's own, on a small pipeline: what a user sees of them."""

import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest
import spacy
import srsly
import torch
from spacy.cli._util import app
from spacy.language import Language
from spacy.tokens import DocBin, Span
from spacy.util import load_config, registry
from thinc.util import has_cupy_gpu
from typer.testing import CliRunner

from spacy_lstm_ner.pipeline.factory import DEFAULT_LSTM_NER_MODEL

from ..conftest import ROOT, TRAIN, entities

DEFAULT = ROOT / "configs" / "default.cfg"
EXPECTED = [[("Shaka Khan", "PERSON")], [("London", "LOC"), ("Berlin", "LOC")]]
TOK2VEC = "components.lstm_ner.model.tok2vec"
SMALL = {
    f"{TOK2VEC}.embed.word_width": 16,
    f"{TOK2VEC}.embed.min_count": 1,
    f"{TOK2VEC}.embed.char_width": 0,
    f"{TOK2VEC}.encode.hidden_width": 24,
    "training.max_steps": 40,
    "training.eval_frequency": 20,
    "training.dropout": 0.0,
    "training.optimizer.learn_rate": 0.001,
}

registry.cli.get_all()  # as `python -m spacy` does, so that plugins add their commands


class Recorder:
    """Stands for a component that learns from the entities of those before it."""

    seen: ClassVar[list[list[tuple[str, str]]]] = []

    def __call__(self, doc):
        return doc

    def update(self, examples, **settings):
        self.seen += [entities(eg.predicted) for eg in examples]


@Language.factory("tests_recorder")
def make_recorder(nlp, name):
    return Recorder()


def run(*arguments, code=0):
    """What a command prints, in one line. Options may be given as a dict."""
    words = []
    for argument in arguments:
        if isinstance(argument, dict):
            words += [text for k, v in argument.items() for text in (f"--{k}", json.dumps(v))]
        else:
            words.append(str(argument))
    result = CliRunner().invoke(app, words)
    assert result.exit_code == code, (result.output, result.exception)
    return " ".join(re.sub(r"\x1b\[[0-9;]*m", "", result.output).split())


def write_corpus(path, copies=1):
    nlp = spacy.blank("en")
    docs = []
    for text, ents in TRAIN * copies:
        doc = nlp.make_doc(text)
        doc.set_ents([doc.char_span(start, end, label=label) for start, end, label in ents])
        docs.append(doc)
    DocBin(docs=docs).to_disk(path)
    return path


def found(path):
    nlp = spacy.load(path)
    return [entities(doc) for doc in nlp.pipe(text for text, _ in TRAIN)]


def read(path):
    return [entities(doc) for doc in DocBin().from_disk(path).get_docs(spacy.blank("en").vocab)]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write_corpus(tmp_path_factory.mktemp("corpus") / "train.spacy")


@pytest.fixture(scope="module")
def paths(corpus):
    return {"paths.train": str(corpus), "paths.dev": str(corpus)}


@pytest.fixture(scope="module")
def training(tmp_path_factory, paths):
    """Labels, then a training run with them, in a shipped config with a smaller model."""
    folder = tmp_path_factory.mktemp("training")
    config, labels = folder / "config.cfg", folder / "labels" / "lstm_ner.json"
    load_config(DEFAULT, overrides=SMALL).to_disk(config)
    run("init", "labels", DEFAULT, labels.parent, paths)
    found_labels = srsly.read_json(labels)
    srsly.write_json(labels, [*found_labels, "DRINK"])
    section = "initialize.components.lstm_ner.labels"
    overrides = {
        **paths,
        f"{section}.path": str(labels),
        f"{section}.require": True,
        "training.accumulate_gradient": 2,
    }
    output = run("train", config, "--output", folder / "out", "--gpu-id", "-1", overrides)
    return SimpleNamespace(
        config=config, labels=found_labels, output=output, best=folder / "out" / "model-best"
    )


def test_init_config_writes_the_default_model(tmp_path):
    path = tmp_path / "config.cfg"
    output = run("init", "config", path, "--lang", "en", "--pipeline", "lstm_ner")
    assert f"train {path.name}" in output
    config = load_config(path)
    assert config["nlp"]["pipeline"] == ["lstm_ner"]
    assert config["components"]["lstm_ner"]["model"] == {**DEFAULT_LSTM_NER_MODEL, "nO": None}
    assert config["training"]["score_weights"]["ents_f"] == 1.0


def test_init_config_writes_the_default_config_but_for_the_file_of_labels(tmp_path):
    path = tmp_path / "config.cfg"
    run("init", "config", path, "--lang", "en", "--pipeline", "lstm_ner")
    written, default = load_config(path), load_config(DEFAULT)
    del default["paths"]["labels"], default["initialize"]["components"]["lstm_ner"]
    assert written == default


def test_init_fill_config_adds_the_settings_that_were_left_out(tmp_path):
    base, filled = tmp_path / "base.cfg", tmp_path / "filled.cfg"
    base.write_text(
        '[nlp]\nlang = "en"\npipeline = ["lstm_ner"]\n'
        '[components]\n[components.lstm_ner]\nfactory = "lstm_ner"\n'
        '[components.lstm_ner.model]\nhead = "softmax"\n'
    )
    output = run("init", "fill-config", base, filled, "--diff")
    assert 'scheme = "biluo"' in output
    model = load_config(filled)["components"]["lstm_ner"]["model"]
    assert model == {**DEFAULT_LSTM_NER_MODEL, "head": "softmax", "nO": None}


def test_debug_config_says_what_is_wrong(paths):
    assert "Config is valid" in run("debug", "config", DEFAULT, paths)
    output = run("debug", "config", DEFAULT, paths, {f"{TOK2VEC}.encode.depth": "deep"}, code=1)
    assert "depth" in output
    assert "'deep' is not <class 'int'>" in output


def test_debug_model_prints_layers_with_their_dimensions(paths):
    command = ["debug", "model", DEFAULT, "lstm_ner", "-P1", "-DIM", SMALL]
    output = run(*command, paths)
    assert "Initialized the model with the training corpus" in output
    layers = dict(
        re.findall(r"Layer \d+: model ID \d+: '([^']+)' ((?:ℹ - dim \w+: \d+ )*)", output)
    )
    assert "dim nI: 48 ℹ - dim nO: 48" in layers["lstm_encoder"]
    assert "dim nI: 48 ℹ - dim nO: 9" in layers["tag_scorer"]
    assert "model looks good" in output
    without_data = run(*command)
    assert "dim nI: 48 ℹ - dim nO: 1 " in without_data
    assert "Initialized the model with dummy data" in without_data
    assert "model looks good" in without_data


def test_init_labels_are_what_training_goes_by(training):
    assert training.labels == ["LOC", "PERSON"]
    nlp = spacy.load(training.best)
    assert nlp.get_pipe("lstm_ner").label_data == ["LOC", "PERSON", "DRINK"]


def test_train_reports_and_saves_what_it_learned(training):
    assert "LOSS LSTM_NER ENTS_F ENTS_P ENTS_R SCORE" in training.output
    assert "40 40" in training.output
    assert "100.00 100.00 100.00 1.00" in training.output
    # Every step adds up two parts, with one of the two texts in each.
    assert found(training.best) == EXPECTED
    assert found(training.best.parent / "model-last") == EXPECTED
    meta = srsly.read_json(training.best / "meta.json")
    assert meta["performance"]["ents_f"] == 1.0
    assert meta["performance"]["ents_per_type"]["LOC"] == {"p": 1.0, "r": 1.0, "f": 1.0}
    assert meta["performance"]["lstm_ner_loss"] > 0
    assert meta["labels"] == {"lstm_ner": ["DRINK", "LOC", "PERSON"]}


@pytest.mark.gpu
@pytest.mark.skipif(
    not (has_cupy_gpu and torch.cuda.is_available()), reason="needs a CUDA device and CuPy"
)
def test_train_on_a_gpu(training, paths, tmp_path):
    try:
        output = run("train", training.config, "--output", tmp_path, "--gpu-id", "0", paths)
    finally:
        spacy.require_cpu()
    assert "Using GPU: 0" in output
    assert "100.00 100.00 100.00 1.00" in output
    assert found(tmp_path / "model-best") == EXPECTED


def test_train_leaves_frozen_components_and_lets_them_annotate(training, paths, tmp_path):
    config = load_config(training.config)
    config["nlp"]["pipeline"] = ["lstm_ner", "recorder"]
    config["components"] = {
        "lstm_ner": {"source": str(training.best)},
        "recorder": {"factory": "tests_recorder"},
    }
    config["training"] |= {
        "max_steps": 2,
        "frozen_components": ["lstm_ner"],
        "annotating_components": ["lstm_ner"],
    }
    config.to_disk(tmp_path / "config.cfg")
    Recorder.seen.clear()
    run("train", tmp_path / "config.cfg", "--output", tmp_path, paths)
    assert sorted(Recorder.seen[:2]) == sorted(EXPECTED)
    model = Path("lstm_ner", "model")
    trained = tmp_path / "model-last" / model
    assert trained.read_bytes() == (training.best / model).read_bytes()


def test_evaluate_prints_and_writes_scores(training, corpus, tmp_path):
    output = run("evaluate", training.best, corpus, "--output", tmp_path / "scores.json")
    assert "NER P 100.00 NER R 100.00 NER F 100.00 SPEED" in output
    assert "P R F PERSON 100.00 100.00 100.00 LOC 100.00 100.00 100.00" in output
    scores = srsly.read_json(tmp_path / "scores.json")
    assert scores["ents_f"] == 1.0
    assert scores["ents_per_type"]["PERSON"] == {"p": 1.0, "r": 1.0, "f": 1.0}
    table = run("lstm-ner", "scores", f"ours={tmp_path / 'scores.json'}", "-p", "training")
    assert "F1 (%) all precision recall LOC PERSON words/s" in table
    assert "ours 100.00 100.00 100.00 100.00 100.00" in table


def test_scores_that_are_not_there_are_asked_for(tmp_path):
    output = run("lstm-ner", "scores", f"ours={tmp_path / 'none.json'}", code=1)
    assert "LN130" in output
    assert "none.json" in output


def test_evaluate_per_component(training, corpus, tmp_path):
    path = tmp_path / "scores.json"
    run("evaluate", training.best, corpus, "--output", path, "--per-component")
    scores = srsly.read_json(path)
    assert set(scores) == {"tokenizer", "lstm_ner", "speed"}
    assert scores["lstm_ner"]["ents_f"] == 1.0


def test_benchmark_speed_and_accuracy(training, corpus):
    options = ["--batches", 30, "--warmup", 1, "--batch-size", 2]
    output = run("benchmark", "speed", training.best, corpus, *options)
    mean = re.search(r"Mean: ([\d.]+) words/s", output)
    assert mean
    assert float(mean[1]) > 0
    assert "NER F 100.00" in run("benchmark", "accuracy", training.best, corpus)


def test_find_threshold_finds_where_scores_are_best(training, corpus):
    arguments = [training.best, corpus, "lstm_ner", "threshold", "ents_f", "--n_trials", 3]
    output = run("find-threshold", *arguments)
    best = re.search(r"Best threshold: ([\d.]+)", output)
    assert best
    assert float(best[1]) < 1.0


def test_apply_writes_the_entities_of_a_text(training, tmp_path):
    (tmp_path / "text.txt").write_text(TRAIN[1][0])
    run("apply", training.best, tmp_path / "text.txt", tmp_path / "found.spacy")
    assert read(tmp_path / "found.spacy") == EXPECTED[1:]


def test_apply_in_two_processes(training, tmp_path):
    srsly.write_jsonl(tmp_path / "texts.jsonl", [{"text": text} for text, _ in TRAIN] * 5)
    files = [training.best, tmp_path / "texts.jsonl", tmp_path / "found.spacy"]
    command = [sys.executable, "-m", "spacy", "apply", *map(str, files), "-n", "2", "-b", "2"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert read(tmp_path / "found.spacy") == EXPECTED * 5


def test_assemble_what_was_never_trained(tmp_path):
    run("init", "config", tmp_path / "x.cfg", "--pipeline", "lstm_ner")
    output = run("assemble", tmp_path / "x.cfg", tmp_path / "pipeline")
    assert (tmp_path / "pipeline" / "meta.json").exists(), output
    nlp = spacy.load(tmp_path / "pipeline")
    assert nlp.get_pipe("lstm_ner").labels == ()


def test_assemble_from_a_trained_component(training, tmp_path):
    config = spacy.blank("en").config
    config["nlp"]["pipeline"] = ["names", "sentencizer"]
    config["components"] = {
        "names": {"source": str(training.best), "component": "lstm_ner"},
        "sentencizer": {"factory": "sentencizer"},
    }
    config.to_disk(tmp_path / "config.cfg")
    run("assemble", tmp_path / "config.cfg", tmp_path / "pipeline")
    assert spacy.load(tmp_path / "pipeline").pipe_names == ["names", "sentencizer"]
    assert found(tmp_path / "pipeline") == EXPECTED


def test_package_asks_for_this_one_and_lists_the_labels(training, tmp_path):
    options = ["--name", "small", "--version", "1.2.3", "--build", "none"]
    run("package", training.best, tmp_path, *options)
    package = tmp_path / "en_small-1.2.3"
    requirements = srsly.read_json(package / "meta.json")["requirements"]
    assert [name for name in requirements if name.startswith("spacy_lstm_ner>=")]
    assert "| **`lstm_ner`** | `DRINK`, `LOC`, `PERSON` |" in (package / "README.md").read_text()
    assert found(package / "en_small" / "en_small-1.2.3") == EXPECTED


def test_debug_data_checks_the_entities(tmp_path):
    data = {
        "paths.train": str(write_corpus(tmp_path / "train.spacy", copies=60)),
        "paths.dev": str(write_corpus(tmp_path / "dev.spacy")),
    }
    output = run("lstm-ner", "debug-data", DEFAULT, data)
    assert "120 training docs" in output
    assert "Named Entity Recognition" in output
    assert "2 label(s)" in output
    assert "Good amount of examples for all labels" in output
    assert "No entities crossing sentence boundaries" in output


def test_debug_data_says_what_each_corpus_is_annotated_for(tmp_path):
    path = str(write_corpus(tmp_path / "train.spacy", copies=60))
    config = load_config(DEFAULT)
    config["components"]["lstm_ner"]["incorrect_spans_key"] = "rejected"
    places = {"@readers": "spacy_lstm_ner.PartlyAnnotated.v1", "path": path, "labels": ["LOC"]}
    found_ones = {**places, "labels": None, "silence": "unknown"}
    config["corpora"]["train"] = {
        "@readers": "spacy_lstm_ner.Joined.v1",
        "corpora": {"places": places, "found": found_ones},
    }
    config.to_disk(tmp_path / "config.cfg")
    output = run("lstm-ner", "debug-data", tmp_path / "config.cfg", {"paths.dev": path})
    assert "240 training docs" in output
    assert "corpora.train.corpora.places 120 LOC 660 18 % 120 0" in output
    assert (
        "corpora.train.corpora.found 120 all labels, 95 % of the entities 660 64 % 180 0" in output
    )
    assert "corpora.dev 120 all labels 660 0 % 180 0" in output


def test_debug_data_checks_the_entities_of_a_sourced_component(training, tmp_path):
    config = load_config(DEFAULT)
    config["components"] = {"names": {"source": str(training.best), "component": "lstm_ner"}}
    config["nlp"]["pipeline"] = ["names"]
    config.to_disk(tmp_path / "config.cfg")
    corpus = str(write_corpus(tmp_path / "train.spacy", copies=60))
    data = {"paths.train": corpus, "paths.dev": corpus}
    output = run("lstm-ner", "debug-data", tmp_path / "config.cfg", data)
    assert "Good amount of examples for all labels" in output


def test_debug_data_knows_labels_and_settings_of_components(training, tmp_path):
    doc = spacy.blank("en")("Ann saw it")
    doc.ents = [Span(doc, 0, 1, "PERSON")]
    doc.spans["rejected"] = [Span(doc, 2, 3, "DRINK"), Span(doc, 2, 3, "SHIP")]
    DocBin(docs=[doc] * 120).to_disk(tmp_path / "train.spacy")
    data = {f"paths.{use}": str(tmp_path / "train.spacy") for use in ("train", "dev")}
    config = load_config(DEFAULT)
    config["components"]["lstm_ner"]["incorrect_spans_key"] = "rejected"
    config.to_disk(tmp_path / "new.cfg")
    srsly.write_json(tmp_path / "labels.json", ["DRINK"])
    data["initialize.components.lstm_ner.labels.path"] = str(tmp_path / "labels.json")
    output = run("lstm-ner", "debug-data", tmp_path / "new.cfg", data)
    assert "given to 'lstm_ner' as incorrect" in output
    assert "teach nothing: 'SHIP'." in output

    key = {"components.lstm_ner.incorrect_spans_key": "rejcted"}
    spacy.load(training.best, config=key).to_disk(tmp_path / "pipeline")
    config["components"] = {
        "names": {"source": str(tmp_path / "pipeline"), "component": "lstm_ner"}
    }
    config["nlp"]["pipeline"] = ["names"]
    config["initialize"]["components"] = {}
    config.to_disk(tmp_path / "further.cfg")
    del data["initialize.components.lstm_ner.labels.path"]
    output = run("lstm-ner", "debug-data", tmp_path / "further.cfg", data)
    assert "No training document of 'names' has spans" in output
    assert "'rejcted'" in output


def test_render_marks_the_entities(training, corpus, tmp_path):
    page = tmp_path / "pages" / "entities.html"
    assert "Wrote" in run("lstm-ner", "render", training.best, corpus, page)
    marks = re.findall(r"<mark[^>]*>\s*(.*?)\s*<span[^>]*>(\w+)</span>", page.read_text())
    assert marks == [pair for pairs in EXPECTED for pair in pairs]
