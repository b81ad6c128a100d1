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
