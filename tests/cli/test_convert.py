import csv
import io
import zipfile
from collections import Counter

import pytest
import spacy
from spacy.cli._util import app
from spacy.tokens import DocBin
from typer.testing import CliRunner

import spacy_lstm_ner.cli  # noqa: F401  (adds the commands)

from ..conftest import DATA

GMB = [
    ("Sentence: 1", "London", "NNP", "B-geo"),
    ("", "’s", "POS", "O"),
    ("", "mayor", "NN", "O"),
    ("Sentence: 2", "British", "JJ", "B-gpe"),
    ("", "rain", "NN", "O"),
]


def convert(*arguments):
    result = CliRunner().invoke(app, ["lstm-ner", "convert", *map(str, arguments)])
    return result.exit_code, " ".join(result.output.split())


def read(path):
    return list(DocBin().from_disk(path).get_docs(spacy.blank("en").vocab))


def entities(docs):
    return [[(ent.text, ent.label_) for ent in doc.ents] for doc in docs]


def gmb_bytes(rows=GMB, header=("Sentence #", "Word", "POS", "Tag")):
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode("windows-1252")


def test_gmb_csv_and_zip_give_the_same(tmp_path):
    (tmp_path / "ner.csv").write_bytes(gmb_bytes())
    with zipfile.ZipFile(tmp_path / "ner.zip", "w") as archive:
        archive.writestr("ner.csv", gmb_bytes())
        archive.writestr("__MACOSX/._ner.csv", b"junk")
    for name in ("ner.csv", "ner.zip"):
        code, output = convert(tmp_path / name, tmp_path / "out")
        assert code == 0, output
        docs = read(tmp_path / "out" / "ner.spacy")
        assert [doc.text for doc in docs] == ["London ’s mayor", "British rain"]
        assert entities(docs) == [[("London", "geo")], [("British", "gpe")]]
        assert not any(doc.has_unknown_spaces for doc in docs)


def test_labels_are_renamed_dropped_and_written_in_capitals(tmp_path):
    (tmp_path / "ner.csv").write_bytes(gmb_bytes())
    code, _ = convert(tmp_path / "ner.csv", tmp_path, "--map", "geo=place", "--drop", "gpe", "-u")
    assert code == 0
    assert entities(read(tmp_path / "ner.spacy")) == [[("London", "PLACE")], []]


def test_columns_in_any_scheme_with_repairs_counted(tmp_path):
    path = tmp_path / "x.iob2"
    path.write_text("-DOCSTART- O\n\nAnn\tI-PER\nran\tO\n\nNew\tB-GEO\nYork\tE-GEO\n")
    code, output = convert(path, tmp_path)
    assert code == 0
    assert entities(read(tmp_path / "x.spacy")) == [[("Ann", "PER")], [("New York", "GEO")]]
    assert "all 2 4 2 1 1 1 0" in output


def test_columns_can_be_chosen(tmp_path):
    path = tmp_path / "x.conll"
    path.write_text("1 Ann B-PER NNP\n2 ran O VBD\n")
    code, _ = convert(path, tmp_path, "--word-column", 1, "--tag-column", 2)
    assert code == 0
    assert entities(read(tmp_path / "x.spacy")) == [[("Ann", "PER")]]


def test_only_what_separates_columns_and_lines_does(tmp_path):
    path = tmp_path / "x.iob2"
    words = ["10\u00a0km", "a\u2028b", "c\x0cd"]
    lines = "\r\n".join(f"{word} O" for word in words)
    path.write_bytes(("\ufeff-DOCSTART- O\r\n\r\n" + lines).encode())
    assert convert(path, tmp_path)[0] == 0
    (doc,) = read(tmp_path / "x.spacy")
    assert [token.text for token in doc] == words


def test_an_archive_of_several_files_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.csv", gmb_bytes())
        archive.writestr("b.csv", gmb_bytes())
    code, output = convert(tmp_path / "x.zip", tmp_path / "out")
    assert code == 1
    assert "LN105" in output


def test_shares_divide_documents_in_order(tmp_path):
    path = tmp_path / "x.iob2"
    path.write_text("\n\n".join(f"w{i}\tO" for i in range(10)))
    code, _ = convert(path, tmp_path, "--split", "70/20/10")
    assert code == 0
    parts = [[d.text for d in read(tmp_path / f"{n}.spacy")] for n in ("train", "dev", "test")]
    assert parts == [[f"w{i}" for i in range(7)], ["w7", "w8"], ["w9"]]


def test_inline_marks_go_to_the_splits_that_their_headers_name(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.md").write_text("## a-1 train\n[Ann](PER) ran.\n## a-2 dev\nRain.\n")
    (source / "b.md").write_text("## b-1 test\nIn [York](GEO).\n")
    code, output = convert(source, tmp_path)
    assert code == 0
    assert entities(read(tmp_path / "train.spacy")) == [[("Ann", "PER")]]
    assert entities(read(tmp_path / "test.spacy")) == [[("York", "GEO")]]
    assert "train 1 3 1" in output


@pytest.mark.parametrize(
    ("name", "content", "options", "code"),
    [
        ("x.csv", gmb_bytes(header=("a", "b", "c", "d")), [], "LN104"),
        ("x.csv", b"Sentence #,Word,POS,Tag\r\nS,\x81,NN,O\r\n", [], "LN101"),
        ("x.csv", gmb_bytes([*GMB, ("", "w", "NN", "Q-geo")]), [], "x.csv:7:1: [LN001]"),
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


def test_an_earlier_file_survives_a_failure(tmp_path, monkeypatch):
    (tmp_path / "x.iob2").write_text("Ann B-PER\n")
    convert(tmp_path / "x.iob2", tmp_path)
    before = (tmp_path / "x.spacy").read_bytes()

    def fail(self, path):
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(DocBin, "to_disk", fail)
    code, _ = convert(tmp_path / "x.iob2", tmp_path)
    assert code == 1
    assert (tmp_path / "x.spacy").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.iob2", "x.spacy"]


@pytest.mark.skipif(not DATA.exists(), reason="the measuring corpora are not here")
def test_the_published_split_of_gmb_is_reproduced_exactly(tmp_path):
    code, output = convert(DATA / "gmb" / "ner_dataset.csv.zip", tmp_path, "--split", "gmb")
    assert code == 0, output
    docs = {name: read(tmp_path / f"{name}.spacy") for name in ("train", "dev", "test")}
    assert [len(part) for part in docs.values()] == [33570, 7194, 7194]
    tokens = [sum(len(doc) for doc in part) for part in docs.values()]
    assert tokens == [734364, 157969, 156234]
    assert Counter(ent.label_ for doc in docs["test"] for ent in doc.ents) == {
        "geo": 5567,
        "tim": 3105,
        "org": 3058,
        "gpe": 2492,
        "per": 2478,
        "art": 66,
        "eve": 37,
        "nat": 33,
    }


@pytest.mark.skipif(not DATA.exists(), reason="the measuring corpora are not here")
@pytest.mark.parametrize(
    ("name", "sentences", "tokens"),
    [("wikigold/wikigold.iob2", 1696, 39007), ("btc/dev.iob2", 1001, None)],
)
def test_other_corpora_convert(tmp_path, name, sentences, tokens):
    path = DATA / name
    code, output = convert(path, tmp_path)
    assert code == 0, output
    docs = read(tmp_path / f"{path.stem}.spacy")
    assert len(docs) == sentences
    assert tokens in (None, sum(len(doc) for doc in docs))
