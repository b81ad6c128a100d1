import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_lstm_ner.training.converters.problems import Problems
from spacy_lstm_ner.training.converters.records import first_fields, read_records


def parse(folder, text):
    """Line and object of each record of a text, and the problems."""
    path = folder / "x.json"
    path.write_text(text, encoding="utf-8")
    problems = Problems()
    records = read_records(path, "utf-8", problems)
    found = [problem.removeprefix(f"{path}:") for problem in problems.found]
    return [(record.line, record.fields) for record in records], found


ONE, TWO = {"a": 1}, {"b": [2, "]"]}


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('{"a": 1}\n{"b": [2, "]"]}\n', [1, 2]),
        ('\n{"a": 1}\r\n\r{"b": [2, "]"]}', [2, 4]),
        ('[{"a": 1}, {"b": [2, "]"]}]', [1, 1]),
        (' [\n  {"a": 1},\r\n\r\n  {"b":\n [2, "]"]}\n]\n', [2, 4]),
    ],
)
def test_records_are_a_list_or_one_a_line(tmp_path, text, lines):
    records, problems = parse(tmp_path, text)
    assert records == list(zip(lines, [ONE, TWO], strict=True))
    assert not problems
    assert first_fields(text) == ONE


def test_one_object_may_have_several_lines(tmp_path):
    assert parse(tmp_path, '\n{\n"a":\n1}\n') == ([(2, ONE)], [])


@pytest.mark.parametrize("text", ["", " \n", "[]", "[ ]\n"])
def test_there_may_be_none(tmp_path, text):
    assert parse(tmp_path, text) == ([], [])
    assert first_fields(text) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1}\n{"a": \n{"b": [2, "]"]}', "2:1: [LN242]"),
        ('[{"a": 1},\n{"b": ]\n', "2:1: [LN242]"),
        ('[{"a": 1}', "1:1: [LN242]"),
        ('[{"a": 1},\n{"b": 2}', "2:1: [LN242]"),
        ('[{"a": 1},\n]', "2:1: [LN242]"),
        ('[{"a": 1}]\n[]', "1:1: [LN242]"),
        ('[{"a": 1}\n{"b": 2}]', "1:1: [LN242]"),
        ('{"a": 1}\n7\n', "2:1: [LN244]"),
        ('[{"a": 1}, "b"]', "1:1: [LN244]"),
        ("[" * 100_000, "1:1: [LN242]"),
        ('{"a": 1}\n' + "9" * 10_000, "2:1: [LN242]"),
    ],
)
def test_what_is_no_json_is_named_with_its_line(tmp_path, text, expected):
    _, problems = parse(tmp_path, text)
    assert problems
    assert problems[0].startswith(expected)
    assert all(len(problem) < 1000 for problem in problems)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("records")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=3,
)


OBJECTS = st.lists(st.dictionaries(st.text(), VALUES, max_size=2), max_size=3)


@given(OBJECTS, st.sampled_from([None, 1]), st.booleans())
def test_what_json_writes_is_read(folder, objects, indent, ascii):
    listed = json.dumps(objects, indent=indent, ensure_ascii=ascii)
    lines = "\n".join(json.dumps(item, ensure_ascii=ascii) for item in objects)
    for text in (listed, lines):
        if "\0" not in text:
            records, problems = parse(folder, text)
            assert [fields for _, fields in records] == objects
            assert not problems
