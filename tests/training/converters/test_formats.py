"""The table of formats: what holds for each."""

import inspect

import pytest

from spacy_lstm_ner.training.convert import convert
from spacy_lstm_ner.training.converters import FORMATS

from ...conftest import entities
from ..util import gmb_bytes, load, read

# A file of each format, with one document: "London" is a GEO, "mayor" is nothing.
SMALL = {
    "gmb": gmb_bytes([("Sentence: 1", "London", "NNP", "B-GEO"), ("", "mayor", "NN", "O")]),
    "columns": b"London\tB-GEO\nmayor\tO\n",
    "inline": b"[London](GEO) mayor\n",
}


def test_every_format_has_a_small_file():
    assert SMALL.keys() == FORMATS.keys()


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_reads_a_small_file_of_its_own(tmp_path, name):
    for i, suffix in enumerate(FORMATS[name].suffixes):
        path = tmp_path / f"{i}{suffix}"
        path.write_bytes(SMALL[name])
        (document,), problems = read(FORMATS[name](), path)
        assert not problems
        assert [token.text for token in document.doc] == ["London", "mayor"]
        assert entities(document.doc) == [("London", "GEO")]
        assert (document.path, document.split) == (path, None)
        convert(path, tmp_path)
        assert entities(*load(tmp_path / f"{i}.spacy")) == [("London", "GEO")]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_where_the_encoding_is_another(tmp_path, name):
    path = tmp_path / "x"
    path.write_bytes(b"fine\nCaf\xe9")
    documents, problems = read(FORMATS[name](encoding="ascii"), path)
    assert not documents
    assert problems[0].startswith(f"{path}:2:4: [LN101]")
    assert "ascii" in problems[0]
    assert len(problems) == 1


def test_a_suffix_means_one_format():
    suffixes = [suffix for format in FORMATS.values() for suffix in format.suffixes]
    assert len(suffixes) == len(set(suffixes))
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in suffixes)


@pytest.mark.parametrize("name", FORMATS)
def test_options_are_explained_and_have_names_of_their_own(name):
    options = FORMATS[name].options()
    assert all(option.metadata["help"] for option in options.values())
    assert not options.keys() & inspect.signature(convert).parameters.keys()
