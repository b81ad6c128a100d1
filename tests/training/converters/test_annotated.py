from pathlib import Path

from spacy_lstm_ner.training.converters.annotated import Row, read_rows
from spacy_lstm_ner.training.converters.labels import LabelMap
from spacy_lstm_ner.training.converters.problems import Problems

from ...conftest import entities
from ..util import NLP

PATH = Path("news.x")


def make(tags, labels):
    """What is made of the tokens a, b, ... with some tags, from line 5 on."""
    problems = Problems()
    rows = [Row(5 + i, "abcdef"[i], tag) for i, tag in enumerate(tags)]
    return list(read_rows(rows, NLP, labels, problems, path=PATH)), problems.found


def test_tokens_and_tags_become_a_document():
    tags = ["B-X", "I-X", "O", "I-Y", "-", "B-Z"]
    (document,), problems = make(tags, LabelMap(rename={"X": "NEW"}, drop=["Z"]))
    assert not problems
    assert document.doc.text == "a b c d e f"
    assert not document.doc.has_unknown_spaces
    assert entities(document.doc) == [("a b", "NEW"), ("d", "Y")]
    assert [token.text for token in document.doc if not token.ent_iob_] == ["e"]
    assert (document.path, document.line, document.repaired) == (PATH, 5, 1)


def test_an_unknown_tag_is_named_with_its_line():
    documents, problems = make(["O", "O", "Q-X"], LabelMap())
    assert not documents
    assert len(problems) == 1
    assert problems[0].startswith("news.x:7:1: [LN001] Unknown tag 'Q-X'")
