import json
import re
import time

import pytest
import spacy
from spacy.tokens import Doc
from spacy.training import Example

from spacy_lstm_ner.instruments import fidelity as module
from spacy_lstm_ner.instruments.fidelity import (
    Finding,
    bytes_on_disk,
    judge,
    measure_fidelity,
    words_per_second,
)
from spacy_lstm_ner.instruments.fidelity_page import render_page

from .mentions import make_reading
from .test_errors_page import Listener

TEXT = "Ada saw <Bo> & Cy in Rome"
TEACHER = [(0, 1, "PER"), (2, 3, "PER"), (6, 7, "GEO")]
STUDENT = [(0, 1, "PER"), (2, 3, "GEO"), (4, 5, "PER"), (6, 7, "GEO")]
SPEED = {"teachers": 1000.0, "student": 12_345.0}
SIZE = {"teachers": None, "student": 4_800_000}


def measure(*readings, **settings):
    readings = readings or [make_reading(TEXT, TEACHER, STUDENT)] * 3
    return measure_fidelity(readings, speed=SPEED, size=SIZE, **settings)


def test_the_teacher_counts_as_right():
    told = measure().to_json()
    assert (told["texts"], told["tokens"]) == (3, 21)
    total = told["fidelity"]["all"]
    assert (total["right"], total["annotated"], total["predicted"]) == (6, 9, 12)
    assert total["precision"] == pytest.approx(1 / 2)
    assert total["recall"] == pytest.approx(2 / 3)
    assert total["f1"] == pytest.approx(4 / 7)
    assert told["fidelity"]["GEO"]["precision"] == pytest.approx(1 / 2)
    assert {"teachers": "PER", "student": "GEO", "number": 3} in told["confusion"]
    assert told["words_per_second"]["ratio"] == pytest.approx(12.345)
    assert "gold" not in told
    json.dumps(told, allow_nan=False)


def test_disagreements_are_counted_by_their_words_the_most_frequent_first():
    other = make_reading("Ada saw Eve in Rome", [(0, 1, "PER")], [])
    found = measure(make_reading(TEXT, TEACHER, STUDENT), other, other, other).disagreements
    assert [(each.teacher, each.student, len(each.errors)) for each in found] == [
        (Finding("Ada", "PER"), Finding(), 3),
        (Finding("<Bo>", "PER"), Finding("<Bo>", "GEO"), 1),
        (Finding(), Finding("Cy", "PER"), 1),
    ]


def test_on_gold_text_teachers_are_judged_by_the_labels_that_they_can_find():
    gold = [(0, 1, "PER"), (2, 3, "TIM"), (6, 7, "GEO")]
    ours = [make_reading(TEXT, gold, gold)] * 2
    theirs = [make_reading(TEXT, gold, [(0, 1, "PER"), (6, 7, "PER"), (4, 5, "LAW")])] * 2
    told = measure(on_gold=(ours, theirs)).to_json()["gold"]
    assert set(told["student"]) == {"all", "PER", "GEO", "TIM"}
    assert told["student"]["all"]["annotated"] == 6
    shared = told["shared_labels"]
    assert set(shared["teachers"]) == set(shared["student"]) == {"all", "PER"}
    assert shared["student"]["all"]["f1"] == 1.0
    # Half of what it calls PER is right, and all of that is found.
    assert shared["teachers"]["all"]["f1"] == pytest.approx(2 / 3)
    assert shared["difference"]["all"]["f1"] == pytest.approx(1 / 3)


def test_documents_are_judged_by_what_is_set_on_them():
    vocab = spacy.blank("en").vocab
    words = ["Ada", "saw", "Rome", "today"]
    reference = Doc(vocab, words=words, ents=["B-PER", "O", "O", "O"])
    reference.set_ents(reference.ents, missing=[reference[3:4]], default="outside")
    predicted = Doc(vocab, words=words, ents=["B-PER", "O", "B-GEO", "B-TIM"])
    bare = Example(predicted, Doc(vocab, words=words))
    open_, reading = judge([bare, Example(predicted, reference)], "heldout")
    assert (open_.gold, open_.predicted) == ([], [])
    assert measure(open_).to_json()["fidelity"]["all"]["f1"] == 0.0
    assert (reading.source, reading.number) == ("heldout", 2)
    assert [(m.label, m.right) for m in reading.gold] == [("PER", True)]
    # What is predicted where the teachers leave it open does not count.
    assert [(m.label, m.right) for m in reading.predicted] == [("PER", True), ("GEO", False)]


def test_speed_is_that_of_the_best_of_several_rounds_in_alternation(monkeypatch):
    seen, delays = [], iter([0.2, 0.02, 0.1])

    def fast(texts):
        seen.append(("fast", len(texts)))
        time.sleep(0.001)

    def slow(texts):
        seen.append(("slow", len(texts)))
        time.sleep(next(delays))

    monkeypatch.setattr(module, "TIMED_TEXTS", 4)
    nlp = spacy.blank("en")
    docs = [nlp.make_doc("Ada saw Bo")] * 9
    found = words_per_second({"slow": slow, "fast": fast}, docs)
    assert seen == [("slow", 4), ("fast", 4)] * 3
    assert 150 < found["slow"] <= 12 / 0.02
    assert found["fast"] > 2 * found["slow"]
    monkeypatch.setattr(module, "ENOUGH", 0.0)
    seen.clear()
    words_per_second({"fast": fast}, docs)
    assert len(seen) == 1


def test_size_is_that_of_all_files_if_there_are_some(tmp_path):
    nlp = spacy.blank("en")
    nlp.to_disk(tmp_path / "one")
    loaded = spacy.load(tmp_path / "one")
    size = sum(path.stat().st_size for path in (tmp_path / "one").rglob("*") if path.is_file())
    assert bytes_on_disk([loaded, loaded]) == 2 * size > 0
    assert bytes_on_disk([loaded, nlp]) is None


def test_the_page_tells_the_same_as_the_numbers_and_escapes_what_is_foreign():
    gold = [make_reading(TEXT, TEACHER, STUDENT)]
    found = measure(on_gold=(gold, gold))
    page = render_page(found, teachers=["<one>", "two"], student="out/model-best")
    listener = Listener(page)
    assert listener.open == []
    assert listener.headings[0] == 1
    assert all(link[1:] in listener.ids for link in listener.links)
    assert "&lt;one&gt; + two" in page
    assert "&lt;Bo&gt;" in page
    assert "<Bo>" not in page
    text = re.sub(r"<[^>]+>", " ", page)
    for part in ("57.14", "12.3", "12,345", "4.8", "–", "3 times", "On gold text"):
        assert part in text
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)""", page)


def test_without_gold_text_and_disagreements_there_is_a_page_too():
    page = render_page(
        measure(make_reading(TEXT, TEACHER, TEACHER)), teachers=["one"], student="two"
    )
    assert "On gold text" not in page
    assert "<p>None.</p>" in page
    nothing = render_page(measure(make_reading(TEXT)), teachers=["one"], student="two")
    assert Listener(nothing).open == []


def test_rare_disagreements_are_left_out_and_counted():
    readings = [make_reading(f"Name{i} left", [(0, 1, "PER")], []) for i in range(50)]
    page = render_page(measure(*readings), teachers=["one"], student="two")
    assert "10 more" in page
    assert page.count("1 time<") == 40


def test_teachers_that_find_nothing_on_gold_text_are_shown_as_that():
    gold = [(0, 1, "PER")]
    ours, theirs = ([make_reading(TEXT, gold, predicted)] for predicted in (gold, []))
    found = measure(on_gold=(ours, theirs))
    told = found.to_json()["gold"]
    assert told["student"]["all"]["f1"] == 1.0
    assert set(told["shared_labels"]["teachers"]) == {"all"}
    json.dumps(told, allow_nan=False)
    assert Listener(render_page(found, teachers=["one"], student="two")).open == []
