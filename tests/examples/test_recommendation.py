"""Related are documents that share rare and sure entities."""

import math
import sys

import pytest
from spacy.tokens import DocBin

from examples.recommendation import recommend
from examples.recommendation.measure import judge, without_doubt
from examples.recommendation.recommend import Library, Mention, build, load, write_page


@pytest.fixture
def library() -> Library:
    """Four documents: Rome is in three of them, Ada in two, and May is a person in one of two."""
    made = Library()
    made.add("a", "Ada & May in Rome", [person("Ada", 0.8), place("Rome"), person("May", 0.9)])
    made.add("b", "ROME in May", [place("ROME"), Mention("May", "TIM", 0.9)])
    made.add("c", "Ada in Rome", [person("Ada", 0.5), person("ada", 0.2), place("Rome")])
    made.add("d", "Nobody", [])
    return made


def person(name: str, probability: float) -> Mention:
    return Mention(name, "PER", probability)


def place(name: str) -> Mention:
    return Mention(name, "GEO", 1.0)


def test_the_rarer_and_the_surer_an_entity_the_more_it_relates(library):
    first, second = library.relate("a")
    assert (first.title, second.title) == ("c", "b")
    # Of two mentions in a document, the surer counts; idf is the logarithm of 4 / 2 and of 4 / 3.
    assert first.score == pytest.approx(0.8 * 0.5 * math.log(2) + math.log(4 / 3))
    assert second.score == pytest.approx(math.log(4 / 3))


def test_the_same_name_with_another_label_does_not_relate(library):
    (second,) = [found for found in library.relate("a") if found.title == "b"]
    assert [entity.name for entity in second.shared] == ["rome"]


def test_the_reason_names_what_is_shared_the_weightiest_first(library):
    found = library.relate("a")[0]
    assert (
        library.explain(found) == "both mention GEO Rome (in 3 documents), PER Ada (in 2 documents)"
    )


def test_no_more_than_asked_for_and_nothing_where_nothing_is_shared(library):
    assert len(library.relate("a", limit=1)) == 1
    assert library.relate("d") == []


def test_an_unknown_document_is_refused(library):
    with pytest.raises(ValueError, match=r"no document 'x'.*'b', 'c', 'd'"):
        library.relate("x")


def test_a_page_has_the_document_its_neighbours_and_the_reasons(library):
    page = write_page(library, "a", library.relate("a"))
    assert "Ada &amp; May in Rome" in page
    assert page.index("<strong>c</strong>") < page.index("<strong>b</strong>")
    assert "PER Ada (in 2 documents)" in page
    assert "Nothing is related" in write_page(library, "d", [])


def test_a_recommendation_is_right_if_both_documents_have_its_first_reason(library):
    truth = Library()
    for title in "abcd":
        truth.add(title, "", [place("Rome")] if title in "ac" else [])
    # Rome relates a to c truly, and a and c to b wrongly, each in both directions.
    assert judge(library, truth, limit=9) == (6, 2)
    assert without_doubt(library).relate("a")[0].score == pytest.approx(math.log(2 * 4 / 3))


@pytest.fixture
def saved(trained, tmp_path):
    """A pipeline on disk, and texts with London, Berlin and neither."""
    texts = ["I like London and Berlin.", "Who is Shaka Khan?", "I like Berlin."]
    DocBin(docs=map(trained.make_doc, texts)).to_disk(tmp_path / "texts.spacy")
    trained.to_disk(tmp_path / "model")
    return tmp_path


def test_documents_are_related_by_what_a_pipeline_finds(saved):
    library = build(load(str(saved / "model")), [saved / "texts.spacy"])
    assert [found.title for found in library.relate("texts 1")] == ["texts 3"]


def run(monkeypatch, folder, model, title):
    docs = ["--docs", str(folder / "texts.spacy"), "--page", str(folder / "page.html")]
    monkeypatch.setattr(sys, "argv", ["recommend", str(folder / model), title, *docs])
    recommend.main()


def test_what_is_related_is_printed_and_written(saved, monkeypatch, capsys):
    run(monkeypatch, saved, "model", "texts 3")
    assert "texts 1: both mention LOC Berlin (in 2 documents)" in capsys.readouterr().out
    assert "I like London and Berlin." in (saved / "page.html").read_text("utf-8")


def test_no_pipeline_and_no_document_are_one_line(saved, monkeypatch):
    with pytest.raises(SystemExit, match=r"^Cannot load .*make train.*$"):
        run(monkeypatch, saved, "nothing", "texts 1")
    with pytest.raises(SystemExit, match=r"^Cannot recommend .*'texts 9'.*$"):
        run(monkeypatch, saved, "model", "texts 9")
    assert not (saved / "page.html").exists()
