from pathlib import Path

import pytest

from spacy_lstm_ner.training.converters.problems import SHOWN, Problems, read_text, split_lines


def test_nothing_is_raised_where_nothing_is_wrong():
    Problems().raise_any()


def test_problems_are_listed_with_their_places():
    problems = Problems()
    problems.add(Path("a.md"), 3, 7, "Wrong.")
    problems.add(Path("b.md"), 1, 1, "Wrong too.")
    with pytest.raises(ValueError, match="LN100") as caught:
        problems.raise_any()
    assert "2 problem(s)" in str(caught.value)
    assert str(caught.value).endswith("\na.md:3:7: Wrong.\nb.md:1:1: Wrong too.")


@pytest.mark.parametrize("more", [0, 1, 5])
def test_of_many_problems_the_first_are_listed(more):
    problems = Problems()
    for line in range(1, SHOWN + more + 1):
        problems.add(Path("a"), line, 1, "Wrong.")
    with pytest.raises(ValueError, match=f"{SHOWN + more} problem") as caught:
        problems.raise_any()
    assert f"a:{SHOWN}:1:" in str(caught.value)
    assert f"a:{SHOWN + 1}:1:" not in str(caught.value)
    assert (f"and {more} more" in str(caught.value)) == bool(more)


def test_a_text_is_read_without_the_mark_of_its_encoding(tmp_path):
    (tmp_path / "x").write_bytes("\ufeffCafé".encode())
    problems = Problems()
    assert read_text(tmp_path / "x", "utf-8", problems) == "Café"
    assert not problems.found


def test_bytes_that_do_not_decode_are_named_with_their_place(tmp_path):
    (tmp_path / "x").write_bytes("one\ntwo Café\n".encode("latin-1"))
    problems = Problems()
    assert read_text(tmp_path / "x", "utf-8", problems) == ""
    (found,) = problems.found
    assert found.startswith(f"{tmp_path / 'x'}:2:8: [LN101] Not encoded in utf-8")


def test_lines_end_where_editors_end_them():
    assert split_lines("a\nb\r\nc\rd\x0ce\u2028f\x85g") == ["a", "b", "c", "d\x0ce\u2028f\x85g"]


@pytest.mark.parametrize("encoding", ["utf8-bogus", "hex", "", "a\0b", "idna"])
def test_an_encoding_that_cannot_be_used_is_named(tmp_path, encoding):
    (tmp_path / "x").write_bytes(b"so " * 50 + b"\xff")
    problems = Problems()
    assert read_text(tmp_path / "x", encoding, problems) == ""
    assert any(code in problems.found[0] for code in ("LN131", "LN101"))


@pytest.mark.parametrize(
    ("data", "encoding"), [(b"a\nb\0", "utf-8"), (b"a\nb\\ud800", "unicode_escape")]
)
def test_characters_that_no_text_has_are_refused_with_their_place(tmp_path, data, encoding):
    (tmp_path / "x").write_bytes(data)
    problems = Problems()
    assert read_text(tmp_path / "x", encoding, problems) == ""
    assert problems.found[0].startswith(f"{tmp_path / 'x'}:2:2: [LN132]")


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path):
    problems = Problems()
    assert read_text(tmp_path, "utf-8", problems) == ""
    assert problems.found[0].startswith(f"{tmp_path}:1:1: [LN133]")


def test_what_a_problem_quotes_is_shortened():
    problems = Problems()
    problems.add(Path("a"), 1, 1, "Found " + "x" * 10_000_000 + ". Expected less.")
    assert len(problems.found[0]) < 600
    assert problems.found[0].endswith("Expected less.")
