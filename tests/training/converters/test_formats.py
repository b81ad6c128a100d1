"""The table of formats: what holds for each."""

import inspect
import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin, Span

from spacy_lstm_ner.errors import CodedError
from spacy_lstm_ner.training.convert import convert
from spacy_lstm_ner.training.converters import FORMATS

from ...conftest import entities
from ..util import NLP, gmb_bytes, load, parquet_bytes, read

TEXT, SPAN = "London mayor", {"start": 0, "end": 6, "label": "GEO"}
ROW = {"tokens": ["London", "mayor"], "ner_tags": ["B-GEO", "O"]}


def docbin_bytes():
    doc = Doc(NLP.vocab, words=["London", "mayor"])
    doc.set_ents([Span(doc, 0, 1, "GEO")])
    return DocBin(docs=[doc]).to_bytes()


def studio_result(start, end, label):
    value = {"start": start, "end": end, "labels": [label]}
    return {"from_name": "label", "to_name": "text", "type": "labels", "value": value}


# A file of each format, with one document: "London" is a GEO, "mayor" is nothing.
SMALL = {
    "gmb": gmb_bytes([("Sentence: 1", "London", "NNP", "B-GEO"), ("", "mayor", "NN", "O")]),
    "columns": b"London\tB-GEO\nmayor\tO\n",
    "conllu": b"1\tLondon\t_\t_\t_\t_\t_\t_\t_\tname=B-GEO\n2\tmayor" + 8 * b"\t_" + b"\n",
    "iob": b"London|B-GEO mayor|O\n",
    "inline": b"[London](GEO) mayor\n",
    "doccano": json.dumps({"text": TEXT, "label": [[0, 6, "GEO"]]}).encode(),
    "prodigy": json.dumps({"text": TEXT, "spans": [SPAN], "answer": "accept"}).encode(),
    "label-studio": json.dumps(
        [{"data": {"text": TEXT}, "annotations": [{"result": [studio_result(0, 6, "GEO")]}]}]
    ).encode(),
    "brat": b"T1\tGEO 0 6\tLondon\n",
    "huggingface": json.dumps(ROW).encode(),
    "spacy": docbin_bytes(),
}


def write_small(name, path):
    """Write a small file of a format, and what lies beside it."""
    data = SMALL[name]
    if path.suffix == ".parquet":
        data = parquet_bytes({column: [values] for column, values in ROW.items()})
    path.write_bytes(data)
    for suffix in FORMATS[name].beside:
        path.with_suffix(suffix).write_text(TEXT, encoding="utf-8")


def test_every_format_has_a_small_file():
    assert SMALL.keys() == FORMATS.keys()


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_reads_a_small_file_of_its_own(tmp_path, name):
    for i, suffix in enumerate(FORMATS[name].suffixes):
        path = tmp_path / f"{i}{suffix}"
        write_small(name, path)
        (document,), problems = read(FORMATS[name](), path)
        assert not problems
        assert [token.text for token in document.doc] == ["London", "mayor"]
        assert entities(document.doc) == [("London", "GEO")]
        assert document.doc[1].ent_iob_ == "O"
        assert (document.path, document.split) == (path, None)
        convert(path, tmp_path / "out")
        assert entities(*load(tmp_path / "out" / f"{i}.spacy")) == [("London", "GEO")]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_names_a_file_that_is_missing(tmp_path, name):
    documents, problems = read(FORMATS[name](), tmp_path / "x")
    assert not documents
    assert problems


@pytest.mark.parametrize(
    "name", [name for name in FORMATS if "encoding" in FORMATS[name].options()]
)
def test_every_format_of_text_says_where_the_encoding_is_another(tmp_path, name):
    path = tmp_path / "x"
    path.write_bytes(b"fine\nCaf\xe9")
    for suffix in FORMATS[name].beside:
        path = path.with_suffix(suffix)
        path.write_bytes(b"fine\nCaf\xe9")
    documents, problems = read(FORMATS[name](encoding="ascii"), tmp_path / "x")
    assert not documents
    assert problems[0].startswith(f"{path}:2:4: [LN101]")
    assert "ascii" in problems[0]
    assert len(problems) == 1


SHARED = [
    suffix
    for suffix, count in Counter(s for f in FORMATS.values() for s in f.suffixes).items()
    if count > 1
]


@pytest.mark.parametrize("suffix", SHARED)
def test_formats_of_one_suffix_are_told_apart_by_what_is_in_a_file(tmp_path, suffix):
    names = [name for name, format in FORMATS.items() if suffix in format.suffixes]
    for name in names:
        text = SMALL[name].decode()
        assert [other for other in names if FORMATS[other].recognizes(text)] == [name]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"text": "a"}', "[1, 2]", "{\0}"])
def test_what_could_be_of_several_formats_is_named_with_them(tmp_path, text):
    (tmp_path / "a.jsonl").write_text(text, encoding="utf-8")
    expected = "doccano or prodigy or label-studio or huggingface"
    with pytest.raises(CodedError, match=rf"(?s)LN100.*a\.jsonl:1:1: \[LN246\].*{expected}"):
        convert(tmp_path, tmp_path / "out")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("nothing", 1),
        ("[{", 1),
        ('\n{"text": "Ada", "lab', 2),
        ('[\n{"text": "a",\n"label": [[', 3),
    ],
)
@pytest.mark.parametrize("suffix", ["json", "jsonl"])
def test_json_that_is_cut_off_in_its_first_record_is_named_with_the_line(
    tmp_path, text, line, suffix
):
    (tmp_path / f"a.{suffix}").write_text(text, encoding="utf-8")
    with pytest.raises(CodedError, match=rf"(?s)LN100.*a\.{suffix}:{line}:1: \[LN242\]"):
        convert(tmp_path, tmp_path / "out")


def test_of_several_that_fit_those_are_named(tmp_path):
    record = {"text": TEXT, "label": [[0, 6, "GEO"]], "answer": "accept"}
    (tmp_path / "a.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(CodedError, match=r"LN246.*could be doccano or prodigy\. Name"):
        convert(tmp_path / "a.json", tmp_path / "out")
    convert(tmp_path / "a.json", tmp_path / "out", format="doccano")
    assert entities(*load(tmp_path / "out" / "a.spacy")) == [("London", "GEO")]


def test_a_folder_may_hold_files_of_all_formats(tmp_path):
    for name, format in FORMATS.items():
        write_small(name, tmp_path / f"{name}{format.suffixes[0]}")
    written = convert(tmp_path, tmp_path / "out")
    assert {path.stem for path in written} == FORMATS.keys()
    assert all(summary.entities == {"GEO": 1} for summary in written.values())


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("records")


def places(value):
    """Everything in a value that can be replaced: containers with a key."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield value, key
        if isinstance(inner, (dict, list)):
            yield from places(inner)


@pytest.mark.parametrize("name", ["doccano", "prodigy", "label-studio", "huggingface"])
@given(data=st.data())
def test_a_record_with_something_else_in_it_is_read_or_named(folder, name, data):
    record = json.loads(SMALL[name])
    record = record[0] if isinstance(record, list) else record
    record.update(data.draw(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=1)))
    container, key = data.draw(st.sampled_from(list(places(record))))
    container[key] = data.draw(VALUES)
    path = folder / "x.json"
    path.write_text(json.dumps([record]), encoding="utf-8")
    documents, problems = read(FORMATS[name](), path)
    for document in documents:
        assert document.doc.to_bytes()
    assert documents or problems or record.get("tokens") == []
    assert all(problem.startswith(f"{path}:1:1: ") for problem in problems)
    assert FORMATS[name].recognizes(path.read_text(encoding="utf-8")) in (True, False)


KEYS = ["tokens", "_view_id", "_input_hash", "entities", "annotation_id", "labels", "tags", "text"]


def test_suffixes_are_in_small_letters():
    suffixes = [suffix for format in FORMATS.values() for suffix in format.suffixes]
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in suffixes)


@pytest.mark.parametrize("name", FORMATS)
def test_options_are_explained_and_have_names_of_their_own(name):
    options = FORMATS[name].options()
    assert all(option.metadata["help"] for option in options.values())
    assert not options.keys() & inspect.signature(convert).parameters.keys()
