import json

import pytest

from spacy_lstm_ner.cli.manifest import check_folder, fingerprint, fits, write_manifest

FACTS = {"steps": 3, "map": {"A": "B"}, "dev": None}


def test_what_was_begun_goes_on_with_the_same(tmp_path):
    path = tmp_path / "new" / "manifest.json"
    assert not fits(path, FACTS)
    write_manifest(path, FACTS)
    assert fits(path, FACTS)
    assert json.loads(path.read_text(encoding="utf-8")) == FACTS


def test_everything_that_is_another_is_named(tmp_path):
    path = tmp_path / "manifest.json"
    write_manifest(path, FACTS)
    with pytest.raises(ValueError, match=r"LN214") as raised:
        fits(path, {"steps": 3, "map": {"A": "Ä"}, "dev": "0a"})
    said = str(raised.value)
    assert 'map was {"A": "B"}, now it is {"A": "Ä"}; dev was not given, now it is "0a"' in said
    assert "steps" not in said


@pytest.mark.parametrize("content", ["", "[1]", "{", "\x00"])
def test_a_damaged_one_is_named(tmp_path, content):
    path = tmp_path / "manifest.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"LN222.*manifest\.json"):
        fits(path, FACTS)


def test_texts_are_told_apart_by_their_content(tmp_path):
    one, other, folder = tmp_path / "one.txt", tmp_path / "other.txt", tmp_path / "folder"
    one.write_text("Ada", encoding="utf-8")
    other.write_text("Ada", encoding="utf-8")
    assert fingerprint(one) == fingerprint(other)
    other.write_text("Bo", encoding="utf-8")
    assert fingerprint(one) != fingerprint(other)
    folder.mkdir()
    (folder / "a.spacy").write_text("a", encoding="utf-8")
    before = fingerprint(folder)
    (folder / "b.spacy").write_text("b", encoding="utf-8")
    assert fingerprint(folder) != before


def test_a_folder_of_something_else_is_not_worked_in(tmp_path):
    check_folder(tmp_path / "new", begun=False)
    check_folder(tmp_path, begun=False)  # it is empty
    (tmp_path / "letter.txt").write_text("Dear Ada", encoding="utf-8")
    check_folder(tmp_path, begun=True)
    with pytest.raises(ValueError, match=r"LN215.*something else"):
        check_folder(tmp_path, begun=False)
    with pytest.raises(ValueError, match=r"LN215.*letter\.txt.*a file"):
        check_folder(tmp_path / "letter.txt", begun=True)
