import json

import pytest

from spacy_lstm_ner.training.converters.label_studio import LabelStudio

from ...conftest import entities
from ..util import read

TITLE, BODY = "Rain today", "Ada saw Rome."
COLUMNS = {"title": TITLE, "body": BODY, "n": 3}


def mark(start, end, words, label="X", to_name="text"):
    value = {"start": start, "end": end, "text": words, "labels": [label]}
    return {"type": "labels", "to_name": to_name, "value": value}


def task(*marks, data=COLUMNS):
    return {"data": data, "annotations": [{"result": marks}]}


def minimal(*marks, data=COLUMNS):
    return {"id": 1, "annotation_id": 2, **data, "label": [mark["value"] for mark in marks]}


def read_tasks(folder, *tasks):
    path = folder / "x.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return read(LabelStudio(), path)


def found_in(folder, *tasks):
    documents, problems = read_tasks(folder, *tasks)
    assert not problems
    return [(document.doc.text, *entities(document.doc)) for document in documents]


@pytest.mark.parametrize("made", [task, minimal])
def test_the_text_of_several_is_found_by_the_words_of_all_marks(tmp_path, made):
    # The words of the first mark are in both texts, those of the second in one.
    first = {"title": "Ada ran", "body": BODY}
    found = found_in(tmp_path, made(mark(0, 3, "Ada"), data=first), made(mark(8, 12, "Rome")))
    assert found == [(BODY, ("Ada", "X")), (BODY, ("Rome", "X"))]


def test_a_task_without_marks_has_the_text_of_the_others(tmp_path):
    assert found_in(tmp_path, task(), task(mark(8, 12, "Rome"))) == [
        (BODY,),
        (BODY, ("Rome", "X")),
    ]


def test_the_words_show_the_text_though_another_has_the_name(tmp_path):
    data = {"text": TITLE, "body": BODY}
    assert found_in(tmp_path, task(mark(8, 12, "Rome"), data=data)) == [(BODY, ("Rome", "X"))]
    both = {"copy": BODY, "text": BODY}
    assert found_in(tmp_path, task(mark(8, 12, "Rome"), data=both)) == [(BODY, ("Rome", "X"))]


def test_each_name_has_the_text_of_its_own_words(tmp_path):
    marks = mark(0, 4, "Rain", to_name="t1"), mark(8, 12, "Rome", to_name="t2")
    assert found_in(tmp_path, task(*marks)) == [(TITLE, ("Rain", "X")), (BODY, ("Rome", "X"))]


def test_the_words_are_found_where_offsets_count_utf16(tmp_path):
    data = {"title": TITLE, "body": "😀 Ada"}
    assert found_in(tmp_path, task(mark(3, 6, "Ada"), data=data)) == [("😀 Ada", ("Ada", "X"))]


def test_the_name_is_the_key_where_any_words_are_at_their_places(tmp_path):
    data = {"text": BODY, "raw": "Eva saw Rome."}
    marks = mark(8, 12, "Rome"), mark(0, 3, "Eva")
    _, (problem,) = read_tasks(tmp_path, task(*marks, data=data))
    assert "[LN241]" in problem
    assert "'Ada', and not 'Eva'" in problem
    stale = {"text": "It was Rome.", "raw": BODY}
    tasks = (task(marks[0], data=one) for one in (data, stale))
    _, (problem,) = read_tasks(tmp_path, *tasks)
    assert "[LN241]" in problem


def test_marks_of_a_text_that_is_not_known_are_not_those_of_another(tmp_path):
    data = {"title": "Ada met Bob", "body": "Ada flew home"}
    known = mark(8, 11, "Bob", to_name="t")
    for words in ("Ada", None):  # are in both texts, or are not told
        of_which = mark(0, 3, words, to_name="b")
        _, (problem,) = read_tasks(tmp_path, task(known, of_which, data=data))
        assert "[LN269]" in problem
        assert "title, body. Expected a text of the name b," in problem


def test_a_text_that_a_task_lacks_has_no_marks(tmp_path):
    whole = task(mark(0, 4, "Rain", to_name="title"), mark(8, 12, "Rome", to_name="body"))
    for nothing in ("", None):
        part = {"title": TITLE, "body": nothing}
        assert found_in(tmp_path, whole, task(data=part))[2:] == [(TITLE,)]
        _, (problem,) = read_tasks(
            tmp_path, whole, task(mark(0, 3, "Ada", to_name="body"), data=part)
        )
        assert "[LN269]" in problem


@pytest.mark.parametrize(
    ("words", "data"),
    [("Rome", {"title": BODY, "body": BODY}), ("Oslo", COLUMNS), (None, COLUMNS)],
    ids=["in several", "in none", "none"],
)
def test_that_words_do_not_show_the_text_is_an_error(tmp_path, words, data):
    for name, names in (("label", "label or text"), ("text", "text")):
        _, (problem,) = read_tasks(tmp_path, task(mark(8, 12, words, to_name=name), data=data))
        assert "[LN269]" in problem
        assert "has: title, body." in problem
        assert problem.endswith(f"Rename the key of the annotated one to {names}.")
