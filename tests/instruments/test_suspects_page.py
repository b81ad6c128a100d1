import re

from spacy_lstm_ner.instruments import suspects_page
from spacy_lstm_ner.instruments.suspects import find_suspects
from spacy_lstm_ner.instruments.suspects_page import render_page

from .mentions import make_reading

TEXT = "Ada saw <Bo> in Rome"


def render(*readings, told="5 folds"):
    suspects = [suspect for reading in readings for suspect in find_suspects(reading)]
    return render_page(suspects, corpus="a&b.spacy", documents=1234, told=told)


def test_a_place_is_shown_with_what_is_annotated_and_what_is_believed():
    text = render(
        make_reading(
            TEXT, [(2, 3, "A&B", 0.25)], [(2, 3, "PER", 0.7), (4, 5, "GEO", 0.9999)], number=6
        )
    )
    assert "<h1>Probably annotated wrongly: a&amp;b.spacy</h1>" in text
    assert "has 1,234 documents. In 1 of them, at 2 places" in text
    assert "5 folds" in text
    assert "<p>Ada saw <mark>&lt;Bo&gt;</mark> in Rome </p>" in text
    assert "<li>annotated: <b>A&amp;B</b>, probability 0.250</li>" in text
    assert "<li>believed: <b>PER</b> “&lt;Bo&gt;”, probability 0.700</li>" in text
    assert "<li>annotated: nothing, probability below 0.001</li>" in text
    assert "<li>believed: <b>GEO</b> “Rome”, probability above 0.999</li>" in text
    assert "<small>document 6, token 3</small>" in text
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)""", text)


def test_where_nothing_is_believed_it_is_said():
    text = render(make_reading(TEXT, [(0, 1, "PER", 0.25)]))
    assert "<li>believed: nothing</li>" in text


def test_what_is_not_on_the_page_is_counted(monkeypatch):
    monkeypatch.setattr(suspects_page, "MOST", 2)
    text = render(*[make_reading(TEXT, [(0, 1, "PER", 0.25)])] * 5)
    assert text.count("<mark>") == 2
    assert "3 more, less probable, are not on this page" in text
    assert "more, less" not in render(*[make_reading(TEXT, [(0, 1, "PER", 0.25)])] * 2)
