import pytest
import typer

from spacy_lstm_ner.cli.options import parse_list, parse_map, parse_named


def test_names_stand_between_commas_with_or_without_spaces():
    assert parse_list(" A, B-C ,,D,") == ("A", "B-C", "D")
    assert parse_map("A=B, C = D ,") == {"A": "B", "C": "D"}
    assert parse_list("") == ()
    assert parse_map(" ") == {}


@pytest.mark.parametrize("text", ["A", "A=", "=B", "A=B,C"])
def test_what_is_no_pair_is_refused(text):
    with pytest.raises(typer.BadParameter, match="OLD=NEW"):
        parse_map(text)


def test_a_path_may_have_a_name_before_it_or_stand_for_itself(tmp_path):
    assert parse_named("fast=a/b") == ("fast", "a/b")
    assert parse_named("fast=lr=0.1/b") == ("fast", "lr=0.1/b")
    assert parse_named("a/b") == ("a/b", "a/b")
    (tmp_path / "lr=0.1").mkdir()
    path = str(tmp_path / "lr=0.1")
    assert parse_named(path) == (path, path)
    assert parse_named(f"fast={path}") == ("fast", path)
