"""Labels in a file, and everything that people give in its place."""

import json

import pytest

from spacy_lstm_ner.training.labels import read_labels


def test_labels_are_read(tmp_path):
    path = tmp_path / "labels.json"
    path.write_text('["ORG", "PER"]')
    assert read_labels(path, require=True) == ["ORG", "PER"]
    assert read_labels(str(path)) == ["ORG", "PER"]


def test_no_path_and_no_file_leave_the_labels_to_the_data(tmp_path):
    assert read_labels(None) is None
    assert read_labels(None, require=True) is None
    assert read_labels(tmp_path / "none.json") is None


@pytest.mark.parametrize(
    "content",
    [{"ORG": 1}, [], "ORG", ["ORG", 1], [""], 3, None],
    ids=str,
)
def test_json_of_another_shape_is_refused_by_its_path(tmp_path, content):
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"LN039.*labels\.json.*init labels.*paths\.labels"):
        read_labels(path)


@pytest.mark.parametrize("content", [b"ORG\nPER\n", b"\x9c\x00", b""])
def test_what_is_no_json_is_refused_by_its_path(tmp_path, content):
    path = tmp_path / "labels.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"LN039.*labels\.json"):
        read_labels(path)


def test_a_folder_and_a_file_that_must_be_there_are_refused_by_their_path(tmp_path):
    with pytest.raises(ValueError, match="LN039"):
        read_labels(tmp_path)
    with pytest.raises(ValueError, match=r"LN039.*none\.json"):
        read_labels(tmp_path / "none.json", require=True)
