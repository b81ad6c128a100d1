import os
from collections import Counter
from importlib import util

import pytest

from spacy_lstm_ner.errors import CodedError
from spacy_lstm_ner.training.convert import convert
from spacy_lstm_ner.training.converters import FORMATS

from ..conftest import DATA, entities
from .util import gmb_bytes, load


def write(folder, **files):
    """A folder of files, their names with "_" for the last dot."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / ".".join(name.rsplit("_", 1))).write_text(text, encoding="utf-8")
    return folder


def texts(folder):
    return {path.name: [doc.text for doc in load(path)] for path in sorted(folder.iterdir())}


def test_every_file_of_a_folder_gives_one_of_its_name(tmp_path):
    source = write(
        tmp_path / "in", a_conll="Ann B-PER\n", b_conll="It O\n\nran O\n", c_txt="[So](X)."
    )
    written = convert(source, tmp_path / "out")
    assert texts(tmp_path / "out") == {
        "a.spacy": ["Ann"],
        "b.spacy": ["It", "ran"],
        "c.spacy": ["So."],
    }
    assert [path.name for path in written] == ["a.spacy", "b.spacy", "c.spacy"]
    assert list(written) == sorted((tmp_path / "out").iterdir())


def test_suffixes_may_be_in_capitals(tmp_path):
    source = write(tmp_path / "in", A_CONLL="Ann B-PER\n")
    for path in (source, source / "A.CONLL"):
        convert(path, tmp_path / "out")
        assert texts(tmp_path / "out") == {"A.spacy": ["Ann"]}
        (tmp_path / "out" / "A.spacy").unlink()


def test_files_called_train_dev_and_test_are_the_splits(tmp_path):
    source = write(tmp_path / "in", train_iob2="a O\n", dev_iob2="b O\n", test_iob2="c O\n")
    convert(source, tmp_path / "out")
    assert texts(tmp_path / "out") == {
        "dev.spacy": ["b"],
        "test.spacy": ["c"],
        "train.spacy": ["a"],
    }


def test_a_text_that_alone_has_no_annotation_beside_it_is_named(tmp_path):
    source = write(tmp_path / "in", a_txt="Ann ran.", a_ann="T1\tPER 0 3\tAnn\n", b_txt="Bo ran.")
    with pytest.raises(CodedError, match=r"b\.txt:1:1: \[LN259\] No \.ann") as error:
        convert(source, tmp_path / "out")
    assert "a.txt" not in str(error.value)
    convert(source, tmp_path / "out", format="brat")
    assert texts(tmp_path / "out") == {"a.spacy": ["Ann ran."]}
    (source / "a.ann").unlink()
    with pytest.raises(CodedError, match="LN271") as error:
        convert(source, tmp_path / "both")  # a folder of texts is none of brat's
    assert "LN259" not in str(error.value)


PAGES = {
    "README_md": "# Corpus\n\n## Install it\n\nSee [there](https://example.org) and [\n",
    "LICENSE_txt": "Do as you like.\n",
}


def test_a_page_among_files_of_other_formats_is_named(tmp_path):
    source = write(tmp_path / "in", a_conll="Ann B-PER\n", b_md="[Bo](PER) ran.", **PAGES)
    pages = r"LICENSE\.txt:1:1: \[LN271\][^\n]*\n[^\n]*README\.md:1:1: \[LN271\][^\n]*$"
    with pytest.raises(CodedError, match=f"2 problem.*\n.*{pages}"):
        convert(source, tmp_path / "out")
    convert(source, tmp_path / "out", format="columns")
    assert texts(tmp_path / "out") == {"a.spacy": ["Ann"]}


@pytest.mark.parametrize("text", ["See [it](LICENSE).", "## Official test\n\nRain.\n"])
@pytest.mark.parametrize("other", ["a_conll", "a_md"])
def test_what_is_called_as_a_page_is_none_of_several_texts(tmp_path, text, other):
    marked = "Ann B-PER\n" if other == "a_conll" else "[Ann](PER) ran.\n"
    source = write(tmp_path / "in", ReadMe_md=text, **{other: marked})
    with pytest.raises(CodedError, match=r"1 problem.*\n.*ReadMe\.md:1:1: \[LN271\]"):
        convert(source, tmp_path / "out")


@pytest.mark.parametrize("format", ["auto", "inline"])
@pytest.mark.parametrize("name", PAGES)
def test_a_text_in_which_nothing_is_marked_says_that_it_is_annotated(tmp_path, name, format):
    source = write(tmp_path / "in", **{name: PAGES[name]})
    for path in (source, *source.iterdir()):
        with pytest.raises(CodedError, match=r"1 problem.*\n.*:1:1: \[LN271\]"):
            convert(path, tmp_path / "out", format=format)
    write(tmp_path / "in", **{name: "## 1 train\rRain.\r"})
    convert(source, tmp_path / "out", format=format)
    assert texts(tmp_path / "out") == {"train.spacy": ["Rain."]}


def test_some_texts_of_a_folder_may_have_no_entities(tmp_path):
    source = write(tmp_path / "in", a_txt="[Ann](PER) ran.", b_txt="So.")
    convert(source, tmp_path / "out")
    assert texts(tmp_path / "out") == {"a.spacy": ["Ann ran."], "b.spacy": ["So."]}


def test_marks_are_found_in_an_encoding_that_is_given(tmp_path):
    path = write(tmp_path / "in", a_txt="") / "a.txt"
    path.write_text("[Zoë](PER)", encoding="utf-16-le")
    convert(path, tmp_path / "out", encoding="utf-16-le")
    assert texts(tmp_path / "out") == {"a.spacy": ["Zoë"]}


def test_files_of_other_formats_are_left_alone_if_a_format_is_given(tmp_path):
    source = write(tmp_path / "in", a_conll="Ann B-PER\n", b_md="Rain.\n", c_html="<p>")
    (source / "folder.conll").mkdir()
    convert(source, tmp_path / "out", format="columns")
    assert texts(tmp_path / "out") == {"a.spacy": ["Ann"]}


def test_what_was_written_is_summed_up(tmp_path):
    source = write(
        tmp_path / "in",
        a_conll="Ann I-PER\nran O\n\nNew B-GEO\nYork I-GEO\n\nOslo B-GEO\n",
        b_md="[Lon](GEO)doners of [York](GEO)\n",
    )
    a, b = convert(source, tmp_path / "out", max_lost=0.5).values()
    assert (a.documents, a.tokens, a.entities) == (3, 5, {"PER": 1, "GEO": 2})
    assert (a.repaired, a.lost) == (1, [])
    assert (b.documents, b.tokens, b.entities) == (1, 3, {"GEO": 1})
    assert (b.repaired, b.lost) == (0, [f"{source / 'b.md'}:1:1: 'Lon'"])


def test_documents_go_to_the_splits_that_they_name(tmp_path):
    source = write(tmp_path / "in", a_md="## 1 train\nA.\n## 2 dev\nB.\n", b_md="## 3 train\nC.\n")
    convert(source, tmp_path / "out")
    assert texts(tmp_path / "out") == {"dev.spacy": ["B."], "train.spacy": ["A.", "C."]}
    convert(source, tmp_path / "apart", split="none")
    assert texts(tmp_path / "apart") == {"a.spacy": ["A.", "B."], "b.spacy": ["C."]}


def test_splits_that_no_document_names_stay(tmp_path):
    source = write(tmp_path / "in", a_md="## 1 train\nA.\n", dev_md="B.\n")
    convert(source, tmp_path / "out")
    convert(write(tmp_path / "more", a_md="## 1 train\nC.\n"), tmp_path / "out")
    assert texts(tmp_path / "out") == {"dev.spacy": ["B."], "train.spacy": ["C."]}


def test_shares_divide_documents_in_order(tmp_path):
    source = write(
        tmp_path / "in",
        a_iob2="\n\n".join(f"w{i}\tO" for i in range(4)),
        b_iob2="\n\n".join(f"w{i}\tO" for i in range(4, 10)),
    )
    convert(str(source), str(tmp_path / "out"), split="70/20/10")
    assert texts(tmp_path / "out") == {
        "dev.spacy": ["w7", "w8"],
        "test.spacy": ["w9"],
        "train.spacy": [f"w{i}" for i in range(7)],
    }


def test_each_format_takes_the_options_that_it_has(tmp_path):
    source = write(tmp_path / "in", a_conll="1 Ann B-PER\n2 ran O\n", b_md="In [York](GEO).\n")
    convert(source, tmp_path / "out", word_column=1, labels=("GEO",))
    assert texts(tmp_path / "out") == {"a.spacy": ["Ann ran"], "b.spacy": ["In York."]}
    with pytest.raises(ValueError, match="LN110"):
        convert(source, tmp_path / "out", word_column=1, labels=("ORG",))


def test_an_option_of_another_format_is_refused(tmp_path):
    source = write(tmp_path / "in", a_conll="Ann B-PER\n", b_md="In [York](GEO).\n")
    with pytest.raises(
        ValueError, match=r"LN123.*'labels'.*columns: encoding, word_column, tag_col"
    ):
        convert(source / "a.conll", tmp_path / "out", labels=("GEO",))
    with pytest.raises(
        ValueError, match=r"LN123.*'word_colum'.*columns: .*; inline: encoding, labels"
    ):
        convert(source, tmp_path / "out", word_colum=1)


@pytest.mark.parametrize(
    ("files", "settings", "code"),
    [
        ({"a_conll": "Ann B-PER\n", "a_tsv": "Ann\tB-PER\n"}, {}, "LN124"),
        ({"a_conll": "Ann B-PER\n", "b_conll": "ran X\n"}, {}, "LN001"),
        ({"a_conll": "Ann B-PER\n", "b_conll": "\n"}, {}, "LN107.*b.conll"),
        ({"a_md": "## 1 train\nA.\n", "b_md": "B.\n"}, {}, "LN122"),
        ({"a_md": "## 1 train\nA.\n", "dev_md": "\n"}, {}, "LN107.*dev.md"),
        ({"a_conll": "Ann B-PER\n"}, {"split": "70/15/15"}, "LN265.*train and dev"),
        ({"a_md": "## 1 train\nA.\n", "b_md": "## 1 dev\nB.\n"}, {}, "b.md:1:4: .*LN113"),
        ({"a_md": "[Lon](GEO)doners\n", "b_md": "[York](GEO)\n"}, {"max_lost": 0.4}, "LN108"),
        *(
            ({"a_md": "[Lon](GEO)doners\n"}, {"max_lost": share}, f"LN034.*max_lost is {share}")
            for share in (float("nan"), -1, 1.5)
        ),
        ({"a_conll": "Ann B-PER\n"}, {"format": "inline"}, "LN106"),
        ({"a_conll": "Ann B-PER\n"}, {"format": "xml"}, f"LN030.*auto, {', '.join(FORMATS)}"),
        ({"a_conll": "Ann B-PER\n"}, {"split": "most"}, "LN121.*auto, none, gmb"),
        ({"a_conll": "Ann B-PER\n"}, {"drop": ["GEO"]}, "LN102"),
        ({"a_conll": "Ann B-PER\n"}, {"rename": {"PER": "O"}}, "LN267.*'PER' as 'O'"),
        ({"a_conll": "Ann B-!PER\n"}, {}, "LN267.*'!PER' as '!PER'"),
        ({}, {}, "LN106"),
    ],
)
def test_nothing_is_written_if_anything_is_wrong(tmp_path, files, settings, code):
    source = write(tmp_path / "in", **files)
    with pytest.raises(ValueError, match=f"(?s){code}"):
        convert(source, tmp_path / "out", **settings)
    assert not list(tmp_path.glob("out/*"))


def test_a_file_of_no_known_suffix_is_read_as_the_format_that_is_named(tmp_path):
    (tmp_path / "x.dat").write_bytes(gmb_bytes())
    with pytest.raises(ValueError, match=f"LN109.*x.dat.*{', '.join(FORMATS)}"):
        convert(tmp_path / "x.dat", tmp_path)
    convert(tmp_path / "x.dat", tmp_path, format="gmb")
    docs = load(tmp_path / "x.spacy")
    assert [entities(doc) for doc in docs] == [[("London", "geo")], [("British", "gpe")]]


@pytest.mark.skipif(not DATA.exists(), reason="the measuring corpora are not here")
def test_the_published_split_of_gmb_is_reproduced_exactly(tmp_path):
    convert(DATA / "gmb" / "ner_dataset.csv.zip", tmp_path, split="gmb")
    docs = {name: load(tmp_path / f"{name}.spacy") for name in ("train", "dev", "test")}
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
    convert(path, tmp_path)
    docs = load(tmp_path / f"{path.stem}.spacy")
    assert len(docs) == sentences
    assert tokens in (None, sum(len(doc) for doc in docs))


@pytest.mark.parametrize("lang", ["bogus", "", "en.stop_words"])
def test_a_language_that_there_is_not_is_named(tmp_path, lang):
    source = write(tmp_path / "in", a_conll="Ann B-PER\n")
    with pytest.raises(CodedError, match="LN138"):
        convert(source, tmp_path / "out", lang=lang)


@pytest.mark.skipif(bool(util.find_spec("sudachipy")), reason="the packages for Japanese are here")
def test_only_running_text_needs_the_packages_of_a_language(tmp_path):
    tokens = write(tmp_path / "tokens", a_conll="日本 B-GEO\nへ O\n")
    convert(tokens, tmp_path / "out", lang="ja")
    assert texts(tmp_path / "out") == {"a.spacy": ["日本 へ"]}
    with pytest.raises(CodedError, match=r"LN138.*SudachiPy"):
        convert(write(tmp_path / "text", b_md="[日本](GEO)へ\n"), tmp_path / "out", lang="ja")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_tells_the_encoding(tmp_path, encoding):
    for name, text in {
        "a.conll": "Zoë B-PER\n",
        "b.md": "[Zoë](PER)\n",
        "c.csv": "Sentence #,Word,POS,Tag\nS,Zoë,NNP,B-PER\n",
    }.items():
        (tmp_path / name).write_text(text, encoding=encoding)
    convert(tmp_path, tmp_path / "out", lang="en")
    assert [entities(*load(path)) for path in sorted((tmp_path / "out").iterdir())] == [
        [("Zoë", "PER")]
    ] * 3


def make_fifo(path):
    os.mkfifo(path)


def link_to_nothing(path):
    path.symlink_to("nowhere")


def link_to_itself(path):
    path.symlink_to(path.name)


@pytest.mark.parametrize("make", [make_fifo, link_to_nothing, link_to_itself])
def test_what_is_no_file_is_refused(tmp_path, make):
    source = write(tmp_path / "in", a_conll="Ann B-PER\n")
    make(source / "b.conll")
    for path in (source, source / "b.conll"):
        with pytest.raises(CodedError, match=r"LN133|LN106"):
            convert(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["/dev/zero", "n" * 300, "a\0b"])
def test_odd_inputs_are_refused(tmp_path, name):
    with pytest.raises(CodedError, match=r"LN133|LN106"):
        convert(tmp_path / name, tmp_path / "out", format="columns")


@pytest.mark.parametrize("name", ["/dev/full", "/dev/null", "n" * 300, "a\0b"])
def test_odd_outputs_are_refused(tmp_path, name):
    source = write(tmp_path / "in", a_conll="Ann B-PER\n")
    with pytest.raises(CodedError, match="LN125"):
        convert(source, tmp_path / name)


def test_names_may_be_long_and_odd(tmp_path):
    names = ["n" * 248, "two\nlines", "\udcff"]
    for name in names:
        write(tmp_path / "in", **{f"{name}_conll": "Ann B-PER\n"})
    convert(tmp_path / "in", tmp_path / "out")
    assert {path.stem for path in (tmp_path / "out").iterdir()} == set(names)


def test_a_text_may_have_more_than_a_million_characters(tmp_path):
    source = write(tmp_path / "in", a_md="## 1 train\n" + "abcdefgh " * 150_000)
    (summary,) = convert(source, tmp_path / "out").values()
    assert summary.tokens == 150_000
