import re

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
