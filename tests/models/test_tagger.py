"""The form of the transitions, which the number of tags decides."""

import pytest
import spacy

from spacy_lstm_ner.models import tagger

from ..conftest import TRAIN, entities, make_examples, train


@pytest.fixture
def few(monkeypatch):
    """Let more than two labels count as many."""
    monkeypatch.setattr(tagger, "MAX_FULL_TAGS", 9)


def make_nlp(labels, **model):
    nlp = spacy.blank("en")
    ner = nlp.add_pipe("lstm_ner", config={"model": model})
    for label in labels:
        ner.add_label(label)
    return nlp


def transitions(nlp):
    layer = nlp.get_pipe("lstm_ner").model.get_ref("output_layer")
    return tuple(layer.shims[0].module.transitions.shape)


MANY = ["PERSON", "LOC", "FOOD", "DRINK"]
SENTENCE = TRAIN[1][0]
EXPECTED = [("London", "LOC"), ("Berlin", "LOC")]


@pytest.mark.parametrize("head", ["crf", "softmax"])
@pytest.mark.parametrize("scheme", ["biluo", "bio"])
def test_many_labels_are_learned_saved_and_loaded(few, monkeypatch, head, scheme):
    nlp = make_nlp([*MANY, "CAR"], head=head, scheme=scheme)
    train(nlp)
    assert transitions(nlp) == (1 + 5 * len({"biluo": "BILU", "bio": "BI"}[scheme]), 2)
    assert entities(nlp(SENTENCE)) == EXPECTED
    monkeypatch.undo()  # what was saved says itself what form it has
    again = make_nlp([], head=head, scheme=scheme).from_bytes(nlp.to_bytes())
    assert transitions(again) == transitions(nlp)
    assert entities(again(SENTENCE)) == EXPECTED
    assert again.to_bytes() == nlp.to_bytes()


def tags(nlp):
    return nlp.get_pipe("lstm_ner").predict([nlp.make_doc(SENTENCE)])[0].tags.tolist()


@pytest.mark.parametrize(("labels", "added", "columns"), [(2, "FOOD", 13), (3, "DRINK", 2)])
def test_learned_moves_keep_their_form_when_labels_are_added(few, labels, added, columns):
    nlp = make_nlp(MANY[:labels])
    train(nlp)
    before = tags(nlp)
    nlp.get_pipe("lstm_ner").add_label(added)
    assert transitions(nlp) == (1 + 4 * (labels + 1), columns)
    assert tags(nlp) == before
    nlp.update(make_examples(nlp))
    assert entities(nlp(SENTENCE)) == EXPECTED


def test_moves_that_nothing_was_learned_of_take_the_form_that_fits(few):
    nlp = make_nlp(MANY[:2])
    nlp.initialize(lambda: make_examples(nlp))
    assert transitions(nlp) == (9, 9)
    nlp.get_pipe("lstm_ner").add_label("FOOD")
    assert transitions(nlp) == (13, 2)
    nlp.update(make_examples(nlp))
