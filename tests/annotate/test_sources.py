import bz2
import csv
import gzip
import json
import lzma
import string

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin

from spacy_lstm_ner.annotate.documents import Failure
from spacy_lstm_ner.annotate.sources import find_source
from spacy_lstm_ner.annotate.sources.source import Wanted
from spacy_lstm_ner.errors import CodedError

NLP = spacy.blank("en")
TEXTS = [f"text {i}" for i in range(5)]


def zstd(content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return sink.getvalue().to_pybytes()


COMPRESS = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstd}


def read(path, size=1 << 20, **wanted):
    """All rows of a file, in ranges of about so many bytes: (number, text, what goes along)."""
    source, asked = find_source(path), Wanted(**{"text": "text", **wanted})
    found = []
    for span in source.split(path, size):
        blocks = list(source.read(path, span, asked, NLP))
        assert sum(len(block.inputs) for block in blocks) == span.rows
        for block in blocks:
            rows = block.rows if isinstance(block.rows, list) else block.rows.to_pylist()
            texts = [one.text if isinstance(one, Doc) else one for one in block.inputs]
            found += zip(block.numbers, texts, rows, strict=True)
    return found


def write_lines(path, lines):
    path.write_bytes(b"".join(line.encode() + b"\n" for line in lines))


@pytest.mark.parametrize("size", [1, 20, 1000])
@pytest.mark.parametrize("ending", ["", *COMPRESS])
def test_lines(tmp_path, ending, size):
    path = tmp_path / f"a.txt{ending}"
    content = "".join(f"{text}\n" for text in TEXTS).encode()
    path.write_bytes(COMPRESS.get(ending, bytes)(content))
    assert read(path, size) == [(i, t, {"text": t}) for i, t in enumerate(TEXTS, start=1)]


def test_empty_lines_are_no_texts_but_count_as_lines(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfone\r\n\r\n \n\ntwo")
    assert [(number, text) for number, text, _ in read(tmp_path / "a.txt", 1)] == [
        (1, "one"),
        (5, "two"),
    ]


def test_a_line_in_another_encoding_fails_by_itself(tmp_path):
    (tmp_path / "a.txt").write_bytes("Zoë\n".encode() + "Zoë\n".encode("latin-1") + b"Ada\n")
    first, second, third = (text for _, text, _ in read(tmp_path / "a.txt"))
    assert (first, third) == ("Zoë", "Ada")
    assert "[LN288]" in second.message
    assert "byte 3 is 0xeb" in second.message


@pytest.mark.parametrize("size", [1, 40, 1000])
def test_objects(tmp_path, size):
    records = [{"text": text, "n": i, "meta": {"x": [i, None]}} for i, text in enumerate(TEXTS)]
    write_lines(tmp_path / "a.jsonl", map(json.dumps, records))
    assert [row for _, _, row in read(tmp_path / "a.jsonl", size)] == records
    kept = read(tmp_path / "a.jsonl", size, columns=["n"])
    assert kept[3] == (4, "text 3", {"text": "text 3", "n": 3})


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('{"text": "Ad', "LN290"),
        ("[1]", "LN290"),
        ("[" * 100_000, "LN290"),
        ('{"body": "Ada"}', "LN289.*body"),
        ('{"text": 1}', "LN289"),
    ],
)
def test_lines_that_are_no_objects_with_a_text(tmp_path, line, code):
    write_lines(tmp_path / "a.jsonl", ['{"text": "one"}', line, '{"text": "two"}'])
    (_, first, _), (number, failed, _), (_, last, _) = read(tmp_path / "a.jsonl")
    assert (first, number, last) == ("one", 2, "two")
    with pytest.raises(CodedError, match=code):
        raise CodedError(failed.message)


def test_columns_of_objects_get_types_that_their_values_have(tmp_path):
    records = [
        {"text": "a", "whole": 1, "part": 1, "yes": True, "mixed": 1, "deep": {"a": 1}},
        {"text": "b", "whole": None, "part": 0.5, "yes": False, "mixed": "x", "none": None},
    ]
    write_lines(tmp_path / "a.jsonl", map(json.dumps, records))
    schema = find_source(tmp_path / "a.jsonl").schema(tmp_path / "a.jsonl", Wanted("text"))
    assert {field.name: str(field.type) for field in schema} == {
        "text": "string",
        "whole": "int64",
        "part": "double",
        "yes": "bool",
        "mixed": "string",
        "deep": "string",
        "none": "string",
    }
    rows = [row for _, _, row in read(tmp_path / "a.jsonl", schema=schema)]
    assert rows[0]["deep"] == '{"a": 1}'
    assert rows[0]["mixed"] == "1"
    assert pa.RecordBatch.from_pylist(rows, schema).num_rows == 2


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('{"text": "a", "new": 1}', "LN291"),
        ('{"text": "a", "n": "x"}', "LN292"),
        ('{"text": "a", "n": 1e300}', "LN292"),
        ('{"text": "a", "n": 123456789012345678901234567890}', "LN292"),
        ('{"text": "a", "s": "\\ud800"}', "LN292"),
    ],
)
def test_values_that_no_column_is_for(tmp_path, line, code):
    write_lines(tmp_path / "a.jsonl", [line, '{"text": "b", "n": 1, "s": "x"}'])
    schema = pa.schema([("text", pa.string()), ("n", pa.int64()), ("s", pa.string())])
    (_, failed, _), (_, text, _) = read(tmp_path / "a.jsonl", schema=schema)
    assert isinstance(failed, Failure)
    assert code in failed.message
    assert text == "b"


values = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=8)


@given(rows=st.lists(st.tuples(values, values), min_size=1), size=st.sampled_from([1, 30, 1000]))
def test_any_table(tmp_path_factory, rows, size):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerows([("text", "note"), *rows])
    expected = [(i, a, {"text": a, "note": b}) for i, (a, b) in enumerate(rows, start=1)]
    assert read(path, size) == expected


def test_a_value_may_be_long(tmp_path):
    text = "Ada, and so on. " * 20_000
    (tmp_path / "a.csv").write_text(f'text,n\n"{text}",1\n', encoding="utf-8")
    before = csv.field_size_limit()
    assert read(tmp_path / "a.csv") == [(1, text, {"text": text, "n": "1"})]
    assert csv.field_size_limit() == before


def test_rows_that_are_no_rows_fail_by_themselves(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text('text\tnote\n"a\nb"\tc\n\nonly\nlast\tone\n', encoding="utf-8")
    (first, a, _), (second, failed, _), (third, last, _) = read(path)
    assert (first, a, second, third, last) == (1, "a\nb", 3, 4, "last")
    assert "[LN294]" in failed.message


@pytest.mark.parametrize("mark", ["\u2028", "\x85", "\x0b", "\x0c"])
def test_only_line_feeds_end_rows_without_quotes(tmp_path, mark):
    (tmp_path / "a.csv").write_text(f"text\nAda{mark}Berlin\n", encoding="utf-8")
    assert [text for _, text, _ in read(tmp_path / "a.csv")] == [f"Ada{mark}Berlin"]


def test_a_quote_that_is_never_closed(tmp_path):
    (tmp_path / "a.csv").write_text('text\n"a"\n"b\nc\nd\n', encoding="utf-8")
    with pytest.raises(CodedError, match=r"LN293.*Row 2 "):
        read(tmp_path / "a.csv")


@pytest.mark.parametrize("size", [100_000, 10_000_000])
def test_parquet_in_row_groups_of_any_size(tmp_path, size):
    texts = [*map(str, range(2500)), None]
    table = pa.table({"n": range(2501), "text": texts, "other": texts})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=700)
    found = read(tmp_path / "a.parquet", size, columns=["n"])
    assert [(number, row) for number, _, row in found] == [
        (i + 1, {"n": i, "text": text}) for i, text in enumerate(texts)
    ]
    assert [text for _, text, _ in found[:-1]] == texts[:-1]
    assert "[LN286]" in found[-1][1].message


def test_documents_keep_their_tokens_but_not_what_is_annotated(tmp_path):
    doc = Doc(NLP.vocab, ["New York", "-based"], spaces=[False, True], ents=["B-GEO", "O"])
    DocBin(docs=[doc] * 3).to_disk(tmp_path / "a.spacy")
    source = find_source(tmp_path / "a.spacy")
    [span] = source.split(tmp_path / "a.spacy", 1)
    [block] = source.read(tmp_path / "a.spacy", span._replace(start=1, rows=2), Wanted("text"), NLP)
    assert [[token.text for token in one] for one in block.inputs] == [["New York", "-based"]] * 2
    assert not block.inputs[0].ents
    assert block.rows[0] == {"text": "New York-based "}


@pytest.mark.parametrize("name", ["a", "a.doc", "a.parquet.gz", "a.spacy.gz", "jsonl", "a.gz"])
def test_names_of_no_format(tmp_path, name):
    with pytest.raises(CodedError, match="LN280"):
        find_source(tmp_path / name)


@given(st.text(string.printable.replace("\r", "").replace("\x0b", "").replace("\x0c", "")))
def test_ranges_of_any_text_have_its_lines_once(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("lines") / "a.txt"
    path.write_bytes(text.encode())
    expected = [line for line in text.encode().split(b"\n") if line.strip()]
    assert [t.encode() for _, t, _ in read(path, 3)] == expected
