import spacy
from spacy.tokens import Doc, Span

from spacy_lstm_ner.instruments.familiarity import look_up

VOCAB = spacy.blank("en").vocab


def make_doc(text, *entities):
    doc = Doc(VOCAB, words=text.split())
    doc.set_ents([Span(doc, *entity) for entity in entities], default="outside")
    return doc


def test_what_words_were_in_training_is_counted():
    docs = [
        make_doc("Victoria saw Lake Victoria and Victoria .", (0, 1, "PER"), (2, 4, "GEO")),
        make_doc("In Victoria", (1, 2, "GEO")),
        make_doc("Victoria", (0, 1, "PER")),
    ]
    found = look_up([("Victoria",), ("Lake", "Victoria"), ("Lake",)], docs)
    victoria = found["Victoria",]
    assert victoria.labels == {"PER": 2, "GEO": 1}
    assert (victoria.part, victoria.outside, victoria.entities) == (1, 1, 3)
    assert victoria.as_written
    assert found["Lake", "Victoria"].labels == {"GEO": 1}
    assert (found["Lake",].part, found["Lake",].outside) == (1, 0)


def test_words_that_cross_an_entity_are_part_of_one():
    (seen,) = look_up([("b", "c")], [make_doc("a b c", (0, 2, "X"))]).values()
    assert (seen.labels, seen.part, seen.outside) == ({}, 1, 0)


def test_the_end_of_a_document_ends_a_sequence():
    found = look_up([("Lake",), ("Lake", "Victoria")], [make_doc("a Lake"), make_doc("Victoria")])
    assert found["Lake",].outside == 1
    assert not found["Lake", "Victoria"]


def test_capitals_do_not_count_where_words_never_occur_as_written():
    docs = [make_doc("nasa and NASA", (0, 1, "ORG"), (2, 3, "ORG"))]
    found = look_up([("NASA",), ("Nasa",), ("Esa",)], docs)
    assert found["NASA",].entities == 1
    assert found["NASA",].as_written
    assert found["Nasa",].entities == 2
    assert not found["Nasa",].as_written
    assert not found["Esa",]


def test_what_is_not_annotated_does_not_count():
    doc = Doc(VOCAB, words=["Oslo", "Oslo"])
    doc.set_ents([], outside=[doc[0:1]], default="missing")
    (seen,) = look_up([("Oslo",)], [doc]).values()
    assert (seen.entities, seen.outside) == (0, 1)
