"""What is learned from text that is not annotated as a whole."""

import pytest
import spacy
from spacy.tokens import Span
from spacy.training import Example

from spacy_lstm_ner.training.partly import keep_annotated, keep_entities_alone

from ..conftest import TRAIN, entities, learn, make_examples

SENTENCES = [
    ("Ann lives in Oslo now .", [(0, 3, "PER"), (13, 17, "GEO")]),
    ("In Oslo we met Bob again .", [(3, 7, "GEO"), (15, 18, "PER")]),
    ("Then Bob left for Rome alone .", [(5, 8, "PER"), (18, 22, "GEO")]),
    ("Ann and Rome are far away .", [(0, 3, "PER"), (8, 12, "GEO")]),
]


def make_nlp(**settings):
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner", config=settings)
    return nlp


def examples_of(nlp):
    return [Example.from_dict(nlp.make_doc(text), {"entities": ents}) for text, ents in SENTENCES]


def for_label(nlp, label):
    """The sentences, annotated for a label alone."""
    examples = examples_of(nlp)
    for eg in examples:
        keep_annotated(eg.reference, labels=[label])
    return examples


def entities_alone(nlp, entity_share):
    """The sentences with nothing known but their entities."""
    examples = examples_of(nlp)
    docs = [eg.reference for eg in examples]
    keep_entities_alone(docs, labels=None, entity_share=entity_share)
    return examples


def found(nlp):
    return [entities(nlp(text)) for text, _ in SENTENCES]


EXPECTED = [[(text[a:b], label) for a, b, label in ents] for text, ents in SENTENCES]


@pytest.mark.parametrize("head", ["crf", "softmax"])
def test_two_corpora_with_a_label_each_make_one_pipeline_with_both(head):
    nlp = make_nlp(model={"head": head})
    learn(nlp, [*for_label(nlp, "GEO"), *for_label(nlp, "PER")])
    assert found(nlp) == EXPECTED


@pytest.mark.parametrize("head", ["crf", "softmax"])
def test_entities_alone_teach_that_all_else_is_outside_if_few_can_be_missing(head):
    nlp = make_nlp(model={"head": head})
    learn(nlp, entities_alone(nlp, entity_share=0.4))
    assert found(nlp) == EXPECTED


def test_where_nothing_is_said_of_that_they_do_not():
    nlp = make_nlp()
    examples = entities_alone(nlp, entity_share=0.4)
    for eg in examples:
        del eg.reference.spans["annotated_labels"]
    learn(nlp, examples)
    inside = [bool(token.ent_type) for text, _ in SENTENCES for token in nlp(text)]
    assert sum(inside) > len(inside) / 2


@pytest.mark.parametrize("head", ["crf", "softmax"])
@pytest.mark.parametrize("scheme", ["biluo", "bio"])
def test_a_rejected_suggestion_is_not_made_again(head, scheme):
    nlp = make_nlp(incorrect_spans_key="rejected", model={"head": head, "scheme": scheme})
    learn(nlp, make_examples(nlp))
    text = TRAIN[0][0]
    assert entities(nlp(text)) == [("Shaka Khan", "PERSON")]
    doc = nlp.make_doc(text)
    doc.spans["rejected"] = [Span(doc, 2, 4, "PERSON")]
    example = Example(nlp.make_doc(text), doc)
    optimizer = nlp.resume_training()
    for _ in range(20):
        nlp.update([example], sgd=optimizer)
    assert ("Shaka Khan", "PERSON") not in entities(nlp(text))


def test_without_a_key_spans_say_nothing():
    nlp = make_nlp()
    learn(nlp, make_examples(nlp))
    doc = nlp.make_doc(TRAIN[0][0])
    doc.spans["rejected"] = [Span(doc, 2, 4, "PERSON")]
    example = Example(nlp.make_doc(TRAIN[0][0]), doc)
    assert nlp.update([example], sgd=nlp.resume_training()) == {"lstm_ner": 0.0}
