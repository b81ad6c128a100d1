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


def read_rows(folder, *rows):
    """The document of lines, each a number, a word and what is under MISC."""
    path = folder / "x.conllu"
    lines = ("\t".join([number, word, *["_"] * 7, misc]) for number, word, misc in rows)
    path.write_text("\n".join(lines), encoding="utf-8")
    (found,), problems = read(CoNLLU(), path)
    assert not problems
    return found.doc


def test_no_space_after_a_range_of_words_is_none_after_its_last(tmp_path):
    doc = read_rows(
        tmp_path,
        ("1", "Ada", "name=B-PER"),
        ("2-3", "du", "SpaceAfter=No"),
        ("2", "de", "_"),
        ("3", "le", "_"),
        ("4", ",", "_"),
        ("5", "non", "_"),
    )
    assert doc.text == "Ada de le, non"


@pytest.mark.parametrize("own", ["_", "name=O"])
@pytest.mark.parametrize(
    ("before", "tag", "after", "expected"),
    [
        ("O", "B-GEO", "I-GEO", ["de le Bois"]),
        ("O", "S-GEO", "U-GEO", ["de le", "Bois"]),
        ("B-GEO", "I-GEO", "E-GEO", ["Ada de le Bois"]),
        ("B-GEO", "E-GEO", "S-GEO", ["Ada de le", "Bois"]),
        ("U-GEO", "O", "B-GEO", ["Ada", "Bois"]),
    ],
)
def test_the_tag_of_a_range_is_that_of_its_words(tmp_path, own, before, tag, after, expected):
    doc = read_rows(
        tmp_path,
        ("1", "Ada", f"name={before}"),
        ("2-3", "du", f"name={tag}"),
        ("2", "de", own),
        ("2.1", "_", "_"),
        ("3", "le", own),
        ("4", "Bois", f"name={after}"),
    )
    assert [text for text, _ in entities(doc)] == expected


def test_tags_of_words_count_more_than_that_of_their_range(tmp_path):
    rows = [("1-2", "du", "B-GEO"), ("1", "de", "_"), ("2", "le", "B-GEO"), ("3", "x", "_")]
    assert entities(read_rows(tmp_path, *rows)) == [("le", "GEO")]


def test_a_range_alone_may_have_tags_and_one_of_other_words_does_nothing(tmp_path):
    rows = [("1-2", "du", "B-GEO"), ("1", "de", "_"), ("7", "le", "_"), ("3-2", "x", "B-PER")]
    doc = read_rows(tmp_path, *rows)
    assert (doc.text, entities(doc)) == ("de le", [("de", "GEO")])
