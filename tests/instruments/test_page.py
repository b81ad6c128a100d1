import re

from spacy_lstm_ner.instruments import page


def test_a_page_needs_nothing_from_elsewhere_and_shows_text_as_it_is():
    text = page.render("a < $b", "<p>$5</p>", style=".x { color: var(--ink); }")
    assert text.startswith("<!DOCTYPE html>")
    assert "<title>a &lt; $b</title>" in text
    assert "<h1>a &lt; $b</h1>\n<p>$5</p>" in text
    assert ".x { color: var(--ink); }" in text
    assert 'name="viewport"' in text
    assert "prefers-color-scheme: dark" in text
    assert not re.findall(r'(?:src|href)="|@import|url\(', text)


def test_tables_have_headings_for_those_who_listen():
    text = page.table(["<label>", "F1", "count"], [["A&B", 0.123456, 1234]], caption="Scores")
    assert 'tabindex="0" role="region" aria-label="Scores"><table><caption>Scores</caption>' in text
    assert '<th scope="col">&lt;label&gt;</th>' in text
    assert '<th scope="row">A&amp;B</th><td>0.1235</td><td>1,234</td>' in text


def test_pictures_are_in_the_page_and_say_what_they_show():
    text = page.pictures({"Cats & dogs": b"png"})
    assert '<img alt="Cats &amp; dogs" src="data:image/png;base64,cG5n">' in text
    assert "<figcaption>Cats &amp; dogs</figcaption>" in text


def test_what_is_nearly_certain_is_told_without_idle_digits():
    told = [page.probability(value) for value in (0.00049, 0.12345, 0.99951)]
    assert told == ["probability below 0.001", "probability 0.123", "probability above 0.999"]
