from pathlib import Path

from spacy_lstm_ner.training.converters.annotated import Mention, Row, read_rows, set_mentions
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


def test_mentions_become_entities_and_those_within_tokens_are_listed():
    doc = NLP.make_doc("Ann met Londoners from New York, and rain.")
    mentions = [
        Mention(0, 3, "PER", line=1, column=4),
        Mention(8, 14, "GEO", line=2, column=9),
        Mention(23, 31, "GEO", line=3, column=1),
        Mention(37, 41, "NAT", line=3, column=20),
    ]
    labels = LabelMap(rename={"GEO": "LOC"}, drop=["NAT"])
    lost = set_mentions(doc, mentions, labels, path=PATH)
    assert entities(doc) == [("Ann", "PER"), ("New York", "LOC")]
    assert lost == ["news.x:2:9: 'London'"]
    assert [token.text for token in doc if not token.ent_iob_] == ["Londoners"]


def test_a_lost_mention_that_is_dropped_is_not_listed():
    doc = NLP.make_doc("Londoners")
    mention = Mention(0, 6, "GEO", line=1, column=1)
    assert set_mentions(doc, [mention], LabelMap(drop=["GEO"]), path=PATH) == []
    assert doc[0].ent_iob_ == "O"
