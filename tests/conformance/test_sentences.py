"""Sentences that are known before the recognizer runs, and line breaks within entities."""

import numpy as np
import pytest
import spacy
from spacy.attrs import SENT_START
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_lstm_ner.pipeline import batching

from ..conftest import entities, learn

TEXT = "Fans of Yahoo! Music sang here."
WHOLE = [("Yahoo! Music", "ORG")]
BROKEN = "We saw New\n York on foot."


def make_example(nlp, text, *names):
    spans = [(text.index(name), text.index(name) + len(name), "ORG") for name in names]
    return Example.from_dict(nlp.make_doc(text), {"entities": spans})


def make_examples(nlp):
    return [
        make_example(nlp, TEXT, "Yahoo! Music"),
        make_example(nlp, "Nothing came of it."),
        make_example(nlp, BROKEN, "New\n York"),
    ]


def make_pipeline(scheme):
    spacy.util.fix_random_seed(0)
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner", config={"model": {"scheme": scheme}})
    learn(nlp, make_examples(nlp))
    return nlp


@pytest.fixture(scope="module", params=["biluo", "bio"])
def nlp(request):
    """Knows an entity that goes across what a sentencizer takes for a sentence's end."""
    return make_pipeline(request.param)


def by_sentencizer(nlp, doc):
    return spacy.blank("en").add_pipe("sentencizer")(doc)


def by_hand(nlp, doc):
    doc[4].is_sent_start = True
    return doc


def by_array(nlp, doc):
    starts = [[1 if i in (0, 4) else -1] for i in range(len(doc))]
    return doc.from_array([SENT_START], np.array(starts).astype(np.uint64))


def by_heads(nlp, doc):
    heads = [0 if i < 4 else 4 for i in range(len(doc))]
    words, spaces = [t.text for t in doc], [bool(t.whitespace_) for t in doc]
    return Doc(nlp.vocab, words=words, spaces=spaces, heads=heads, deps=["dep"] * len(doc))


@pytest.mark.parametrize("setting", [by_sentencizer, by_hand, by_array, by_heads])
def test_no_entity_is_in_two_sentences(nlp, setting):
    assert entities(nlp(TEXT)) == WHOLE
    doc = nlp(setting(nlp, nlp.make_doc(TEXT)))
    assert [sent.start for sent in doc.sents] == [0, 4]
    assert doc.ents
    assert [ent for sent in doc.sents for ent in sent.ents] == list(doc.ents)


def test_where_no_sentence_starts_entities_are_what_they_were(nlp):
    doc = nlp.make_doc(TEXT)
    for token in doc:
        token.is_sent_start = token.i == 0
    assert entities(nlp(doc)) == WHOLE


def test_a_preset_entity_in_two_sentences_stays(nlp):
    doc = by_hand(nlp, nlp.make_doc(TEXT))
    doc.ents = [Span(doc, 2, 5, "BAND")]
    assert entities(nlp(doc)) == [("Yahoo! Music", "BAND")]


@pytest.mark.parametrize("settings", [{}, {"batch_size": 1}, {"n_process": 2}])
def test_a_saved_pipeline_knows_sentences_in_every_way_to_run_it(nlp, settings, tmp_path):
    pipeline = spacy.blank("en")
    pipeline.add_pipe("sentencizer")
    pipeline.add_pipe("lstm_ner", source=nlp)
    pipeline.to_disk(tmp_path)
    loaded = spacy.load(tmp_path)
    (once, again) = loaded.pipe([TEXT, TEXT + " " + BROKEN], **settings)
    for doc in (once, again):
        assert "Yahoo! Music" not in [ent.text for ent in doc.ents]
        assert [ent for sent in doc.sents for ent in sent.ents] == list(doc.ents)


def test_a_document_scored_in_parts_has_its_own_sentences(nlp, monkeypatch):
    text = " ".join([TEXT] * 80)
    whole = nlp(by_sentencizer(nlp, nlp.make_doc(text)))
    free = entities(nlp(text))
    monkeypatch.setattr(batching, "MAX_TOKENS", 50)
    doc = nlp(by_sentencizer(nlp, nlp.make_doc(text)))
    assert entities(doc) == entities(whole)
    assert [ent for sent in doc.sents for ent in sent.ents] == list(doc.ents)
    assert entities(nlp(text)) == free  # where a part starts, no sentence does


def test_an_entity_in_two_sentences_is_learned_where_it_is_annotated(nlp):
    example = make_example(nlp, TEXT, "Yahoo! Music")
    plain, _ = nlp.get_pipe("lstm_ner").get_loss(
        [example], nlp.get_pipe("lstm_ner").model.predict([example.predicted])
    )
    by_hand(nlp, example.predicted)
    ner = nlp.get_pipe("lstm_ner")
    loss, gradient = ner.get_loss([example], ner.model.predict([example.predicted]))
    assert 0.0 <= loss <= plain + 1e-4
    assert gradient.emissions.isfinite().all()


def test_an_entity_over_a_line_break_is_found(nlp):
    doc = nlp(BROKEN)
    assert entities(doc) == [("New\n York", "ORG")]
    assert any(token.is_space for token in doc.ents[0])
