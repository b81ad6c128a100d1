import pytest
import typer

from spacy_lstm_ner.cli.options import parse_list, parse_map


def test_names_stand_between_commas_with_or_without_spaces():
    assert parse_list(" A, B-C ,,D,") == ("A", "B-C", "D")
    assert parse_map("A=B, C = D ,") == {"A": "B", "C": "D"}
    assert parse_list("") == ()
    assert parse_map(" ") == {}


@pytest.mark.parametrize("text", ["A", "A=", "=B", "A=B,C"])
def test_what_is_no_pair_is_refused(text):
    with pytest.raises(typer.BadParameter, match="OLD=NEW"):
        parse_map(text)
