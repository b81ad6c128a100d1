import csv
import re
import sys

import pytest
import spacy
from spacy.tokens import Doc, DocBin
from typer.testing import CliRunner

from spacy_lstm_ner.cli import lstm_ner_cli

from ...conformance.small import make_small
from ...conftest import ROOT, learn, make_examples

WORDS = [
    "The",
    "mayor",
    "of",
    "Halle",
    "met",
    "Ada",
    "Lovelace",
    "in",
    "May",
    "and",
    "wrote",
    "to",
    "Berlin",
    ".",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("gradients")
    nlp = make_small()
    learn(nlp, make_examples(nlp), steps=10)
    nlp.to_disk(path / "trained")
    docs = [Doc(nlp.vocab, words=WORDS * 2) for _ in range(5)]
    for doc in docs:
        doc.set_ents([doc.char_span(13, 18, label="LOC")])
    DocBin(docs=docs).to_disk(path / "docs.spacy")
    DocBin(docs=[Doc(nlp.vocab), Doc(nlp.vocab, words=WORDS)]).to_disk(path / "little.spacy")
    DocBin(docs=[Doc(nlp.vocab)]).to_disk(path / "empty.spacy")
    spacy.blank("en").to_disk(path / "blank")
    (path / "text.txt").write_text("No documents.")
    config = (ROOT / "configs" / "course.cfg").read_text()
    (path / "odd.cfg").write_text(config.replace('cell = "lstm"', 'cell = "transformer"'))
    return path


def run(*arguments):
    result = CliRunner().invoke(lstm_ner_cli, ["inspect", "gradients", *map(str, arguments)])
    return result.exit_code, " ".join(result.output.split())


def test_models_are_compared_at_the_start_and_after_training(folder, tmp_path):
    pytest.importorskip("matplotlib", reason="the extra `inspect` is not installed")
    out = tmp_path / "new"
    start = f"start={ROOT / 'configs' / 'course.cfg'}"
    models = [start, f"end={folder / 'trained'}"]
    code, output = run(*models, out, "--docs", folder / "docs.spacy", "--limit", 3)
    assert code == 0, output
    assert f"Wrote gradients.png, .svg and .csv to {out}" in output
    for said in ("start 1 left to right", "end 1 left to right", "end 1 right to left"):
        assert said in output
    assert sorted(path.name for path in out.iterdir()) == [
        "gradients.csv",
        "gradients.png",
        "gradients.svg",
    ]
    assert (out / "gradients.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (out / "gradients.svg").read_text()
    with (out / "gradients.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    first = rows[0]
    assert (first["model"], first["lag"], first["tokens"]) == ("start", "0", str(3 * 28))
    assert float(first["median"]) == 1.0
    assert {row["model"] for row in rows} == {"start", "end"}


@pytest.mark.filterwarnings("ignore:.W090")
@pytest.mark.parametrize(
    ("models", "data", "code"),
    [
        (["trained", "trained"], "docs.spacy", "LN184"),
        (["nowhere"], "docs.spacy", "LN140"),
        (["blank"], "docs.spacy", "LN181"),
        (["odd.cfg"], "docs.spacy", r"LN185.*LN030.*transformer.*lstm"),
        (["trained"], "little.spacy", "LN183.* 14 tokens.*30"),
        (["trained"], "empty.spacy", "LN141.*it has none"),
        (["trained"], "text.txt", "LN141"),
        (["trained"], "nothing.spacy", "LN141"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(folder, tmp_path, models, data, code):
    pytest.importorskip("matplotlib", reason="the extra `inspect` is not installed")
    paths = [folder / model for model in models]
    status, output = run(*paths, tmp_path / "out", "--docs", folder / data)
    assert status == 1
    assert re.search(code, output), output
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_without_matplotlib_it_says_what_to_install(folder, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    status, output = run(folder / "trained", tmp_path, "--docs", folder / "docs.spacy")
    assert status == 1
    assert "LN180" in output
    assert "spacy_lstm_ner[inspect]" in output
