import pytest

from spacy_lstm_ner.cli.annotate import ids
from spacy_lstm_ner.cli.annotate.ids import count_repeated, write_ids


@pytest.mark.parametrize("at_once", [8, 100, 1 << 28])
def test_repeated_ids_are_counted_across_files(tmp_path, monkeypatch, at_once):
    monkeypatch.setattr(ids, "AT_ONCE", at_once)
    written = [[1, 2, "a"], [], [2, "b", "2", "a", "a"]]
    files = [tmp_path / str(i) for i in range(len(written))]
    for file, some in zip(files, written, strict=True):
        write_ids(file, some)
    assert count_repeated(files) == 3
