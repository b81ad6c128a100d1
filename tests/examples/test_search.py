"""Documents are found by what a name is in them, the most certain first."""

import re
import sys

import pytest
import spacy
from spacy.tokens import DocBin

from examples.search.measure import score
from examples.search.search import Index, Name, build, load, main, parse, write_page


@pytest.fixture
def index() -> Index:
    """Three documents with the word May, of which two have a person of that name."""
    made = Index(["PER", "TIM"])
    made.add("letter", "It rains in May. Ann left.", [Name("May", "TIM", 12, 0.9)])
    made.add("note", "May brought tea.", [Name("May", "PER", 0, 0.4)])
    made.add("memo", "Q&A: Ask May Li for tea & milk.", [Name("May Li", "PER", 9, 0.8)])
    return made


def titles(hits) -> list[str]:
    return [hit.title for hit in hits]


def test_a_label_finds_the_documents_where_the_name_has_it_the_most_certain_first(index):
    assert sorted(titles(index.search("May"))) == ["letter", "memo", "note"]
    assert titles(index.search("PER:May")) == ["memo", "note"]
    assert titles(index.search("TIM:may")) == ["letter"]


def test_words_and_names_of_a_query_are_all_to_be_there(index):
    assert titles(index.search("PER:May tea milk")) == ["memo"]
    assert titles(index.search("PER:May rains")) == []


def test_words_of_a_phrase_stand_together_in_one_name(index):
    assert titles(index.search('PER:"May Li"')) == ["memo"]
    assert titles(index.search('PER:"Li May"')) == []
    assert titles(index.search('"for tea"')) == ["memo"]


def test_a_star_finds_any_name_of_a_label(index):
    assert titles(index.search("TIM:*")) == ["letter"]
    assert titles(index.search("PER:* brought")) == ["note"]


@pytest.mark.parametrize("query", ['tea" OR "rains', "tea - milk", "NOT tea", 'PER:a"b', "tea*"])
def test_no_query_is_read_as_one_of_sqlite(index, query):
    assert set(titles(index.search(query))) <= {"memo", "note"}


def test_an_unknown_label_and_an_empty_query_are_refused(index):
    with pytest.raises(ValueError, match=r"Unknown label 'FOO'.*PER, TIM"):
        index.search("FOO:May")
    for query in ("", "  ", "-", '""'):
        with pytest.raises(ValueError, match="empty"):
            index.search(query)
    assert parse("12:30", ["PER"])[0].words == "12:30"


def test_the_page_marks_what_was_asked_for_and_escapes_the_rest(index):
    page = write_page({"PER:Li": index.search("PER:Li")}, limit=3)
    assert "Q&amp;A: Ask <mark>May Li <small>PER 0.80</small></mark> for tea &amp; milk." in page


def test_documents_are_indexed_with_what_a_pipeline_finds(trained, tmp_path):
    trained.to_disk(tmp_path)
    nlp = load(str(tmp_path))
    found = build(nlp, [("Who is Shaka Khan?", "a"), ("I like London and Berlin.", "b")])
    assert titles(found.search("PERSON:Khan")) == ["a"]
    assert titles(found.search("LOC:berlin like")) == ["b"]
    assert "b" not in titles(found.search("PERSON:* who"))


def test_scores_of_a_ranking():
    # Two of three are right, in places 1 and 3; a fourth was not found.
    assert score(["a", "x", "b"], {"a", "b", "c"}) == pytest.approx((2 / 3, 2 / 3, 5 / 9, 1))
    assert score([], {"a"}) == (1, 0, 0, 0)


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["search", *map(str, arguments)])
    main()


def test_queries_are_answered_and_written(trained, tmp_path, monkeypatch, capsys):
    docs = map(trained.make_doc, ["I like London and Berlin.", "Who is Shaka Khan?"])
    DocBin(docs=docs).to_disk(tmp_path / "texts.spacy")
    trained.to_disk(tmp_path / "model")
    where = ["--docs", tmp_path / "texts.spacy", "--page", tmp_path / "page.html"]
    run(monkeypatch, tmp_path / "model", "LOC:London", "PERSON:London", *where)
    out = capsys.readouterr().out
    assert "LOC:London: 1 found" in out
    assert "texts 1    London LOC 1.00" in out
    assert "<mark>London <small>LOC 1.00</small></mark>" in (tmp_path / "page.html").read_text()
    with pytest.raises(SystemExit, match=r"^Cannot search: Unknown label 'FOO'.*$"):
        run(monkeypatch, tmp_path / "model", "FOO:London", *where)


def test_what_is_no_pipeline_with_the_recognizer_ends_with_one_line(tmp_path, monkeypatch):
    spacy.blank("en").to_disk(tmp_path / "blank")
    for model in (tmp_path, tmp_path / "blank"):
        with pytest.raises(SystemExit) as ended:
            run(monkeypatch, model, "PER:May")
        assert re.fullmatch(r"Cannot load .*make train.*", str(ended.value))
