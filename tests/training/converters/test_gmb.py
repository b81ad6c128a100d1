import zipfile

import pytest

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
