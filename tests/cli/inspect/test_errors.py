import re
import sys

import pytest
import spacy
from spacy.tokens import DocBin
from typer.testing import CliRunner

from spacy_lstm_ner.cli import lstm_ner_cli

from ...conformance.small import make_small
from ...conftest import learn
from ...pipeline.test_calibrate import make_examples


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Pipelines and texts."""
    path = tmp_path_factory.mktemp("files")
    nlp = make_small()
    learn(nlp, make_examples(nlp, 40, seed=0), steps=15)
    nlp.to_disk(path / "model")
    for seed, name in enumerate(["train", "dev"]):
        write_texts(path / f"{name}.spacy", [eg.reference for eg in make_examples(nlp, 40, seed)])
    write_texts(path / "bare.spacy", [nlp.make_doc("We saw Rome.")])
    write_texts(path / "empty.spacy", [])
    (path / "damaged.spacy").write_bytes(b"no documents")
    other = make_small()
    learn(other, make_examples(other, 40, seed=3), steps=5)
    other.to_disk(path / "other")
    other.get_pipe("lstm_ner").add_label("TIM")
    other.to_disk(path / "labels")
    bare = spacy.blank("en")
    bare.add_pipe("sentencizer")
    bare.to_disk(path / "bare")
    untrained = spacy.blank("en")
    untrained.add_pipe("lstm_ner")
    untrained.to_disk(path / "untrained")
    return path


def write_texts(path, docs):
    DocBin(docs=docs).to_disk(path)


def run(*arguments, code=0):
    """What the command says."""
    result = CliRunner().invoke(lstm_ner_cli, ["inspect", "errors", *map(str, arguments)])
    assert result.exit_code == code, (result.output, result.exception)
    return " ".join(result.output.split())


def test_the_page_has_the_f1_of_spacy_evaluate(folder, tmp_path):
    out = tmp_path / "new" / "page.html"
    output = run(folder / "model", folder / "dev.spacy", out, "--train", folder / "train.spacy")
    assert re.search(r"Wrote \S*", output)
    page = out.read_text(encoding="utf-8")
    nlp = spacy.load(folder / "model")
    scores = nlp.evaluate(make_examples(nlp, 40, seed=1))
    assert f"F1 is <strong>{100 * scores['ents_f']:.2f}</strong>" in page
    assert "in training “" in page
    assert page.count("data:image/png;base64,") == 2


def test_two_pipelines_are_compared(folder, tmp_path):
    out = tmp_path / "page.html"
    run(folder / "model", folder / "dev.spacy", out, "--against", folder / "other")
    page = out.read_text(encoding="utf-8")
    assert f"the second <strong>{folder / 'other'}</strong>" in page
    assert "second pipeline: " in page


def test_without_matplotlib_there_are_no_pictures(folder, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    out = tmp_path / "page.html"
    assert "LW190" in run(folder / "model", folder / "dev.spacy", out)
    assert "data:image" not in out.read_text(encoding="utf-8")


@pytest.mark.filterwarnings("ignore:.W090")
@pytest.mark.parametrize(
    ("model", "data", "options", "message"),
    [
        ("bare", "dev.spacy", [], "LN164.*sentencizer"),
        ("model", "dev.spacy", ["--name", "x"], "LN164"),
        ("dev.spacy", "dev.spacy", [], "LN140"),
        ("untrained", "dev.spacy", [], "E109"),
        ("model", "damaged.spacy", [], "LN141.*damaged.spacy"),
        ("model", "missing.spacy", [], "LN141.*missing.spacy"),
        ("model", "empty.spacy", [], "LN141.*it has none"),
        ("model", "bare.spacy", [], "LN190"),
        ("model", "dev.spacy", ["--train", "damaged.spacy"], "LN141.*damaged.spacy"),
        ("model", "dev.spacy", ["--against", "labels"], "LN191.*has GEO, PER, .*GEO, PER, TIM"),
        ("model", "dev.spacy", ["--against", "bare"], "LN164.*bare"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    folder, tmp_path, monkeypatch, model, data, options, message
):
    monkeypatch.chdir(folder)
    output = run(model, data, tmp_path / "page.html", *options, code=1)
    assert re.search(message, output), output
    assert not list(tmp_path.iterdir())


def test_a_page_takes_the_place_of_a_page_and_not_of_its_data(folder, tmp_path):
    (tmp_path / "page.html").write_text("old", encoding="utf-8")
    run(folder / "model", folder / "bare.spacy", tmp_path / "page.html", code=1)
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == "old"
    texts = (folder / "dev.spacy").read_bytes()
    for data in (folder / "dev.spacy", folder):
        assert "LN192" in run(folder / "model", data, folder / "dev.spacy", code=1)
    assert "LN142" in run(folder / "model", folder / "dev.spacy", tmp_path, code=1)
    assert (folder / "dev.spacy").read_bytes() == texts
