import pytest

from spacy_lstm_ner.training.converters.conllu import CoNLLU

from ...conftest import entities
from ..util import read

SENTENCE = """\
# text = Ada (PER) saw du Bois.
1	Ada	Ada	PROPN	_	_	4	nsubj	_	{0}
2	(	(	PUNCT	_	_	3	punct	_	{1}
3	PER	per	NOUN	_	_	1	appos	_	{2}
3.1	was	be	AUX	_	_	_	_	3:cop	_
4-5	saw	_	_	_	_	_	_	_	_
4	sa	see	VERB	_	_	0	root	_	{3}
5	w	see	VERB	_	_	4	fixed	_	{4}
"""


def write(folder, *misc, more=""):
    path = folder / "x.conllu"
    path.write_text(SENTENCE.format(*misc) + more, encoding="utf-8")
    return path


@pytest.mark.parametrize("key", ["name=", "NE=", "NER=", ""])
def test_tags_are_found_among_what_else_is_told_of_a_word(tmp_path, key):
    misc = f"{key}B-PER", "Gloss=O-O|SpaceAfter=No", f"Gloss=B|{key}B-X", f"{key}O", "_"
    (found,), problems = read(CoNLLU(), write(tmp_path, *misc))
    assert not problems
    assert found.doc.text == "Ada (PER sa w"
    assert entities(found.doc) == [("Ada", "PER"), ("PER", "X")]
    assert [token.ent_iob_ for token in found.doc] == ["B", "O", "B", "O", "O"]
    assert found.line == 2


def test_empty_lines_part_sentences_and_a_word_may_be_left_open(tmp_path):
    more = "\n \n1\t#\t_\t_\t_\t_\t_\t_\t_\tname=-\n2\tTed\t_\t_\t_\t_\t_\t_\t_\tname=U-PER\n"
    path = write(tmp_path, "name=B-GEO", "name=I-GEO", "_", "_", "_", more=more)
    (first, second), problems = read(CoNLLU(), path)
    assert not problems
    assert entities(first.doc) == [("Ada (", "GEO")]
    assert [token.ent_iob_ for token in second.doc] == ["", "B"]


def test_a_file_without_tags_is_told(tmp_path):
    _, problems = read(CoNLLU(), write(tmp_path, *["SpaceAfter=No"] * 5))
    assert problems[0].startswith(f"{tmp_path / 'x.conllu'}:1:1: [LN258]")


@pytest.mark.parametrize(
    "line", ["1\tAda", "Ada B-PER", "1\t" * 10 + "1", "x\tAda" + "\t_" * 8, "1\t" + "\t_" * 8]
)
def test_every_line_that_is_no_word_is_named(tmp_path, line):
    path = write(tmp_path, *["name=O"] * 5, more=line + "\n")
    (found,), problems = read(CoNLLU(), path)
    assert [problem.split("]")[0] for problem in problems] == [f"{path}:9:1: [LN257"]
    assert len(found.doc) == 5


@pytest.mark.parametrize("tag", ["I-", "PER", "Q-X", ""])
def test_an_unknown_tag_is_named(tmp_path, tag):
    _, problems = read(CoNLLU(), write(tmp_path, f"name={tag}", "name=B-PER", "_", "_", "_"))
    assert problems[0].startswith(f"{tmp_path / 'x.conllu'}:2:1: [LN001]")
