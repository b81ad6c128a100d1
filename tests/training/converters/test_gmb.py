import zipfile

import pytest

from spacy_lstm_ner.training.converters import gmb
from spacy_lstm_ner.training.converters.gmb import GMB

from ...conftest import entities
from ..util import GMB_ROWS, gmb_bytes, read


def write(tmp_path, rows=GMB_ROWS, **settings):
    path = tmp_path / "ner.csv"
    path.write_bytes(gmb_bytes(rows, **settings))
    return path


def test_a_row_with_a_number_begins_a_sentence(tmp_path):
    path = write(tmp_path)
    (first, second), problems = read(GMB(), path)
    assert not problems
    assert [token.text for token in first.doc] == ["London", "’s", "mayor"]
    assert entities(first.doc) == [("London", "geo")]
    assert [token.text for token in second.doc] == ["British", "rain"]
    assert entities(second.doc) == [("British", "gpe")]
    assert [document.line for document in (first, second)] == [2, 5]


def test_tokens_may_hold_commas_and_quotation_marks(tmp_path):
    path = write(tmp_path, [("Sentence: 1", "1,000", "CD", "O"), ("", '"', "``", "O")])
    (document,), _ = read(GMB(), path)
    assert [token.text for token in document.doc] == ["1,000", '"']


def test_rows_of_another_length_are_named(tmp_path):
    path = write(tmp_path, [*GMB_ROWS, ("", "w", "NN"), ("", "w", "NN", "O", "x")])
    _, problems = read(GMB(), path)
    assert [problem.split("]")[0] for problem in problems] == [
        f"{path}:7:1: [LN104",
        f"{path}:8:1: [LN104",
    ]


def test_another_header_is_named_once(tmp_path):
    _, problems = read(GMB(), write(tmp_path, header=("a", "b", "c", "d")))
    assert len(problems) == 1
    assert "LN104" in problems[0]
    assert "['a', 'b', 'c', 'd']" in problems[0]


def test_a_zip_is_read_whatever_else_a_mac_put_in_it(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("ner.csv", gmb_bytes())
        archive.writestr("__MACOSX/._ner.csv", b"junk")
    documents, problems = read(GMB(), tmp_path / "x.zip")
    assert not problems
    assert [document.doc.text for document in documents] == ["London ’s mayor", "British rain"]


@pytest.mark.parametrize("names", [[], ["a.csv", "b.csv"]])
def test_an_archive_of_no_or_several_files_is_refused(tmp_path, names):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("read.me", b"")
        for name in names:
            archive.writestr(name, gmb_bytes())
    with pytest.raises(ValueError, match=rf"LN105.*x\.zip has {len(names)} CSV"):
        read(GMB(), tmp_path / "x.zip")


HEADER = "Sentence #,Word,POS,Tag\nSentence: 1,He,PRP,O\n"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (",\",``,O\n,Obama,NNP,B-per\n,\",'',O", "LN134"),
        (',"so"so,NN,O', "LN134"),
        (f",{'x' * 200_000},NN,O", "LN134"),
        (",,NN,O", "LN135"),
    ],
)
def test_rows_are_not_swallowed(tmp_path, row, code):
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER}{row}\n,said,VB,O\n", encoding="utf-8")
    documents, problems = read(GMB(), path)
    assert problems[0].startswith(f"{path}:3:1: [{code}]")
    assert max(map(len, problems)) < 1000
    assert [token.text for document in documents for token in document.doc][-1] == "said"


@pytest.mark.parametrize("encoding", ["windows-1252", "utf-8", "utf-8-sig"])
def test_the_file_may_have_been_saved_as_utf8(tmp_path, encoding):
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER},Zoë,NNP,B-per\n", encoding=encoding)
    (document,), problems = read(GMB(), path)
    assert not problems
    assert document.doc.text == "He Zoë"


def test_an_encoding_that_is_named_is_the_one(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER},Zoë,NNP,B-per\n", encoding="utf-8")
    (document,), _ = read(GMB(encoding="windows-1252"), path)
    assert document.doc.text == "He ZoÃ«"


def damage(data, kind):
    data = bytearray(data)
    if kind == "flipped":
        data[60] ^= 255
    elif kind == "cut":
        del data[:10]
    elif kind == "encrypted":
        data[6] |= 1
        data[data.find(b"PK\x01\x02") + 8] |= 1
    elif kind == "unknown packing":
        data[8] = data[data.find(b"PK\x01\x02") + 10] = 77
    return bytes(data)


@pytest.mark.parametrize("kind", ["flipped", "cut", "encrypted", "unknown packing"])
def test_an_archive_that_cannot_be_read_is_named(tmp_path, kind):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", gmb_bytes() * 50)
    path.write_bytes(damage(path.read_bytes(), kind))
    with pytest.raises(ValueError, match=r"LN136.*a\.zip"):
        read(GMB(), path)


def test_an_archive_that_would_fill_the_memory_is_refused_unread(tmp_path, monkeypatch):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", gmb_bytes())
    size = len(gmb_bytes())
    monkeypatch.setattr(gmb, "LARGEST", size)
    assert len(read(GMB(), path)[0]) == 2
    monkeypatch.setattr(gmb, "LARGEST", size - 1)
    with pytest.raises(ValueError, match=f"LN137.*{size} bytes"):
        read(GMB(), path)
