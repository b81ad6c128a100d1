import json
import sys

import pytest

from spacy_lstm_ner.errors import CodedError
from spacy_lstm_ner.training.converters.huggingface import HuggingFace

from ...conftest import entities
from ..util import parquet_bytes, read, unknown, write_lines

NAMES = ["O", "B-PER", "I-PER", "B-GEO", "I-GEO"]
WORDS = ["Ada", "saw", "New", "York"]
ROW = {"id": "0", "tokens": WORDS, "ner_tags": [1, 0, 3, 4]}


def found_in(reader, path):
    documents, problems = read(reader, path)
    assert not problems
    return [(document.doc.text, entities(document.doc)) for document in documents]


EXPECTED = [("Ada saw New York", [("Ada", "PER"), ("New York", "GEO")])]


@pytest.mark.parametrize("column", ["ner_tags", "tags"])
def test_tags_may_be_strings_or_have_names(tmp_path, column):
    numbers = {"tokens": WORDS, column: ROW["ner_tags"]}
    strings = {"tokens": WORDS, column: [NAMES[tag] for tag in ROW["ner_tags"]]}
    assert found_in(HuggingFace(), write_lines(tmp_path / "a", strings)) == EXPECTED
    named = HuggingFace(tag_names=tuple(NAMES))
    assert found_in(named, write_lines(tmp_path / "b", numbers)) == EXPECTED


def test_names_may_be_labels_without_prefixes(tmp_path):
    row = {"tokens": WORDS, "ner_tags": [1, 0, 2, 2]}
    reader = HuggingFace(tag_names=("O", "PER", "GEO"))
    assert found_in(reader, write_lines(tmp_path / "x", row)) == EXPECTED


def test_a_tag_that_losses_leave_out_is_unknown(tmp_path):
    path = write_lines(tmp_path / "x", {"tokens": WORDS, "ner_tags": [1, -100, 3, 4]})
    (document,), _ = read(HuggingFace(tag_names=tuple(NAMES)), path)
    assert unknown(document.doc) == ["saw"]


CLASS = {"names": NAMES, "_type": "ClassLabel"}


@pytest.mark.parametrize(
    "feature",
    [
        {"feature": {**CLASS, "num_classes": 5}, "length": -1, "_type": "Sequence"},
        {"feature": CLASS, "_type": "List"},
        [CLASS],
    ],
)
def test_parquet_has_the_names_itself(tmp_path, feature):
    metadata = {"info": {"features": {"ner_tags": feature}}}
    (tmp_path / "x.parquet").write_bytes(
        parquet_bytes({"tokens": [WORDS], "ner_tags": [ROW["ner_tags"]]}, metadata)
    )
    assert found_in(HuggingFace(), tmp_path / "x.parquet") == EXPECTED


def names(found):
    return {"info": {"features": {"ner_tags": {"feature": {"names": found}}}}}


NO_NAMES = [names(found) for found in (None, [*range(5)], dict.fromkeys("abcde"), "OOOOO", 3)]


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {},
        *({"info": {"features": {"ner_tags": tags}}} for tags in ({}, [], [{}], [CLASS, CLASS])),
        *NO_NAMES,
    ],
)
def test_parquet_without_names_asks_for_them(tmp_path, metadata):
    path = tmp_path / "x.parquet"
    path.write_bytes(parquet_bytes({"tokens": [WORDS], "ner_tags": [ROW["ner_tags"]]}, metadata))
    documents, problems = read(HuggingFace(), path)
    assert not documents
    assert problems[0].startswith(f"{path}:1:1: [LN253]")
    assert "--tag-names" in problems[0]
    assert found_in(HuggingFace(tag_names=tuple(NAMES)), path) == EXPECTED


@pytest.mark.parametrize(("name", "code"), [("", "LN243"), ("B-\0", "LN132"), ("\ud800", "LN132")])
def test_a_name_in_parquet_that_no_tag_has_is_named(tmp_path, name, code):
    path = tmp_path / "x.parquet"
    columns = {"tokens": [WORDS], "ner_tags": [ROW["ner_tags"]]}
    path.write_bytes(parquet_bytes(columns, names(["O", name, "O", "B-GEO", "I-GEO"])))
    _, problems = read(HuggingFace(), path)
    assert problems[0].startswith(f"{path}:1:1: [{code}]")


def test_parquet_that_is_none_is_named(tmp_path):
    pytest.importorskip("pyarrow")
    (tmp_path / "x.parquet").write_bytes(b"PAR1 cut off")
    _, problems = read(HuggingFace(), tmp_path / "x.parquet")
    assert problems[0].startswith(f"{tmp_path / 'x.parquet'}:1:1: [LN133]")


def test_without_pyarrow_the_error_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    with pytest.raises(CodedError, match=r"LN251.*pip install 'spacy_lstm_ner\[parquet\]'"):
        read(HuggingFace(), tmp_path / "x.parquet")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ner_tags": [1, 0, 3]}, "LN252"),
        ({"ner_tags": [1, 0, 3, 5]}, "LN253"),
        ({"ner_tags": [1, 0, 3, -1]}, "LN253"),
        ({"ner_tags": [1, 0, 3, True]}, "LN243"),
        ({"ner_tags": [1, 0, 3, None]}, "LN243"),
        ({"ner_tags": "O"}, "LN255"),
        ({"ner_tags": None, "tokens": None}, "LN255"),
        ({"ner_tags": ["B-PER", "O", "Q-X", "O"]}, "LN001"),
        ({"tokens": ["Ada", "", "New", "York"]}, "LN243"),
        ({"tokens": ["Ada", "a\0", "New", "York"]}, "LN132"),
        ({"tokens": ["Ada", 7, "New", "York"]}, "LN243"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, change, code):
    path = write_lines(tmp_path / "x", ROW, {**ROW, **change})
    _, problems = read(HuggingFace(tag_names=tuple(NAMES)), path)
    assert problems[0].startswith(f"{path}:2:1: [{code}]")


@pytest.mark.parametrize("name", ["tokens", "ner_tags"])
def test_a_column_that_is_missing_is_named(tmp_path, name):
    row = {key: value for key, value in ROW.items() if key != name}
    _, problems = read(HuggingFace(), write_lines(tmp_path / "x", row))
    assert len(problems) == 1
    assert "LN255" in problems[0]
    assert "None" in problems[0]


def test_other_columns_do_not_matter(tmp_path):
    row = {**ROW, "ner_tags": ["O"] * 4, "langs": ["en"] * 4, "spans": ["PER: Ada"], "pos": None}
    assert HuggingFace.recognizes(json.dumps(row))
    assert len(read(HuggingFace(), write_lines(tmp_path / "x", row))[0]) == 1
