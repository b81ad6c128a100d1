import json

import pytest

from spacy_lstm_ner.training.converters.label_studio import LabelStudio

from ...conftest import entities
from ..util import read, unknown

TEXT = "Ada saw New York."


def result(start=8, end=16, labels=("GEO",), to_name="text", **value):
    value = {"start": start, "end": end, "labels": list(labels), **value}
    return {"from_name": "label", "to_name": to_name, "type": "labels", "value": value}


def task(*results, data=None, **annotation):
    return {"data": data or {"text": TEXT}, "annotations": [{"result": results, **annotation}]}


def minimal(*regions, **more):
    values = [{"start": start, "end": end, "labels": [label]} for start, end, label in regions]
    return {"id": 3, "text": TEXT, "label": values, "annotator": 1, "annotation_id": 9, **more}


def read_tasks(folder, *tasks):
    path = folder / "x.json"
    path.write_text(json.dumps(tasks, indent=1), encoding="utf-8")
    return read(LabelStudio(), path)


def found_in(folder, *tasks):
    documents, problems = read_tasks(folder, *tasks)
    assert not problems
    return [entities(document.doc) for document in documents]


def test_a_task_is_a_document_annotated_in_full(tmp_path):
    relation = {"type": "relation", "from_id": "a", "to_id": "b"}
    choice = {"type": "choices", "to_name": "text", "value": {"choices": ["fine"]}}
    (document,), problems = read_tasks(tmp_path, task(result(), relation, choice))
    assert not problems
    assert entities(document.doc) == [("New York", "GEO")]
    assert unknown(document.doc) == []


def test_json_min_is_read(tmp_path):
    tasks = minimal((8, 16, "GEO"), (0, 3, "PER")), minimal(label=[])
    assert found_in(tmp_path, *tasks) == [[("Ada", "PER"), ("New York", "GEO")], []]
    assert LabelStudio.recognizes(json.dumps(tasks))


def test_what_json_min_has_beside_marks_is_no_annotation(tmp_path):
    place = {"start": 8, "end": 16, "text": "New York"}
    said = [{**place, "choices": ["sure", "new"]}, {**place, "text": ["a", "b"]}]
    nobody = {"id": 4, "text": TEXT, "annotation_id": None}
    (document,), problems = read_tasks(tmp_path, minimal((8, 16, "GEO"), said=said), nobody)
    assert not problems
    assert entities(document.doc) == [("New York", "GEO")]
    assert [place.rpartition(":")[2] for place in document.skipped] == [" not annotated"]


def test_every_annotation_that_was_not_cancelled_is_a_document(tmp_path):
    tasks = task(result(), was_cancelled=True), task(), {"data": {"text": TEXT}, "annotations": []}
    tasks[1]["annotations"] += [
        {"result": [result()], "was_cancelled": True},
        {"result": [result(0, 3, ["PER"])], "was_cancelled": False},
    ]
    documents, problems = read_tasks(tmp_path, *tasks)
    assert not problems
    assert [entities(document.doc) for document in documents] == [[], [("Ada", "PER")]]
    skipped = [place.rpartition(":")[2] for place in documents[0].skipped]
    assert skipped == [" cancelled", " not annotated"]


def test_annotations_are_read_by_their_name_in_old_versions(tmp_path):
    tasks = task(result()), task(result(), skipped=True), task(result(), was_cancelled=True)
    old = [{"data": task["data"], "completions": task["annotations"]} for task in tasks]
    (document,), problems = read_tasks(tmp_path, *old)
    assert not problems
    assert entities(document.doc) == [("New York", "GEO")]
    assert [place.rpartition(":")[2] for place in document.skipped] == [" cancelled"] * 2
    assert found_in(tmp_path, {**task(), "completions": [3]}) == [[]]


def test_every_text_of_a_task_is_a_document_with_its_own_regions(tmp_path):
    data = {"title": "Ted", "image": "x.png", "text": TEXT}
    choice = {"type": "choices", "to_name": "image", "value": {"choices": ["fine"]}}
    both = task(result(), result(0, 3, ["PER"], to_name="title"), choice, data=data)
    body = task(result(), data=data)
    found, problems = read_tasks(tmp_path, both, body)
    assert not problems
    assert [document.doc.text for document in found] == [TEXT, "Ted"] * 2
    assert [entities(document.doc) for document in found] == [
        [("New York", "GEO")],
        [("Ted", "PER")],
        [("New York", "GEO")],
        [],
    ]


def test_a_region_of_none_of_several_texts_is_an_error(tmp_path):
    data = {"title": "Ted", "text": TEXT}
    tasks = (
        task(result(), result(0, 3, ["PER"], to_name="title"), data=data),
        task(result(to_name="body"), data=data),
    )
    _, (problem,) = read_tasks(tmp_path, *tasks)
    assert "[LN269]" in problem
    assert "title, text. Expected a text of the name body," in problem


@pytest.mark.parametrize(
    "data",
    [
        {"text": TEXT, "url": "x"},
        {"body": TEXT, "n": 3},
        {"review": TEXT, "text": "other"},
        {"text": TEXT, "source": "s"},
    ],
)
def test_the_text_is_found_whatever_its_key(tmp_path, data):
    name = "review" if "review" in data else "text"
    assert found_in(tmp_path, task(result(to_name=name), data=data)) == [[("New York", "GEO")]]


def test_a_task_without_results_has_the_key_of_the_others(tmp_path):
    data = {"review": TEXT, "title": "t"}
    tasks = task(data=data), task(result(to_name="review"), data=data)
    assert found_in(tmp_path, *tasks) == [[], [("New York", "GEO")]]


def test_offsets_that_a_browser_counted_are_found_by_the_words(tmp_path):
    data = {"text": "😀😀 New York"}
    new = task(result(3, 11, text="New York"), data=data)
    old = task(result(5, 13, text="New York"), data=data)
    assert found_in(tmp_path, new, old) == [[("New York", "GEO")]] * 2


def test_all_marks_of_an_annotation_are_counted_alike(tmp_path):
    # "a" and "Bob" are at 5 and 9 in UTF-16; the second "a" is at 5 in characters.
    marks = result(5, 6, text="a"), result(9, 12, text="Bob")
    (document,), problems = read_tasks(tmp_path, task(*marks, data={"text": "😀😀 a a Bob"}))
    assert not problems
    assert [ent.start_char for ent in document.doc.ents] == [3, 7]


def test_of_several_labels_of_a_region_the_first_stays(tmp_path):
    (document,), problems = read_tasks(tmp_path, task(result(labels=["GEO", "ORG"])))
    assert not problems
    assert entities(document.doc) == [("New York", "GEO")]
    assert len(document.overlapping) == 1


@pytest.mark.parametrize(
    "nothing",
    [
        task({"type": "choices", "to_name": "text", "value": {"choices": ["PER"]}}),
        minimal(label="PER"),
        minimal(),
        {"id": 4, "text": TEXT, "annotation_id": 9},
    ],
)
def test_a_file_in_which_no_text_is_marked_is_an_error(tmp_path, nothing):
    documents, (problem,) = read_tasks(tmp_path, nothing, task())
    assert not documents
    assert "x.json:1:1: [LN268]" in problem
    documents, problems = read_tasks(tmp_path, nothing, task(result()))
    assert [len(document.doc.ents) for document in documents] == [0, 1]
    assert not problems


def test_texts_of_which_annotations_say_nothing_have_no_entities(tmp_path):
    assert found_in(tmp_path, task(), task()) == [[], []]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (task(result(8, 99)), "LN240"),
        (task(result("/p[1]", "/p[2]")), "LN240"),
        (task(result(text="New Work")), "LN241"),
        (task(result(labels=[])), "LN243"),
        (task(result(labels=[3])), "LN243"),
        (task({**result(), "type": "hypertextlabels"}), "LN243"),
        (task({**result(), "value": None}), "LN244"),
        (task(3), "LN244"),
        (task(result(), data={"n": 3}), "LN269"),
        (task(result(), data={"a": "x", "b": "y"}), "LN269"),
        (task(result(), data={"text": ""}), "LN269"),
        ({"data": {"text": TEXT}, "annotations": 3}, "LN243"),
        ({"data": {"text": TEXT}, "annotations": [3]}, "LN244"),
        ({"data": {"text": TEXT}, "annotations": [{"result": None}]}, "LN243"),
        (task({**result(), "type": None}), "LN243"),
        (task({"value": result()["value"]}), "LN243"),
        (minimal((8, 99, "GEO")), "LN240"),
        (minimal(label=[{"start": 0, "text": "Ada", "labels": ["PER"]}]), "LN240"),
        (minimal(label=[{"end": 3, "labels": ["PER"]}]), "LN240"),
        (minimal(label=[{"start": 0, "end": 3, "text": "Ada"}]), "LN243"),
        (minimal(label=[{"start": 0, "end": 3, "hypertextlabels": ["PER"]}]), "LN243"),
        ({"text": TEXT, "annotations": [{"result": [result()]}]}, "LN243"),
        ({"text": TEXT, "completions": [{"result": [result()]}]}, "LN243"),
        ({"n": 3, "label": [result()["value"]]}, "LN269"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, wrong, code):
    _, problems = read_tasks(tmp_path, wrong)
    assert problems
    assert f"x.json:2:1: [{code}]" in problems[0]
