import json

import pytest
import spacy
from spacy.tokens import Doc, DocBin

from spacy_lstm_ner.cli.texts import read_pool

NLP = spacy.blank("en")


def read(path):
    inputs, total = read_pool(path, NLP)
    found = [(str(text), record) for text, record in inputs]
    assert len(found) == total
    return found


def test_lines_are_texts_but_for_empty_ones(tmp_path):
    path = tmp_path / "pool.txt"
    path.write_text("\ufeffAda met Bo.\r\n\n  \nÜnïcode\u2028 too", encoding="utf-8")
    expected = ["Ada met Bo.", "Ünïcode\u2028 too"]
    assert read(path) == [(text, {"text": text}) for text in expected]


def test_objects_keep_what_else_they_have(tmp_path):
    path = tmp_path / "pool.jsonl"
    records = [{"text": "Ada", "meta": {"n": 1}}, {"text": " ", "id": 2}]
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    assert read(path) == [("Ada", records[0]), (" ", records[1])]


def test_documents_keep_their_tokens(tmp_path):
    path = tmp_path / "pool.spacy"
    DocBin(docs=[Doc(NLP.vocab, words=["Ada", "met", "B.o."])]).to_disk(path)
    ((doc, record),) = read_pool(path, NLP)[0]
    assert [token.text for token in doc] == ["Ada", "met", "B.o."]
    assert record == {"text": doc.text}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"txt": "a"}', "Line 3.*missing"),
        ('{"text": 3}', "Line 3.*no string"),
        ('"a"', "Line 3.*no object"),
        ('{"text": "a"', "Line 3"),
    ],
)
def test_what_is_no_text_is_named_by_its_line(tmp_path, line, expected):
    path = tmp_path / "pool.jsonl"
    path.write_text(f'{{"text": "a"}}\n\n{line}\n', encoding="utf-8")
    with pytest.raises(ValueError, match=f"LN172.*{expected}"):
        read_pool(path, NLP)
