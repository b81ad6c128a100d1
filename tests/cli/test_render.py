import re

import spacy
from spacy import displacy
from spacy.tokens import DocBin
from typer.testing import CliRunner

from spacy_lstm_ner.cli import lstm_ner_cli
from spacy_lstm_ner.cli.render import render

from ..conftest import TRAIN


def test_a_page_shows_the_texts_with_their_entities(trained, tmp_path):
    page = tmp_path / "pages" / "entities.html"
    render(trained, (text for text, _ in TRAIN), str(page))
    html = page.read_text(encoding="utf-8")
    marks = re.findall(r"<mark[^>]*>\s*(.*?)\s*<span[^>]*>(\w+)</span>", html)
    assert marks == [("Shaka Khan", "PERSON"), ("London", "LOC"), ("Berlin", "LOC")]
    assert "Who is" in html
    assert html.startswith("<!DOCTYPE html>")


def test_half_of_a_surrogate_pair_is_written_as_its_escape(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(displacy, "render", lambda *args, **kwargs: "<p>\ud800</p>")
    render(trained, ["Who is Shaka Khan?"], tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == "<p>\\ud800</p>"


def test_a_component_that_was_never_trained_is_told(tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner")
    nlp.to_disk(tmp_path / "model")
    DocBin(docs=[nlp.make_doc("Ada")]).to_disk(tmp_path / "a.spacy")
    arguments = [str(tmp_path / name) for name in ("model", "a.spacy", "page.html")]
    result = CliRunner().invoke(lstm_ner_cli, ["render", *arguments])
    assert result.exit_code == 1
    assert "E109" in result.output
