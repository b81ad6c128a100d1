import pytest

from spacy_lstm_ner.training.convert import convert
from spacy_lstm_ner.training.converters.iob import IOB

from ...conftest import entities
from ..util import load, read


def write(folder, text):
    path = folder / "x.iob"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_line_is_a_document(tmp_path):
    path = write(tmp_path, "Ada|B-PER flew|O\r\n\n New|NNP|I-GEO  York|NNP|I-GEO .|.|O \n")
    (first, second), problems = read(IOB(), path)
    assert not problems
    assert (first.doc.text, entities(first.doc), first.line) == ("Ada flew", [("Ada", "PER")], 1)
    assert second.doc.text == "New York ."
    assert entities(second.doc) == [("New York", "GEO")]
    assert (second.line, second.repaired) == (3, 1)


@pytest.mark.parametrize("space", ["\t", "\u00a0", "\u3000", "  "])
def test_tokens_are_between_any_white_space(tmp_path, space):
    path = write(tmp_path, f"Ada|B-PER{space}ran|O\n")
    (sentence,), problems = read(IOB(), path)
    assert not problems
    assert [token.text for token in sentence.doc] == ["Ada", "ran"]
    assert entities(sentence.doc) == [("Ada", "PER")]


@pytest.mark.parametrize("item", ["Ada", "|O", "Ada|", "Ada||", "a|b|c|O", "|"])
def test_every_token_without_word_or_tag_is_named(tmp_path, item):
    path = write(tmp_path, f"Ada|B-PER ran|O\n{item} ran|O {item}\n")
    _, problems = read(IOB(), path)
    assert [problem.split("]")[0] for problem in problems] == [f"{path}:2:1: [LN250"] * 2


def test_an_unknown_tag_is_named(tmp_path):
    _, problems = read(IOB(), write(tmp_path, "Ada|B-PER\nran|Q-X\n"))
    assert "x.iob:2:1: [LN001]" in problems[0]


@pytest.mark.parametrize(
    "text", ["Ada|B-PER flew|O\n", "Ada B-PER\nflew O\n", "Ada\tB-PER\nflew\tO\n"]
)
def test_columns_may_have_the_same_suffix(tmp_path, text):
    convert(write(tmp_path, text), tmp_path)
    (doc,) = load(tmp_path / "x.spacy")
    assert (doc.text, entities(doc)) == ("Ada flew", [("Ada", "PER")])
