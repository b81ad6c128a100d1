"""What is annotated already, before training or prediction, and what is annotated afterwards."""

from functools import cache

import numpy as np
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.kb import InMemoryLookupKB
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_lstm_ner.pipeline.annotation import MISSING, preset_tags, read_annotation
from spacy_lstm_ner.pipeline.decoding import decode
from spacy_lstm_ner.pipeline.possibilities import Possibilities
from spacy_lstm_ner.tags import TagScheme

from ..conftest import TRAIN, entities, learn, make_examples, train
from ..lattices import cut_to, is_legal, make_scores
from .small import make_example, make_small

EXPECTED = [("London", "LOC"), ("Berlin", "LOC")]


def iob(doc):
    return [token.ent_iob_ for token in doc]


# Entities stay editable (upstream: doc/test_add_entities.py).


def test_entities_can_be_replaced_after_a_prediction():
    nlp = make_small()
    train(nlp, steps=1)
    doc = nlp(Doc(nlp.vocab, words=["This", "is", "a", "lion"]))
    doc.ents = [Span(doc, 3, 4, label="ANIMAL")]
    assert iob(doc) == ["O", "O", "O", "B"]
    doc.ents = [Span(doc, 0, 2, label="WORD")]
    assert iob(doc) == ["B", "I", "O", "O"]


def test_entities_set_to_themselves_stay_the_same(trained):
    doc = trained(TRAIN[1][0])
    before = iob(doc), entities(doc)
    doc.ents = list(doc.ents)
    assert (iob(doc), entities(doc)) == before


# Before prediction.


def test_a_preset_entity_may_cross_a_sentence_boundary():
    nlp = make_small_with(["LOC", "PERSON"])
    doc = Doc(nlp.vocab, words=["I", "live", "in", "New", "York", "and", "London", "."])
    doc[4].is_sent_start = True
    doc.set_ents([Span(doc, 3, 5, label="GPE")], default="missing")
    doc = nlp(doc)
    assert entities(doc) == [("New York", "GPE")]
    assert iob(doc) == ["O", "O", "O", "B", "I", "O", "O", "O"]


def make_small_with(labels):
    nlp = make_small()
    for label in labels:
        nlp.get_pipe("lstm_ner").add_label(label)
    nlp.initialize()
    return nlp


def test_a_preset_entity_of_whitespace_stays():
    nlp = make_small_with(["LOC"])
    doc = Doc(nlp.vocab, words=["a", "\n", "b"])
    doc.set_ents([Span(doc, 1, 2, label="BREAK")], default="missing")
    assert entities(nlp(doc)) == [("\n", "BREAK")]


def test_a_whitespace_document_is_outside():
    doc = make_small_with(["LOC"])(" ")
    assert iob(doc) == ["O"]


# The annotation to learn from.


def test_missing_annotation_neither_teaches_nor_forbids():
    nlp = make_small()
    full = make_example(nlp, "I like London", ("London", "LOC"))
    partial = full.copy()
    partial.reference.set_ents([], outside=[partial.reference[0:2]], default="missing")
    learn(nlp, [full] + [partial] * 3)
    assert entities(nlp("I like London")) == [("London", "LOC")]
    loss = nlp.update([partial], sgd=False)["lstm_ner"]
    assert loss == pytest.approx(0.0, abs=0.05)


def test_annotation_on_other_tokens_is_learned_on_the_pipelines_own():
    nlp = make_small()
    merged = Doc(nlp.vocab, words=["They", "like", "NewYork", "now"])
    split = Doc(nlp.vocab, words=["They", "like", "New", "York", "now"], spaces=[1, 1, 0, 1, 0])
    split.set_ents([Span(split, 2, 4, label="LOC")])
    learn(nlp, [Example(merged, split)])
    assert entities(nlp(merged.copy())) == [("NewYork", "LOC")]


def test_annotation_that_cuts_a_token_is_left_out_and_the_rest_is_learned():
    nlp = make_small()
    predicted = Doc(nlp.vocab, words=["Ann", "left", "Yorkshire"])
    reference = Doc(nlp.vocab, words=["Ann", "left", "York", "shire"], spaces=[1, 1, 0, 0])
    reference.set_ents([Span(reference, 0, 1, label="PER"), Span(reference, 2, 3, label="LOC")])
    learn(nlp, [Example(predicted, reference)])
    assert entities(nlp(predicted.copy()))[0] == ("Ann", "PER")


# Behind the component.


def test_an_entity_linker_links_what_was_found(tmp_path):
    nlp = make_small()
    examples = [
        make_example(nlp, text, ("Ann Lee", "PER"))
        for text in ("Ann Lee wins the race.", "Then Ann Lee paints a wall.")
    ]
    for eg, link in zip(examples, ("Q1", "Q2"), strict=True):
        eg.reference[0].is_sent_start = True
        span = eg.reference.ents[0]
        eg.reference.set_ents([Span(eg.reference, span.start, span.end, "PER", kb_id=link)])

    def make_kb(vocab):
        kb = InMemoryLookupKB(vocab, entity_vector_length=3)
        kb.add_entity(entity="Q1", freq=1, entity_vector=[6, -4, 3])
        kb.add_entity(entity="Q2", freq=1, entity_vector=[-9, 1, 7])
        kb.add_alias(alias="Ann Lee", entities=["Q1", "Q2"], probabilities=[0.5, 0.5])
        return kb

    nlp.add_pipe("sentencizer", first=True)
    linker = nlp.add_pipe("entity_linker", config={"use_gold_ents": False})
    linker.set_kb(make_kb)
    for eg in examples:
        eg.predicted = nlp.get_pipe("sentencizer")(eg.predicted)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    for _ in range(60):
        losses = nlp.update(examples, sgd=optimizer, annotates=["sentencizer", "lstm_ner"])
    assert losses["lstm_ner"] < 0.1
    nlp.to_disk(tmp_path)
    for pipeline in (nlp, spacy.load(tmp_path)):
        (ent,) = pipeline("Ann Lee wins the race.").ents
        assert (ent.text, ent.label_) == ("Ann Lee", "PER")
        assert ent.kb_id_ in ("Q1", "Q2")
    scores = nlp.evaluate(examples)
    assert scores["ents_f"] == 1.0
    assert scores["nel_micro_f"] > 0


# No scores, however wild, lose an entity or break one that was set before.


@st.composite
def marked_words(draw):
    """Words of a document with preset entities and blocked runs, (start, end, label or None)."""
    words = draw(st.lists(st.sampled_from(["a", "Rome", " ", "\n", "x9"]), max_size=9))
    marks, start = [], 0
    while start < len(words):
        end = draw(st.integers(start + 1, len(words)))
        kind = draw(st.sampled_from(["free", "free", "blocked", "LOC", "PERSON"]))
        if kind != "free":
            marks.append((start, end, None if kind == "blocked" else kind))
        start = end
    return words, marks


@cache
def initialized(scheme):
    nlp = make_small(scheme=scheme)
    nlp.initialize(lambda: make_examples(nlp))
    return nlp


def random_weights(model, seed):
    """Weights from small to enormous for every parameter, as optimizers keep averages."""
    random = np.random.default_rng(seed)
    shims = [shim for node in model.walk() for shim in node.shims]
    return {
        (shim.id, name): (10.0 ** random.uniform(-1, 3) * random.normal(size=weight.shape)).astype(
            "f"
        )
        for shim in shims
        for name, weight in shim.module.named_parameters()
    }


def make_marked(vocab, words, marks):
    doc = Doc(vocab, words=words)
    ents = [Span(doc, *mark, kb_id=f"Q{i}") for i, mark in enumerate(marks) if mark[2]]
    blocked = [Span(doc, start, end) for start, end, label in marks if label is None]
    doc.set_ents(ents, blocked=blocked, default="missing")
    return doc


@pytest.mark.parametrize("scheme", ["biluo", "bio"])
@settings(deadline=None, max_examples=60)
@given(
    marked=st.lists(marked_words(), min_size=1, max_size=4),
    seed=st.integers(0, 10_000),
    size=st.sampled_from([1, 2, 512]),
)
def test_whatever_the_weights_presets_stay_and_no_entity_is_lost(scheme, marked, seed, size):
    nlp = initialized(scheme)
    ner = nlp.get_pipe("lstm_ner")
    docs = [make_marked(nlp.vocab, words, marks) for words, marks in marked]
    weights = random_weights(ner.model, seed)
    with ner.model.use_params(weights), pytest.MonkeyPatch.context() as patch:
        cut_to(patch, size=size, context=1)
        found = ner.predict(docs)
        ner.set_annotations(docs, found)
    for doc, predicted, (_, marks) in zip(docs, found, marked, strict=True):
        assert np.array_equal(doc.to_array(["ENT_IOB", "ENT_TYPE"]), predicted.entities)
        # Every token that was predicted to be in an entity is in one of doc.ents.
        covered = {token.i for ent in doc.ents for token in ent}
        assert covered == {token.i for token in doc if token.ent_type}
        assert all(token.ent_iob for token in doc)
        preset = {(start, end): label for start, end, label in marks if label}
        kept = {(e.start, e.end): e.label_ for e in doc.ents if e.kb_id_}
        assert kept == preset
        for start, end, label in marks:
            assert label or not any(doc[i].ent_type for i in range(start, end))
        for ent in doc.ents:
            assert ent.kb_id_ or not (ent[0].is_space or ent[-1].is_space)


@pytest.mark.parametrize("kind", ["biluo", "bio"])
@settings(deadline=None, max_examples=60)
@given(marked=st.lists(marked_words(), min_size=1, max_size=4), seed=st.integers(0, 10_000))
def test_decoded_tags_are_legal_and_agree_with_presets(kind, marked, seed):
    scheme = TagScheme(["LOC", "PERSON"], scheme=kind)
    vocab = initialized(kind).vocab
    docs = [make_marked(vocab, words, marks) for words, marks in marked if words]
    preset = [preset_tags(read_annotation([doc]), scheme) for doc in docs]
    scores = make_scores([len(doc) for doc in docs], scheme=scheme, seed=seed, scale=30.0)
    if not docs:
        return
    for found, fixed in zip(
        decode(Possibilities.of(scores, read_annotation(docs), scheme)), preset, strict=True
    ):
        assert np.array_equal(found.tags[fixed != MISSING], fixed[fixed != MISSING])
        assert is_legal(found.tags, scheme)
