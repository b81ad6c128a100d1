from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_lstm_ner.training.converters.labels import LabelMap
from spacy_lstm_ner.training.converters.mentions import Mention, set_mentions

from ...conftest import entities
from ..util import NLP, unknown

PATH = Path("news.x")


def place(text, *mentions, **settings):
    """What becomes of (start, end, label) in a text: the document, and what is left out."""
    doc = NLP.make_doc(text)
    found = [Mention(*mention, line=i) for i, mention in enumerate(mentions, 1)]
    return doc, set_mentions(doc, found, settings.pop("labels", LabelMap()), path=PATH, **settings)


def test_mentions_become_entities_and_those_within_tokens_are_listed():
    doc = NLP.make_doc("Ann met Londoners from New York, and rain.")
    mentions = [
        Mention(0, 3, "PER", line=1, column=4),
        Mention(8, 14, "GEO", line=2, column=9),
        Mention(23, 31, "GEO", line=3, column=1),
        Mention(37, 41, "NAT", line=3, column=20),
    ]
    labels = LabelMap(rename={"GEO": "LOC"}, drop=["NAT"])
    lost, overlapping = set_mentions(doc, mentions, labels, path=PATH)
    assert entities(doc) == [("Ann", "PER"), ("New York", "LOC")]
    assert lost == ["news.x:2:9: 'London'"]
    assert overlapping == []
    assert [token.text for token in doc if not token.ent_iob_] == ["Londoners"]


def test_a_lost_mention_that_is_dropped_is_not_listed():
    doc = NLP.make_doc("Londoners")
    mention = Mention(0, 6, "GEO", line=1, column=1)
    assert set_mentions(doc, [mention], LabelMap(drop=["GEO"]), path=PATH).lost == []
    assert doc[0].ent_iob_ == "O"


def test_of_overlapping_mentions_the_longest_stays():
    doc, left = place(
        "the New York Times today", (4, 12, "GEO"), (4, 18, "ORG"), (13, 24, "X"), (8, 12, "Y")
    )
    assert entities(doc) == [("New York Times", "ORG")]
    assert left.overlapping == [
        "news.x:1:1: 'New York'",
        "news.x:3:1: 'Times today'",
        "news.x:4:1: 'York'",
    ]
    assert left.lost == []
    assert unknown(doc) == ["today"]


@pytest.mark.parametrize(
    ("mentions", "kept"),
    [
        ([(4, 7, "B"), (0, 3, "A"), (0, 7, "AB")], [("Ann Bob", "AB")]),
        ([(4, 11, "BC"), (0, 7, "AB")], [("Ann Bob", "AB")]),  # the first in the text
        ([(0, 3, "B"), (0, 3, "A")], [("Ann", "B")]),  # the first in the file
    ],
)
def test_of_equally_long_ones_the_first_stays(mentions, kept):
    doc, left = place("Ann Bob Cyd", *mentions)
    assert entities(doc) == kept
    assert len(left.overlapping) == len(mentions) - 1


def test_a_label_that_is_dropped_takes_no_place():
    doc, left = place("New York", (0, 8, "LONG"), (4, 8, "GEO"), labels=LabelMap(drop=["LONG"]))
    assert entities(doc) == [("York", "GEO")]
    assert left.overlapping == []


def test_the_same_mention_twice_is_one():
    doc, left = place("Ann", (0, 3, "PER"), (0, 3, "PER"))
    assert entities(doc) == [("Ann", "PER")]
    assert left == ([], [])


def test_space_at_the_ends_of_a_mention_is_left_out():
    doc, left = place("So Ann \n ran", (2, 9, "PER"), (6, 9, "X"))
    assert entities(doc) == [("Ann", "PER")]
    assert left.lost == ["news.x:2:1: ' \\n '"]


def test_other_tokens_are_outside_or_unknown():
    for complete, others in ((True, []), (False, ["ran", "."])):
        doc, _ = place("Ann ran.", (0, 3, "PER"), complete=complete)
        assert entities(doc) == [("Ann", "PER")]
        assert unknown(doc) == others


def test_an_entity_outranks_a_lost_mention_that_shares_its_tokens():
    doc, left = place("Londoners ran", (0, 6, "GEO"), (0, 9, "PER"))
    assert entities(doc) == [("Londoners", "PER")]
    assert unknown(doc) == []
    assert len(left.lost) == 1


TEXT = "The New Yorkers' \n\n U.K.-based bank, in 10km."
SPANS = st.tuples(st.integers(0, len(TEXT)), st.integers(1, 12), st.sampled_from("XYZ"))


@given(st.lists(SPANS, max_size=8))
def test_every_mention_is_an_entity_or_listed(spans):
    mentions = [(start, min(start + n, len(TEXT)), label) for start, n, label in spans]
    doc, left = place(TEXT, *mentions)
    for start, end, label in mentions:
        words = TEXT[start:end]
        listed = any(repr(words) in place for place in [*left.lost, *left.overlapping])
        assert listed or (words.strip(), label) in entities(doc)
