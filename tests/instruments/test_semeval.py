from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spacy_lstm_ner.instruments.semeval import SCHEMAS, Tally, tally

from .mentions import make_reading

WORDS = "a b c d e f g h i j k l"


@st.composite
def entities(draw):
    """Entities without overlap, as a document has them, by where they start."""
    bounds = sorted(draw(st.sets(st.integers(0, 12), max_size=10)))
    labels = st.sampled_from(["A", "B", "C"])
    found = [(*pair, draw(labels)) for pair in pairwise(bounds)]
    return found[draw(st.integers(0, 1)) :: draw(st.integers(1, 2))]


@settings(max_examples=100, deadline=None)
@example([([(0, 1, "A"), (2, 6, "A")], [(0, 5, "A"), (5, 6, "A")])])  # the closest is not the first
@given(st.lists(st.tuples(entities(), entities()), min_size=1, max_size=3))
def test_counts_are_those_of_nervaluate(documents):
    """Its quirks are ours.

    A predicted entity takes what it overlaps, even if the next has the right label for it.
    """
    nervaluate = pytest.importorskip("nervaluate", reason="needs Python 3.11")
    readings = [make_reading(WORDS, *pair) for pair in documents]
    # There, an entity's end is its last token.
    sides = [
        [[{"label": x, "start": s, "end": e - 1} for s, e, x in doc] for doc in side]
        for side in zip(*documents, strict=True)
    ]
    found = nervaluate.Evaluator(*sides, tags=["A", "B", "C"], loader="dict").evaluate()["overall"]
    for schema in SCHEMAS:
        theirs, ours = found["ent_type" if schema == "type" else schema], tally(readings, schema)
        for name in ("correct", "incorrect", "partial", "missed", "spurious"):
            assert getattr(ours, name) == getattr(theirs, name), (schema, name)
        for name in ("precision", "recall", "f1"):
            assert getattr(ours, name) == pytest.approx(getattr(theirs, name)), (schema, name)


def test_each_schema_has_its_own_view_of_what_is_almost_right():
    gold = [(0, 2, "PER"), (3, 4, "GEO"), (5, 6, "ORG"), (8, 9, "GEO")]
    predicted = [(0, 1, "PER"), (3, 4, "ORG"), (5, 6, "ORG"), (10, 11, "GEO")]
    readings = [make_reading(WORDS, gold, predicted)]
    rest = {"missed": 1, "spurious": 1}
    assert tally(readings, "strict") == Tally(correct=1, incorrect=2, **rest)
    assert tally(readings, "exact") == Tally(correct=2, incorrect=1, **rest)
    assert tally(readings, "partial") == Tally(correct=2, partial=1, **rest)
    assert tally(readings, "type") == Tally(correct=2, incorrect=1, **rest)
    assert tally(readings, "partial").precision == 2.5 / 4


def test_nothing_gives_nothing():
    assert tally([make_reading("a")], "strict") == Tally()
    assert (Tally().precision, Tally().recall, Tally().f1) == (0.0, 0.0, 0.0)
