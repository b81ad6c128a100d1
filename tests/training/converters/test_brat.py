import pytest

from spacy_lstm_ner.training.convert import convert
from spacy_lstm_ner.training.converters.brat import Brat
from spacy_lstm_ner.training.converters.labels import LabelMap
from spacy_lstm_ner.training.converters.problems import Problems

from ...conftest import entities
from ..util import NLP, load, read, unknown

TEXT = "Ada saw New\nYork and Zoë."


def write(folder, annotation, text=TEXT, name="a"):
    (folder / f"{name}.txt").write_bytes(text.encode())
    path = folder / f"{name}.ann"
    path.write_text(annotation, encoding="utf-8")
    return path


def test_text_bound_annotation_is_read_and_other_lines_are_not(tmp_path):
    annotation = (
        "T1\tPER 0 3\tAda\nR1\tknows Arg1:T1 Arg2:T2\t\nE1\tSee:T1\nA1\tOld T1\n"
        "#1\tAnnotatorNotes T1\tsure\n*\tEquiv T1 T2\n\nT2\tGEO 8 16\tNew York\n"
    )
    (document,), problems = read(Brat(), write(tmp_path, annotation))
    assert not problems
    assert document.doc.text == TEXT
    assert entities(document.doc) == [("Ada", "PER"), ("New\nYork", "GEO")]
    assert unknown(document.doc) == []


def test_a_text_without_annotation_has_no_entities(tmp_path):
    (document,), problems = read(Brat(), write(tmp_path, ""))
    assert not problems
    assert (len(document.doc.ents), unknown(document.doc)) == (0, [])


def test_line_ends_of_two_characters_count_as_two(tmp_path):
    path = write(tmp_path, "T1\tGEO 5 9\tOslo\n", text="Hm.\r\nOslo\r\n")
    (document,), problems = read(Brat(), path)
    assert not problems
    assert entities(document.doc) == [("Oslo", "GEO")]


def test_a_mention_in_pieces_is_listed_and_its_tokens_are_unknown(tmp_path):
    path = write(tmp_path, "T1\tGEO 8 11;21 24\tNew Zoë\nT2\tPER 0 3\tAda\n")
    labels = LabelMap()
    (document,) = Brat().read(path, NLP, labels, Problems())
    assert entities(document.doc) == [("Ada", "PER")]
    assert unknown(document.doc) == ["New", "Zoë"]
    assert document.lost == [f"{path}:1:1: 'New ... Zoë', which is in pieces"]
    assert labels.seen == {"GEO": 1, "PER": 1}
    (document,) = Brat().read(path, NLP, LabelMap(drop=["GEO"]), Problems())
    assert (document.lost, unknown(document.doc)) == ([], [])


def test_offsets_and_words_of_pieces_are_read_like_others(tmp_path):
    text = "😀😀 a a Bob"  # offsets of the words in UTF-16 are 5, 7 and 9
    path = write(tmp_path, "T1\tX 5 6\ta\nT2\tPER 0 4;9 12\t😀😀 Bob\n", text=text)
    (document,), problems = read(Brat(), path)
    assert not problems
    assert [(ent.text, ent.start_char) for ent in document.doc.ents] == [("a", 3)]
    assert unknown(document.doc) == ["😀", "😀", "Bob"]
    assert document.lost == [f"{path}:2:1: '😀😀 ... Bob', which is in pieces"]


@pytest.mark.parametrize("shift", [0, 1])
def test_a_byte_order_mark_may_count_as_a_character(tmp_path, shift):
    lines = [("X", 3, 4, "a"), ("PER", 8, 11, "Bob")]
    annotation = "".join(f"T\t{x} {s + shift} {e + shift}\t{w}\n" for x, s, e, w in lines)
    (document,), problems = read(Brat(), write(tmp_path, annotation, text="\ufeffa, a a, Bob."))
    assert not problems
    assert document.doc.text == "a, a a, Bob."
    assert [(ent.text, ent.start_char) for ent in document.doc.ents] == [("a", 3), ("Bob", 8)]


def test_what_is_off_by_one_without_a_byte_order_mark_is_an_error(tmp_path):
    _, problems = read(Brat(), write(tmp_path, "T1\tPER 1 4\tAda\n"))
    assert len(problems) == 1
    assert "[LN241]" in problems[0]


def test_texts_of_a_folder_are_not_read_by_themselves(tmp_path):
    write(tmp_path, "T1\tPER 0 3\tAda\n")
    (tmp_path / "b.md").write_text("[Bob](PER) ran.", encoding="utf-8")
    written = convert(tmp_path, tmp_path / "out")
    assert [path.name for path in written] == ["a.spacy", "b.spacy"]
    assert entities(*load(tmp_path / "out" / "a.spacy")) == [("Ada", "PER")]
    assert entities(*load(tmp_path / "out" / "b.spacy")) == [("Bob", "PER")]


def test_that_there_is_no_text_is_named(tmp_path):
    path = write(tmp_path, "")
    (tmp_path / "a.txt").unlink()
    documents, problems = read(Brat(), path)
    assert not documents
    assert problems[0].startswith(f"{path}:1:1: [LN248]")
    assert "a.txt" in problems[0]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("T1", "LN249"),
        ("T1\tPER 0 3", "LN249"),
        ("T1 PER 0 3 Ada", "LN249"),
        ("T1\tPER 0 x\tAda", "LN249"),
        ("T1\tPER 0\tAda", "LN249"),
        ("T1\tPER 3 0\tAda", "LN240"),
        ("T1\tPER 0 99\tAda", "LN240"),
        ("T1\tPER 0 3;50 99\tAda Bob", "LN240"),
        (f"T1\tPER 0 {'9' * 5000}\tAda", "LN240"),
        (f"T1\tPER 0 1;{'9' * 5000} 3\tAda", "LN240"),
        ("T1\tPER 0 3\tBob", "LN241"),
        ("T1\tPER 0 3;21 24\tAda Bob", "LN241"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, line, code):
    path = write(tmp_path, f"T0\tPER 0 3\tAda\n{line}\n")
    _, problems = read(Brat(), path)
    assert len(problems) == 1
    assert problems[0].startswith(f"{path}:2:1: [{code}]")
