import pytest

from spacy_lstm_ner.training.converters.columns import Columns

from ...conftest import entities
from ..util import read


def write(tmp_path, text):
    path = tmp_path / "x.conll"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_blank_line_ends_a_document_and_a_document_start_is_not_a_token(tmp_path):
    path = write(tmp_path, "-DOCSTART- O\n\nAnn\tB-PER\nran\tO\n\n\nNew\tB-GEO\nYork\tI-GEO\n")
    (first, second), problems = read(Columns(), path)
    assert not problems
    assert (first.doc.text, entities(first.doc)) == ("Ann ran", [("Ann", "PER")])
    assert (second.doc.text, entities(second.doc)) == ("New York", [("New York", "GEO")])
    assert [(document.path, document.line) for document in (first, second)] == [
        (path, 3),
        (path, 7),
    ]


def test_columns_can_be_chosen(tmp_path):
    path = write(tmp_path, "1 Ann B-PER NNP\n2 ran O VBD\n")
    (document,), problems = read(Columns(word_column=-3, tag_column=2), path)
    assert not problems
    assert entities(document.doc) == [("Ann", "PER")]


def test_only_what_separates_columns_and_lines_does(tmp_path):
    path = tmp_path / "x.iob2"
    words = ["10\u00a0km", "a\u2028b", "c\x0cd"]
    lines = "\r\n".join(f"{word} O" for word in words)
    path.write_bytes(("\ufeff-DOCSTART- O\r\n\r\n" + lines).encode())
    (document,), problems = read(Columns(), path)
    assert not problems
    assert [token.text for token in document.doc] == words


def test_a_tab_separates_columns_where_there_is_one(tmp_path):
    (document,), _ = read(Columns(), write(tmp_path, "New York\tB-GEO\n"))
    assert [token.text for token in document.doc] == ["New York"]


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("alone", {}),
        ("\tO", {}),
        ("ran\t", {}),
        ("ran O", {"word_column": 3}),
        ("ran O", {"tag_column": -3}),
    ],
)
def test_every_line_without_a_token_or_tag_is_named(tmp_path, line, options):
    path = write(tmp_path, f"{line}\nAnn B-PER y B-PER\n{line}\n")
    _, problems = read(Columns(**options), path)
    assert [problem.split("[")[0] for problem in problems] == [f"{path}:1:1: ", f"{path}:3:1: "]
    assert all("LN103" in problem for problem in problems)


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("# id = a\n# text = A O\n1\tAnn\tB-PER\t-\n", {"word_column": 1, "tag_column": 2}, "Ann"),
        ("#\thttp://x.org [2009]\n1\tAnn\tB-PER\tO\n", {"word_column": 1, "tag_column": 2}, "Ann"),
        ("# id 1\tdomain=train\nann _ _ B-PER\n", {}, "ann"),
        ("# O\n1 O\n", {}, "# 1"),
        ("is O\n# O\n1 O\n", {}, "is # 1"),
        ("# O\n\nis O\n", {}, "# is"),
        ("#win O\nnow O\n", {}, "#win now"),
        ("#\tNN\tO\n\nis\tVB\tO\n", {}, "# is"),
        ("# O\n\n# O\n", {}, "# #"),
        ("# the end of it\n\nis O\n", {}, "is"),
    ],
)
def test_comments_are_left_out_and_a_hash_is_a_token(tmp_path, text, options, words):
    documents, problems = read(Columns(**options), write(tmp_path, text))
    assert not problems
    assert [token.text for document in documents for token in document.doc] == words.split()


def test_tags_without_prefixes_are_those_of_stanfords_recognizer(tmp_path):
    path = write(tmp_path, "Ada\tPER\nsaw\tO\nNew\tLOC\nYork\tLOC\nBob\tPER\n\nOslo\tLOC\n")
    documents, problems = read(Columns(), path)
    assert not problems
    assert [entities(document.doc) for document in documents] == [
        [("Ada", "PER"), ("New York", "LOC"), ("Bob", "PER")],
        [("Oslo", "LOC")],
    ]
    assert [document.repaired for document in documents] == [0, 0]


@pytest.mark.parametrize("text", ["Ada\tPER\nsaw\tO\n\nOslo\tB-LOC\n", "Ada\tNNP\nsaw\tVBD\n"])
def test_a_tag_without_a_prefix_among_others_is_an_error(tmp_path, text):
    _, problems = read(Columns(), write(tmp_path, text))
    assert problems[0].startswith(f"{tmp_path / 'x.conll'}:1:1: [LN001]")


def test_columns_in_which_nothing_is_annotated_are_most_likely_others(tmp_path):
    path = tmp_path / "a.iob2"
    path.write_text("# id\n1\tIlse\tB-PER\t-\t-\n2\truns\tO\t-\t-\n", encoding="utf-8")
    documents, found = read(Columns(), path)
    assert len(found) == 1
    assert "LN256" in found[0]
    assert "column 0" in found[0]
    assert "column -1" in found[0]
    documents, found = read(Columns(word_column=1, tag_column=2), path)
    assert [[token.text for token in one.doc] for one in documents] == [["Ilse", "runs"]]
    assert not found


UNIVERSAL = "# text = Im Bad\n1-2\tIm\t{0}\n1\tIn\tO\n2\tdem\tO\n2.1\tx\t_\n3\tBad\tB-LOC\n"


@pytest.mark.parametrize(
    ("tag", "words"), [("_", ["In", "dem", "Bad"]), ("B-LOC", ["Im", "In", "dem", "Bad"])]
)
@pytest.mark.parametrize("columns", [(1, 2), (-2, -1)])
def test_ranges_of_words_without_a_tag_are_no_tokens(tmp_path, tag, words, columns):
    path = write(tmp_path, UNIVERSAL.format(tag))
    reader = Columns(word_column=columns[0], tag_column=columns[1])
    (document,), problems = read(reader, path)
    assert not problems
    assert [token.text for token in document.doc] == words


@pytest.mark.parametrize("text", ["1-2\t_\n1\tB-X\n", "Im\t_\n1\tB-X\n"])
@pytest.mark.parametrize("column", [0, -2])
def test_a_token_without_a_tag_is_an_error(tmp_path, text, column):
    _, problems = read(Columns(word_column=column), write(tmp_path, text))
    assert problems[0].startswith(f"{tmp_path / 'x.conll'}:1:1: [LN001]")
