"""Headlines become events of the companies in them, by their tickers."""

import io
import json
import sys

import pytest
import spacy
from spacy.tokens import Doc

from examples.trading import trading
from examples.trading.trading import find_events, normalize, read_tickers, watch

NAMES = {"acme": "ACM", "nordsee": "NRD"}


@pytest.fixture
def make_doc():
    """Makes a headline of words, of which some are entities with a probability."""
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner")  # which gives spans their probability

    def make(text: str, *found: tuple[str, str]) -> Doc:
        doc = nlp.make_doc(text)
        doc.ents = [
            doc.char_span(text.index(part), text.index(part) + len(part), label)
            for part, label in found
        ]
        return doc

    return make


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Acme", "acme"),
        ("Acme Inc.", "acme"),
        ("ACME, Inc.", "acme"),
        ("The Acme Company's", "acme"),
        ("Acme’s", "acme"),
        ("Acme & Co.", "acme"),
        ("Acme S.A.", "acme"),
        ("Acme.com", "acme"),
        ("Acme Group Holdings plc", "acme"),
        ("Siemens", "siemens"),
        ("Incheon Group", "incheon"),
        ("Texaco", "texaco"),
        ("Co", "co"),
    ],
)
def test_a_name_is_known_without_what_companies_add_to_it(written, plain):
    assert normalize(written) == plain


def test_every_name_of_the_table_has_one_ticker():
    lines = trading.TICKERS.read_text(encoding="utf-8").splitlines()[1:]
    tickers = read_tickers(trading.TICKERS)
    for line in lines:
        name, ticker = line.split(",")
        assert tickers[normalize(name)] == ticker


def test_each_company_of_a_headline_is_one_event_with_its_ticker_and_the_date(make_doc):
    found = [("Acme Inc.", "ORG"), ("Nordsee", "ORG"), ("Monday", "TIM")]
    doc = make_doc("Acme Inc. sues Nordsee on Monday", *found)
    first, second = find_events(doc, NAMES, "now")
    assert (first.organization, first.ticker, first.when) == ("Acme Inc.", "ACM", "Monday")
    assert (second.ticker, second.received) == ("NRD", "now")
    assert first.headline == doc.text


def test_the_same_company_twice_is_one_event(make_doc):
    doc = make_doc("Acme's van meets Acme Inc.", ("Acme", "ORG"), ("Acme Inc.", "ORG"))
    assert [event.organization for event in find_events(doc, NAMES, "")] == ["Acme"]


def test_a_company_that_the_table_does_not_have_is_an_event_without_a_ticker(make_doc):
    doc = make_doc("Halden Ltd and Acme, a river", ("Halden Ltd", "ORG"), ("Acme", "GEO"))
    (event,) = find_events(doc, NAMES, "")
    assert (event.organization, event.ticker, event.when) == ("Halden Ltd", None, None)


def test_headlines_are_processed_as_they_come(trained):
    def lines():
        yield "Who is Shaka Khan?\n"
        yield "\n"
        raise AssertionError("read ahead")

    events, seconds = next(watch(trained, NAMES, lines()))
    assert events == []
    assert seconds > 0


def test_empty_lines_are_left_out_and_long_ones_told_of(trained, capsys):
    found = list(watch(trained, NAMES, ["", "a" * 1001, "  ", "Who is Shaka Khan?"]))
    assert len(found) == 1
    assert "Line 2 is longer than 1,000" in capsys.readouterr().err


def run(monkeypatch, *arguments):
    monkeypatch.setattr(trading.signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["trading", *map(str, arguments)])
    trading.main()


@pytest.fixture(scope="module")
def saved(trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("pipeline")
    trained.to_disk(path)
    return path


def test_events_are_lines_of_json_and_latency_is_told(saved, tmp_path, monkeypatch, capsys):
    nlp = spacy.load(saved, config={"components": {"lstm_ner": {"spans_key": "lstm_ner"}}})
    ruler = nlp.add_pipe("entity_ruler", before="lstm_ner")
    ruler.add_patterns([{"label": "ORG", "pattern": "Apple"}])
    nlp.to_disk(tmp_path / "model")
    headlines = tmp_path / "headlines.txt"
    headlines.write_bytes(b"Apple opens in London\n\xff\xfe Apple\n")
    run(monkeypatch, tmp_path / "model", headlines)
    out, err = capsys.readouterr()
    events = [json.loads(line) for line in out.splitlines()]
    assert [event["ticker"] for event in events] == ["AAPL", "AAPL"]
    assert events[0]["probability"] == 1
    assert err.startswith("2 headlines: median ")


def test_a_histogram_of_latencies_is_drawn(saved, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    headlines, picture = tmp_path / "headlines.txt", tmp_path / "latency.png"
    headlines.write_text("Who is Shaka Khan?\n" * 5)
    run(monkeypatch, saved, headlines, "--histogram", picture)
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("text", ["", "\n  \n"])
def test_no_headlines_are_one_line(saved, text, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    with pytest.raises(SystemExit, match=r"^No headlines\. .*$"):
        run(monkeypatch, saved)


def test_no_file_and_no_pipeline_are_one_line(saved, tmp_path, monkeypatch):
    with pytest.raises(SystemExit, match=r"^Cannot turn .*nothing\.txt.*$"):
        run(monkeypatch, saved, tmp_path / "nothing.txt")
    with pytest.raises(SystemExit, match=r"^Cannot load .*make train.*$"):
        run(monkeypatch, tmp_path, tmp_path / "nothing.txt")
