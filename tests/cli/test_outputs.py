import errno

import pytest

from spacy_lstm_ner.cli.outputs import replaced, replaced_folder


def test_a_file_takes_the_place_of_another_at_the_end(tmp_path):
    path = tmp_path / "new" / "page.html"
    for content in (b"first", b"second"):
        with replaced(path) as file:
            file.write(content)
            assert not path.exists() or path.read_bytes() == b"first"
        assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_after_an_error_everything_is_as_it_was(tmp_path):
    path = tmp_path / "page.html"
    path.write_bytes(b"before")
    with pytest.raises(KeyboardInterrupt), replaced(path) as file:  # noqa: PT012
        file.write(b"half")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_within_stays_what_it_is(tmp_path):
    with pytest.raises(FileNotFoundError), replaced(tmp_path / "page.html"):
        (tmp_path / "nowhere").read_bytes()
    with pytest.raises(ConnectionError), replaced(tmp_path / "page.html"):
        raise ConnectionError("of a remote component")
    assert not list(tmp_path.iterdir())


def test_want_of_room_is_told(tmp_path):
    with pytest.raises(ValueError, match=r"LN142.*No space left"), replaced(tmp_path / "page.html"):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_processes_that_write_the_same_do_not_meet(tmp_path):
    path = tmp_path / "part"
    with replaced(path, shared=True) as ours:
        ours.write(b"whole")
        with replaced(path, shared=True) as theirs:
            theirs.write(b"whole")
        assert path.read_bytes() == b"whole"
    assert path.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["", "file/page.html", "nul\0"])
def test_what_cannot_be_written_is_known_before_the_work(name, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ValueError, match="LN142"), replaced(tmp_path / name):
        pytest.fail("no work is to be done")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_folder_takes_the_place_of_another_at_the_end(tmp_path):
    path = tmp_path / "model"
    for name in ("first", "second"):
        with pytest.raises(KeyboardInterrupt), replaced_folder(path) as part:  # noqa: PT012
            (part / "half").touch()
            raise KeyboardInterrupt
        assert not (path / "half").exists()
        with replaced_folder(path) as part:
            assert not list(part.iterdir())
            (part / name).touch()
            assert not (path / name).exists()
        assert list(path.iterdir()) == [path / name]
    assert list(tmp_path.iterdir()) == [path]
