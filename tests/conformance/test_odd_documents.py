"""Documents that no corpus has and every service gets."""

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example

from ..conftest import TRAIN, entities, learn, make_examples
from .small import as_float32, make_example, make_small

ODD = {
    "nothing": "",
    "one token": "London",
    "one letter": "x",
    "a space": " ",
    "line breaks": "\n\n\r\n\t",
    "kinds of space": "\u00a0\u2003\u3000\u2028\u2029\u200b\ufeff",
    "punctuation": "?!... --- (),;:“”«»‘’…—/\\*&%$#@~^`|<>[]{}",
    "digits": "3,141.59 ٣٫١٤ Ⅳ ½ ²",
    "emoji": "👩‍👩‍👧‍👦 👍🏽 🇩🇪 ❤️ ☺",
    "combining marks": "e\u0301 a\u0323\u0308\u0304 Z" + "\u0335\u0489" * 200,
    "right to left": "שלום עולם، مرحبا بالعالم \u202etxet\u202c",
    "no spaces between words": "東京は日本の首都です。กรุงเทพมหานคร",
    "control characters": "a\x00b \x07\x08\x1b[31m\x7f\x80\x9f",
    "private and unassigned characters": "\ue000 \uffff \U0010ffff \U000e0001",
    "an address": "https://example.org/" + "a/" * 400 + "?q=1&r=%20#x",
    "a long word": "Donaudampfschifffahrtsgesellschaftskapitän" * 50,
    "capitals": "LONDON BERLIN WHO IS SHAKA KHAN",
    "whitespace around": " \n London \t ",
}
KNOWN = TRAIN[1][0], [("London", "LOC"), ("Berlin", "LOC")]

EVERY = pytest.mark.parametrize("text", ODD.values(), ids=ODD)


def iob(doc):
    return doc.to_array("ENT_IOB")


@EVERY
def test_every_token_is_annotated_and_the_text_stays(trained, text):
    doc = trained(text)
    assert doc.text == text
    assert np.all(iob(doc) > 0)
    assert not any(ent[0].is_space or ent[-1].is_space for ent in doc.ents)


@EVERY
def test_neighbours_in_a_batch_are_not_disturbed(trained, text):
    before, doc, between, again, after = trained.pipe([KNOWN[0], text, "", text, KNOWN[0]])
    assert entities(before) == entities(after) == KNOWN[1]
    assert entities(doc) == entities(again) == entities(trained(text))
    assert len(between) == 0


@EVERY
def test_training_on_it_goes_well(text):
    nlp = make_small()
    known = make_example(nlp, "I like London.", ("London", "LOC"))
    odd = Example.from_dict(nlp.make_doc(text), {"entities": []})
    optimizer = nlp.initialize(lambda: [odd, known])
    optimizer.learn_rate = 0.01
    for batch in ([odd, known], [odd], [odd, odd]):
        assert np.isfinite(nlp.update(batch, sgd=optimizer)["lstm_ner"])
    assert np.all(iob(nlp(text)) > 0)


def test_all_in_one_batch_are_found_as_each_alone(trained):
    texts = list(ODD.values())
    together = trained.pipe(texts * 2, batch_size=1000)
    assert [entities(doc) for doc in together] == [entities(trained(text)) for text in texts] * 2


def test_tokens_of_whitespace_and_without_spaces_between(trained):
    doc = Doc(trained.vocab, words=["\n", "London", " ", "\n", "Berlin", "\t"], spaces=[False] * 6)
    doc = trained.get_pipe("lstm_ner")(doc)
    assert np.all(iob(doc) > 0)
    assert not any(ent[0].is_space or ent[-1].is_space for ent in doc.ents)


def test_half_a_character_is_refused_by_spacy_before_it_gets_here(trained):
    with pytest.raises(UnicodeEncodeError, match="surrogates not allowed"):
        trained.make_doc("a \ud800 b")


def test_300_000_characters_in_one_token(trained):
    doc = trained("London " + "y" * 300_000 + " Berlin")
    assert len(doc) == 3
    assert np.all(iob(doc) > 0)


@pytest.mark.slow
def test_100_000_tokens_are_annotated_as_a_short_text_is():
    nlp = make_small()
    words, ents = ["Ann", "saw", "London", "."], ["B-PER", "O", "B-LOC", "O"]
    # Three times, so that it knows the sentence in the midst of others.
    doc = Doc(nlp.vocab, words=words * 3, ents=ents * 3)
    learn(nlp, [Example(doc.copy(), doc)])
    doc = Doc(nlp.vocab, words=words * 25_000)
    ents = as_float32(nlp).get_pipe("lstm_ner")(doc).ents
    inner = [ent.label_ for ent in ents if 400 <= ent.start < 99_600]
    assert inner == ["PER", "LOC"] * (len(inner) // 2)
    assert len(inner) == 49_600


def test_a_document_of_several_windows_is_learned_from_as_one():
    nlp = make_small()
    doc = Doc(nlp.vocab, words=["London"] * 2_000)
    reference = doc.copy()
    reference.set_ents([Span(reference, 1_600, 1_601, label="LOC")], default="outside")
    example = Example(doc, reference)
    optimizer = nlp.initialize(lambda: [example])
    first = nlp.update([example], sgd=optimizer)["lstm_ner"]
    for _ in range(5):
        last = nlp.update([example], sgd=optimizer)["lstm_ner"]
    assert last < first


def copy_of(nlp):
    return spacy.util.load_model_from_config(nlp.config).from_bytes(nlp.to_bytes())


def test_documents_of_several_vocabularies_are_annotated_and_learned_from_together(trained):
    texts = [text for text, _ in TRAIN]
    docs = [spacy.blank("en").make_doc(text) for text in texts * 2]
    docs[0].ents = [Span(docs[0], 0, 1, label="ONLY_HERE")]
    docs[1].ents = [Span(docs[1], 0, 1, label="ONLY_THERE")]
    ner = copy_of(trained).get_pipe("lstm_ner")
    ner.set_annotations(docs, ner.predict(docs))
    assert entities(docs[2]) == entities(trained(texts[0]))
    assert entities(docs[3]) == entities(trained(texts[1]))
    assert ("Who", "ONLY_HERE") in entities(docs[0])

    examples = [eg for _ in range(2) for eg in make_examples(spacy.blank("en"))]
    losses = []
    for batch in (examples[:2], examples[1:3]):
        losses.append(copy_of(trained).get_pipe("lstm_ner").update(batch)["lstm_ner"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_labels_are_readable_in_documents_of_another_vocabulary():
    nlp = make_small()
    learn(nlp, [make_example(nlp, "I like London .", ("London", "A_NEW_LABEL"))])
    doc = spacy.blank("en").make_doc("I like London .")
    ner = nlp.get_pipe("lstm_ner")
    ner.set_annotations([doc], ner.predict([doc]))
    assert entities(doc) == [("London", "A_NEW_LABEL")]
