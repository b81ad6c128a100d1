import pytest
from spacy.tokens import Doc, DocBin

from spacy_lstm_ner.training.docbin import write_docbins

from .util import NLP, load


def make(*texts):
    return [Doc(NLP.vocab, words=text.split()) for text in texts]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def before(tmp_path):
    """A folder with one of the files already there, and its bytes."""
    path = tmp_path / "dev.spacy"
    write_docbins({path: make("old")})
    return path.read_bytes()


def test_files_are_written_over_those_of_before(tmp_path, before):
    paths = [tmp_path / "dev.spacy", tmp_path / "new" / "train.spacy"]
    write_docbins({paths[0]: make("a b", "c"), paths[1]: make("d")})
    assert [[doc.text.strip() for doc in load(path)] for path in paths] == [["a b", "c"], ["d"]]
    assert names(tmp_path) == ["dev.spacy", "new"]


def test_files_are_as_before_if_one_cannot_be_written(tmp_path, monkeypatch, before):
    calls = []

    def fail(self, path):
        path.write_bytes(b"half")
        calls.append(path)
        if len(calls) == 3:
            raise OSError("disk full")

    monkeypatch.setattr(DocBin, "to_disk", fail)
    parts = {tmp_path / f"{name}.spacy": make("new") for name in ("train", "dev", "test")}
    with pytest.raises(ValueError, match=r"LN125.*disk full"):
        write_docbins(parts)
    assert (tmp_path / "dev.spacy").read_bytes() == before
    assert names(tmp_path) == ["dev.spacy"]


def test_files_are_as_before_if_one_cannot_be_replaced(tmp_path, before):
    (tmp_path / "test.spacy").mkdir()
    (tmp_path / "link.spacy").symlink_to("nowhere")
    kinds = ("train", "dev", "link", "test")
    with pytest.raises(ValueError, match=r"LN125.*test\.spacy is a folder"):
        write_docbins({tmp_path / f"{name}.spacy": make("new") for name in kinds})
    assert (tmp_path / "dev.spacy").read_bytes() == before
    assert (tmp_path / "link.spacy").is_symlink()
    assert names(tmp_path) == ["dev.spacy", "link.spacy", "test.spacy"]


def test_a_file_in_place_of_a_folder_is_named(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(ValueError, match=r"LN125.*out"):
        write_docbins({tmp_path / "out" / "x.spacy": make("new")})
