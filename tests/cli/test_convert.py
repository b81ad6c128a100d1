import zipfile

import pytest
from spacy.cli._util import app
from typer.testing import CliRunner

import spacy_lstm_ner.cli  # noqa: F401  (adds the commands)
from spacy_lstm_ner.training.converters import FORMATS

from .. import conftest
from ..training.util import GMB_ROWS, gmb_bytes, load, write_lines


def convert(*arguments):
    result = CliRunner().invoke(app, ["lstm-ner", "convert", *map(str, arguments)])
    return result.exit_code, " ".join(result.output.split())


def entities(path):
    return [conftest.entities(doc) for doc in load(path)]


def test_gmb_csv_and_zip_give_the_same(tmp_path):
    (tmp_path / "ner.csv").write_bytes(gmb_bytes())
    with zipfile.ZipFile(tmp_path / "ner.zip", "w") as archive:
        archive.writestr("ner.csv", gmb_bytes())
        archive.writestr("__MACOSX/._ner.csv", b"junk")
    for name in ("ner.csv", "ner.zip"):
        code, output = convert(tmp_path / name, tmp_path / "out")
        assert code == 0, output
        docs = load(tmp_path / "out" / "ner.spacy")
        assert [doc.text for doc in docs] == ["London ’s mayor", "British rain"]
        assert [conftest.entities(doc) for doc in docs] == [
            [("London", "geo")],
            [("British", "gpe")],
        ]
        assert not any(doc.has_unknown_spaces for doc in docs)


def test_labels_are_renamed_dropped_and_written_in_capitals(tmp_path):
    (tmp_path / "ner.csv").write_bytes(gmb_bytes())
    code, _ = convert(tmp_path / "ner.csv", tmp_path, "--map", "geo=place", "--drop", "gpe", "-u")
    assert code == 0
    assert entities(tmp_path / "ner.spacy") == [[("London", "PLACE")], []]


def test_columns_in_any_scheme_with_repairs_counted(tmp_path):
    path = tmp_path / "x.iob2"
    path.write_text("-DOCSTART- O\n\nAnn\tI-PER\nran\tO\n\nNew\tB-GEO\nYork\tE-GEO\n")
    code, output = convert(path, tmp_path)
    assert code == 0
    assert entities(tmp_path / "x.spacy") == [[("Ann", "PER")], [("New York", "GEO")]]
    assert "x.spacy 2 4 2 1 1 1 0" in output


def test_columns_can_be_chosen(tmp_path):
    path = tmp_path / "x.conll"
    path.write_text("1 Ann B-PER NNP\n2 ran O VBD\n")
    code, _ = convert(path, tmp_path, "--word-column", 1, "--tag-column", 2)
    assert code == 0
    assert entities(tmp_path / "x.spacy") == [[("Ann", "PER")]]


def test_a_folder_of_splits_gives_a_file_for_each(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for name, words in (
        ("train", "Ann B-PER\nran O\n"),
        ("dev", "It O\n"),
        ("test", "York B-GEO\n"),
    ):
        (source / f"{name}.iob2").write_text(words)
    code, output = convert(source, tmp_path / "out")
    assert code == 0
    assert entities(tmp_path / "out" / "train.spacy") == [[("Ann", "PER")]]
    assert entities(tmp_path / "out" / "test.spacy") == [[("York", "GEO")]]
    assert "dev.spacy 1 1 0 0 0 0 0 test.spacy 1 1 1 1 0 0 0 train.spacy 1 2 1 0 1 0 0" in output


def test_help_lists_every_format_with_its_suffixes_and_options():
    result = CliRunner().invoke(app, ["lstm-ner", "convert", "--help"], env={"COLUMNS": "200"})
    shown = " ".join(result.output.split())
    for name, format in FORMATS.items():
        assert f"{name} ({' '.join(format.suffixes)}): " in shown
        for option in format.options():
            assert f"--{option.replace('_', '-')}" in shown
    assert "Column of the token, from 0; negative from the end (columns: 0 by default)" in shown


def test_a_flag_of_another_format_is_refused(tmp_path):
    (tmp_path / "x.iob2").write_text("Ann B-PER\n")
    code, output = convert(tmp_path / "x.iob2", tmp_path / "out", "--labels", "PER")
    assert code == 1
    assert "LN123" in output
    assert not (tmp_path / "out").exists()


def test_labels_that_marks_may_have_are_a_list(tmp_path):
    path = tmp_path / "x.md"
    path.write_text("[York](GEO) [Ann](PER)\n")
    assert convert(path, tmp_path, "--labels", "GEO, PER")[0] == 0
    path.write_text("[York](EO)\n")
    code, output = convert(path, tmp_path, "--labels", "GEO,PER")
    assert code == 1
    assert "[LN110] Unknown label 'EO'. Expected one of: GEO, PER." in output


def test_the_encoding_can_be_set(tmp_path):
    path = tmp_path / "x.iob2"
    path.write_bytes("Café B-ORG\n".encode("latin-1"))
    code, output = convert(path, tmp_path)
    assert code == 1
    assert "x.iob2:1:4: [LN101]" in output
    assert convert(path, tmp_path, "-e", "latin-1")[0] == 0
    assert entities(tmp_path / "x.spacy") == [[("Café", "ORG")]]


def test_a_map_of_labels_is_of_pairs(tmp_path):
    (tmp_path / "x.iob2").write_text("Ann B-PER\n")
    code, output = convert(tmp_path / "x.iob2", tmp_path / "out", "--map", "PER=")
    assert code == 2
    assert "'PER' is not of the form OLD=NEW" in output


def test_inline_marks_go_to_the_splits_that_their_headers_name(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.md").write_text("## a-1 train\n[Ann](PER) ran.\n## a-2 dev\nRain.\n")
    (source / "b.md").write_text("## b-1 test\nIn [York](GEO).\n")
    code, output = convert(source, tmp_path)
    assert code == 0
    assert entities(tmp_path / "train.spacy") == [[("Ann", "PER")]]
    assert entities(tmp_path / "test.spacy") == [[("York", "GEO")]]
    assert "train.spacy 1 3 1" in output


@pytest.mark.parametrize(
    ("name", "content", "options", "code"),
    [
        ("x.csv", gmb_bytes(header=("a", "b", "c", "d")), [], "LN104"),
        ("x.csv", b"Sentence #,Word,POS,Tag\r\nS,\x81,NN,O\r\n", [], "LN101"),
        ("x.csv", gmb_bytes([*GMB_ROWS, ("", "w", "NN", "Q-geo")]), [], "x.csv:7:1: [LN001]"),
        ("x.csv", gmb_bytes(), ["--split", "gmb"], "LN120"),
        ("x.csv", gmb_bytes(), ["--split", "most"], "LN121"),
        ("x.csv", gmb_bytes(), ["--drop", "nat"], "LN102"),
        ("x.csv", b"", [], "LN104"),
        ("x.iob2", b"Ann B-PER\nran Q-PER\n", [], "x.iob2:2:1: [LN001]"),
        ("x.iob2", b"alone\n", [], "x.iob2:1:1: [LN103]"),
        ("x.iob2", b"Ann B-PER\nran O\n", ["--word-column", "3"], "x.iob2:2:1: [LN103]"),
        ("x.iob2", b"Ann\tB-PER\n\tO\n", [], "x.iob2:2:1: [LN103]"),
        ("x.iob2", b"\n", [], "LN107"),
        ("x.md", b"## a train\n[Lon](GEO)doners\n", [], "LN108"),
        ("x.md", b"## a train\n[York](CITY)\n", ["--labels", "GEO"], "x.md:2:1: [LN110]"),
        ("x.dat", b"?", [], "LN109"),
        ("x.md", b"text", ["--format", "xml"], "LN030"),
    ],
)
def test_bad_input_is_named_and_nothing_is_written(tmp_path, name, content, options, code):
    (tmp_path / name).write_bytes(content)
    exit_code, output = convert(tmp_path / name, tmp_path / "out", *options)
    assert exit_code == 1
    assert code.replace(" ", "") in output.replace(" ", "")
    assert not list(tmp_path.glob("out/*"))


def test_what_was_given_up_and_what_was_skipped_is_listed_and_counted(tmp_path):
    spans = [{"start": s, "end": e, "label": "GEO"} for s, e in ((0, 8), (4, 8))]
    task = {"text": "New York", "spans": spans, "answer": "accept"}
    path = write_lines(tmp_path / "x.jsonl", {**task, "answer": "ignore"}, task)
    code, output = convert(path, tmp_path / "out")
    assert code == 0
    assert entities(tmp_path / "out" / "x.spacy") == [[("New York", "GEO")]]
    assert "[LW102] 1 mentions" in output
    assert "x.jsonl:2:1: 'York'" in output
    assert "[LW103] 1 records" in output
    assert "x.jsonl:1:1: ignored" in output
    assert "repaired lost overlapping skipped" in output
    assert "x.spacy 1 2 1 1 0 0 1 1" in output


def test_names_of_tags_are_a_list(tmp_path):
    path = write_lines(tmp_path / "x.jsonl", {"tokens": ["Ann", "ran"], "ner_tags": [1, 0]})
    assert convert(path, tmp_path, "--tag-names", "O,B-PER")[0] == 0
    assert entities(tmp_path / "x.spacy") == [[("Ann", "PER")]]
    code, output = convert(path, tmp_path)
    assert code == 1
    assert "LN253" in output


def test_missing_input_is_named(tmp_path):
    code, output = convert(tmp_path / "none.csv", tmp_path / "out")
    assert code == 1
    assert "LN106" in output


def test_marks_that_do_not_align_may_be_allowed(tmp_path):
    (tmp_path / "x.md").write_text("## a train\n[Lon](GEO)doners of [York](GEO)\n")
    code, output = convert(tmp_path / "x.md", tmp_path, "--max-lost", 0.5)
    assert code == 0
    assert "LW100" in output
    assert "x.md:2:1: 'Lon'" in output
