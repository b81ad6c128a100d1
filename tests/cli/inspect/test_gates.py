import re
import sys

import pytest
import spacy
from spacy.tokens import Doc, DocBin
from typer.testing import CliRunner

from spacy_lstm_ner.cli import lstm_ner_cli

from ...conformance.small import make_small
from ...conftest import learn, make_examples

TEXT = "Who is Shaka Khan? I like <b>London</b> & Berlin."


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("gates")
    nlp = make_small()
    learn(nlp, make_examples(nlp), steps=10)
    ruler = nlp.add_pipe("entity_ruler", before="lstm_ner")
    ruler.add_patterns([{"label": "PERSON", "pattern": "Shaka Khan"}])
    nlp.to_disk(path / "trained")
    spacy.blank("en").to_disk(path / "blank")
    docs = [eg.reference for eg in make_examples(nlp)] + [Doc(nlp.vocab)]
    DocBin(docs=docs).to_disk(path / "docs.spacy")
    (path / "text.txt").write_text(TEXT)
    (path / "bytes.txt").write_bytes(b"\xff\xff")
    return path


def run(*arguments):
    result = CliRunner().invoke(lstm_ner_cli, ["inspect", "gates", *map(str, arguments)])
    return result.exit_code, " ".join(result.output.split())


def test_a_page_shows_gates_under_tokens_and_entities(folder, tmp_path):
    pytest.importorskip("matplotlib", reason="the extra `inspect` is not installed")
    out = tmp_path / "new" / "gates.html"
    code, output = run(folder / "trained", folder / "text.txt", out, "--units", 3)
    assert code == 0, output
    assert f"Wrote {out}" in output
    page = out.read_text()
    assert page.count("<h2>Layer 1, ") == 2
    assert page.count("data:image/png;base64,") == 2 * 6
    tokens = [token.text for token in spacy.blank("en")(TEXT)]
    shown = re.findall(r'<span class="token">(.*?)</span>', page)
    assert shown[: len(tokens)] == [
        t.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for t in tokens
    ]
    assert page.count('style="grid-column: span 2">PERSON</span>') == 2
    for gate in ("input gate", "forget gate", "output gate", "candidate", "cell", "state"):
        assert page.count(f"<b>{gate}</b>") == 2
    assert "units whose memory moves most" in page
    assert "Where else" not in page
    assert not re.findall(r'(?:src|href)="(?!data:)', page)


def test_units_that_tell_a_label_and_where_else_they_are_on(folder, tmp_path):
    pytest.importorskip("matplotlib", reason="the extra `inspect` is not installed")
    out = tmp_path / "gates.html"
    options = ["--corpus", folder / "docs.spacy", "--label", "LOC", "--units", 2]
    code, output = run(folder / "trained", TEXT, out, *options)
    assert code == 0, output
    page = out.read_text()
    assert "units that tell LOC from all else best" in page
    assert page.count("<h3>Where else these units are on</h3>") == 2
    assert page.count("<details>") == 2 * 2
    # Two documents with tokens, so two places for each unit.
    assert page.count("<li>") == 2 * 2 * 2


def test_long_texts_are_shown_in_pieces_and_cut_in_the_end(folder, tmp_path):
    pytest.importorskip("matplotlib", reason="the extra `inspect` is not installed")
    out = tmp_path / "gates.html"
    code, output = run(folder / "trained", "word " * 400, out)
    assert code == 0, output
    page = out.read_text()
    assert "The first 320 of 400 tokens are shown." in page
    assert page.count('class="grid"') == 2 * 10


@pytest.mark.parametrize(
    ("model", "text", "options", "code"),
    [
        ("nowhere", TEXT, [], "LN140"),
        ("blank", TEXT, [], "LN181"),
        ("trained", "", [], "LN188"),
        ("trained", "nothing.txt", [], "LN187"),
        ("trained", "bytes.txt", [], "LN187"),
        ("trained", TEXT, ["--label", "PLANET"], "LN189.*PLANET.*LOC"),
        ("trained", TEXT, ["--corpus", "nothing.spacy"], "LN141"),
        ("trained", TEXT, ["--name", "tagger"], "LN182"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(folder, tmp_path, model, text, options, code):
    text = folder / text if text == "bytes.txt" else text
    status, output = run(folder / model, text, tmp_path / "page.html", *options)
    assert status == 1
    assert re.search(code, output), output
    assert not list(tmp_path.iterdir())


def test_without_matplotlib_it_says_what_to_install(folder, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    status, output = run(folder / "trained", TEXT, tmp_path / "page.html")
    assert status == 1
    assert "LN180" in output
