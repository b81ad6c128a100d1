import re

import pytest
import spacy
from spacy.tokens import Doc, DocBin, SpanGroup
from spacy.training import Example

from spacy_lstm_ner.training.convert import convert
from spacy_lstm_ner.training.weights import WEIGHT, set_weight, weight_of, weights_of

NLP = spacy.blank("en")


def test_a_document_keeps_its_weight():
    doc = NLP.make_doc("Ann likes Rome")
    assert weight_of(doc) == 1.0
    set_weight(doc, 0.5)
    set_weight(doc, 0.49)
    (stored,) = DocBin(docs=[doc]).get_docs(NLP.vocab)
    example = Example(NLP.make_doc(doc.text), stored)
    for kept in (doc, doc.copy(), Doc(NLP.vocab).from_bytes(doc.to_bytes()), example.reference):
        assert weight_of(kept) == 0.49
    assert weight_of(example.predicted) == 1.0


def test_converting_spacys_own_files_keeps_weights(tmp_path):
    doc = Doc(NLP.vocab, words=["Ann", "left"], ents=["B-PERSON", "O"])
    set_weight(doc, 0.7)
    DocBin(docs=[doc]).to_disk(tmp_path / "a.spacy")
    convert(tmp_path / "a.spacy", tmp_path / "out", rename={"PERSON": "PER"})
    (path,) = (tmp_path / "out").glob("*.spacy")
    (kept,) = DocBin().from_disk(path).get_docs(NLP.vocab)
    assert kept.ents[0].label_ == "PER"
    assert weight_of(kept) == 0.7


def test_weights_of_documents_are_none_where_nothing_is_said():
    docs = [NLP.make_doc("a"), NLP.make_doc("")]
    assert weights_of(docs) is None
    set_weight(docs[1], 3)
    assert weights_of(docs).tolist() == [1, 3]


@pytest.mark.parametrize("weight", [-0.1, float("nan"), float("inf"), "0.5", None])
def test_a_weight_is_a_number_of_0_or_more(weight):
    doc = NLP.make_doc("a")
    message = rf"LN260.*is {re.escape(repr(weight))}"
    with pytest.raises(ValueError, match=message):
        set_weight(doc, weight)
    doc.spans[WEIGHT] = SpanGroup(doc, attrs={"weight": weight})  # as a file may have it
    for read in (weight_of, lambda doc: weights_of([doc])):
        with pytest.raises(ValueError, match=message):
            read(doc)


def test_documents_that_spacy_joins_count_as_any_other():
    doc = NLP.make_doc("Ann likes Rome")
    set_weight(doc, 0.5)
    assert weight_of(Doc.from_docs([doc, doc])) == 1.0
