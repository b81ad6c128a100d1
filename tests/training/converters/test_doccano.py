import pytest

from spacy_lstm_ner.errors import CodedError
from spacy_lstm_ner.training.converters.doccano import Doccano

from ...conftest import entities
from ..util import read, unknown, write_lines

TEXT = "Ada saw New York."
ENTITY = {"id": 7, "start_offset": 8, "end_offset": 16, "label": "GEO"}


@pytest.mark.parametrize(
    "record",
    [
        {"id": 1, "text": TEXT, "label": [[8, 16, "GEO"]], "Comments": []},
        {"id": 1, "text": TEXT, "labels": [[8, 16, "GEO"]]},
        {"id": 1, "data": TEXT, "label": [[8, 16, "GEO"]]},
        {"text": TEXT, "entities": [ENTITY], "relations": [{"from_id": 7, "to_id": 7}]},
    ],
)
def test_each_shape_is_read(tmp_path, record):
    (document,), problems = read(Doccano(), write_lines(tmp_path / "x", record))
    assert not problems
    assert document.doc.text == TEXT
    assert entities(document.doc) == [("New York", "GEO")]
    assert unknown(document.doc) == []


def test_a_text_without_spans_has_no_entities(tmp_path):
    records = {"text": TEXT, "label": []}, {"text": TEXT, "entities": []}
    documents, problems = read(Doccano(), write_lines(tmp_path / "x", *records))
    assert not problems
    assert [(len(d.doc.ents), unknown(d.doc), d.line) for d in documents] == [
        (0, [], 1),
        (0, [], 2),
    ]


@pytest.mark.parametrize(
    ("empty", "full"), [("entities", "label"), ("entities", "labels"), ("label", "labels")]
)
def test_that_no_spans_are_read_where_there_are_some_is_an_error(tmp_path, empty, full):
    spans = {full: [[8, 16, "GEO"]]}
    imported = {"text": TEXT, empty: [], full: ["news"]}
    corrected = {"text": TEXT, "entities": [ENTITY], "label": [[0, 3, "PER"]]}
    wrong = [{"text": TEXT, empty: value, **spans} for value in ([], None)]
    path = write_lines(tmp_path / "x", imported, corrected, *wrong)
    documents, problems = read(Doccano(), path)
    assert [entities(d.doc) for d in documents[:2]] == [[], [("New York", "GEO")]]
    told = f'[LN266] Found nothing as "{empty}", and something as "{full}"'
    assert problems[0].startswith(f"{path}:3:1: {told}")
    assert problems[1].startswith(f"{path}:4:1: {told}")


def test_spans_within_tokens_and_overlapping_ones_are_listed(tmp_path):
    spans = [[0, 2, "PER"], [8, 16, "GEO"], [12, 16, "X"]]
    path = write_lines(tmp_path / "x", {"text": "."}, {"text": TEXT, "label": spans})
    (_, document), problems = read(Doccano(), path)
    assert len(problems) == 1  # the text without "label"
    assert entities(document.doc) == [("New York", "GEO")]
    assert unknown(document.doc) == ["Ada"]
    assert document.lost == [f"{path}:2:1: 'Ad'"]
    assert document.overlapping == [f"{path}:2:1: 'York'"]


def test_offsets_may_count_utf16(tmp_path):
    path = write_lines(tmp_path / "x", {"text": "😀😀 New York", "label": [[5, 13, "GEO"]]})
    (document,), problems = read(Doccano(offsets="utf-16"), path)
    assert not problems
    assert entities(document.doc) == [("New York", "GEO")]
    _, problems = read(Doccano(), path)
    assert "LN240" in problems[0]
    assert "--offsets utf-16" in problems[0]


def test_units_of_offsets_are_known_ones():
    with pytest.raises(CodedError, match=r"LN030.*'bytes'.*characters, utf-16"):
        Doccano(offsets="bytes")


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ({"text": TEXT}, "LN243"),
        ({"text": TEXT, "label": None}, "LN243"),
        ({"text": TEXT, "entities": None}, "LN243"),
        ({"label": []}, "LN243"),
        ({"text": 7, "label": []}, "LN243"),
        ({"text": "a\0b", "label": []}, "LN132"),
        ({"text": "a\ud83d", "label": []}, "LN132"),
        ({"text": TEXT, "label": ["GEO"]}, "LN243"),
        ({"text": TEXT, "label": "GEO"}, "LN243"),
        ({"text": TEXT, "label": [[8, 16]]}, "LN243"),
        ({"text": TEXT, "label": [[8, 99, "GEO"]]}, "LN240"),
        ({"text": TEXT, "label": [[16, 8, "GEO"]]}, "LN240"),
        ({"text": TEXT, "label": [["8", 16, "GEO"]]}, "LN240"),
        ({"text": TEXT, "label": [[8, 16, 3]]}, "LN243"),
        ({"text": TEXT, "label": [[8, 16, ""]]}, "LN243"),
        ({"text": TEXT, "entities": [[8, 16, "GEO"]]}, "LN244"),
        ({"text": TEXT, "entities": [{"label": "GEO"}]}, "LN240"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, record, code):
    path = write_lines(tmp_path / "x", {"text": TEXT, "label": []}, record)
    _, problems = read(Doccano(), path)
    assert len(problems) == 1
    assert problems[0].startswith(f"{path}:2:1: [{code}]")


def test_everything_wrong_in_a_text_is_named(tmp_path):
    spans = [[0, 99, "A"], [5, 2, "B"], [0, 3, ""]]
    _, problems = read(Doccano(), write_lines(tmp_path / "x", {"text": TEXT, "label": spans}))
    assert len(problems) == 3
