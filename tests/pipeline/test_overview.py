import pytest
import spacy
from spacy.tokens import Doc, Span

from spacy_lstm_ner.pipeline.overview import Overview
from spacy_lstm_ner.training.partly import set_annotated_labels
from spacy_lstm_ner.training.weights import set_weight

VOCAB = spacy.blank("en").vocab


def make(ents, *, incorrect=(), key="wrong"):
    """A document with a tag for each token, "" for one without annotation."""
    doc = Doc(VOCAB, words=["Ada", "saw", "Rome"])
    spans = [Span(doc, i, i + 1, tag) for i, tag in enumerate(ents) if tag not in ("", "O")]
    outside = [doc[i : i + 1] for i, tag in enumerate(ents) if tag == "O"]
    doc.set_ents(spans, outside=outside, default="missing")
    if incorrect:
        doc.spans[key] = [Span(doc, *span) for span in incorrect]
    return doc


def doubts(*docs, key=None, labels=("GEO", "PER"), corpus="a.spacy"):
    return [*Overview(key).read(docs).doubts(name="ner2", labels=labels, corpus=corpus)]


def codes(*docs, **settings):
    return [doubt[1:6] for doubt in doubts(*docs, **settings)]


def test_of_text_that_is_annotated_there_is_no_doubt():
    assert not doubts(make(["PER", "O", "GEO"]))
    # What is outside somewhere shows what is no entity anywhere.
    assert not doubts(make(["PER", "", ""]), make(["", "O", ""]))


def test_documents_in_which_nothing_is_annotated_are_told():
    rejected = make(["", "", ""], incorrect=[(0, 1, "PER")])
    entities_alone = make(["", "", ""])
    set_annotated_labels(entities_alone, None, found=0.0)
    for doc in (make(["", "", ""]), make(["O", "O", "O"]), rejected, entities_alone):
        assert codes(doc) == ["LW001"]
    (doubt,) = doubts(make(["", "", ""]))
    assert "'ner2'" in doubt
    assert "a.spacy" in doubt
    assert codes() == ["LW001"]


def test_examples_for_the_sizes_of_a_model_need_no_entities():
    bare = make(["", "", ""])
    assert not doubts(bare, corpus=None)
    assert codes(bare, corpus=None, labels=()) == ["LW001"]


def test_entities_without_anything_outside_are_told():
    judged = make(["PER", "", ""], incorrect=[(2, 3, "PER")])
    assert codes(judged, key="wrong") == ["LW003"]
    weighed = make(["PER", "", ""])
    set_weight(weighed, 2.0)
    assert codes(weighed) == ["LW003"]


def test_entities_that_are_said_to_be_some_are_not():
    some = make(["PER", "", ""])
    set_annotated_labels(some, None, found=0.3)
    assert not doubts(some)


def test_a_blocked_token_is_outside():
    doc = make(["PER", "", ""])
    doc.set_ents([], blocked=[doc[1:2]], default="unmodified")
    assert not doubts(doc)


def test_a_key_that_no_document_has_is_told_with_those_that_they_have():
    doc = make(["PER", "O", "O"], incorrect=[(2, 3, "PER")])
    set_annotated_labels(doc, ["PER"])
    (doubt,) = doubts(doc, key="wrnog")
    assert "LW004" in doubt
    assert "'wrnog'" in doubt
    assert doubt.endswith("documents have: wrong.")
    assert not doubts(doc, key="wrong")
    assert doubts(make(["PER", "O", "O"]), key="wrong")[0].endswith("documents have: none.")


def test_labels_of_incorrect_spans_that_there_are_not_are_told():
    spans = [(0, 1, "GOE"), (0, 1, "GEO"), (0, 3, "O")]
    (doubt,) = doubts(make(["PER", "O", "O"], incorrect=spans), key="wrong")
    assert "LW005" in doubt
    assert "nothing: 'GOE'. " in doubt
    assert doubt.endswith("labels are: GEO, PER.")


def test_more_documents_than_are_held_at_a_time_are_all_read():
    docs = [make(["PER", "", ""])] * 1001 + [make(["O", "GEO", ""])]
    overview = Overview().read(iter(docs))
    assert (overview.labels, overview.outside) == ({"GEO", "PER"}, True)


def test_labels_of_the_old_form_are_an_error():
    with pytest.raises(ValueError, match="E869"):
        Overview().read([make(["!PER", "", ""])])
