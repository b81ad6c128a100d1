"""Changed copies of training documents."""

import random

import pytest
import spacy
from spacy.tokens import Doc
from spacy.training import Corpus, Example
from spacy.util import registry

from spacy_lstm_ner.training.augment import make_augmenter, read_words
from spacy_lstm_ner.training.partly import annotated_labels, found_share, set_annotated_labels
from spacy_lstm_ner.training.weights import set_weight, weight_of


@pytest.fixture(autouse=True)
def seed():
    random.seed(0)


@pytest.fixture(scope="module")
def nlp():
    return spacy.blank("en")


def example(nlp, text, *ents):
    doc = nlp.make_doc(text)
    doc.set_ents([doc.char_span(text.index(e), text.index(e) + len(e), label) for e, label in ents])
    return Example(nlp.make_doc(text), doc)


def augmented(nlp, levels, *examples):
    """The copies that are made of the last of some examples, after it."""
    augment = registry.augmenters.get("spacy_lstm_ner.augment.v1")(**levels)
    for one in examples:
        first, *copies = augment(nlp, one)
        assert first is one
    return copies


def test_nothing_is_changed_unless_asked_for(nlp):
    assert augmented(nlp, {}, example(nlp, "I saw Rome.", ("Rome", "GEO"))) == []


def test_entities_are_replaced_by_others_of_their_label(nlp):
    texts = [
        example(nlp, "In New York City it rained.", ("New York City", "GEO")),
        example(nlp, "So said Ada Obi.", ("Ada Obi", "PER")),
        example(nlp, "Kofi went to Accra, by bus.", ("Kofi", "PER"), ("Accra", "GEO")),
    ]
    (copy,) = augmented(nlp, {"mention_level": 1.0}, *texts)
    assert copy.reference.text == "Ada Obi went to New York City, by bus."
    found = [(ent.text, ent.label_) for ent in copy.reference.ents]
    assert found == [("Ada Obi", "PER"), ("New York City", "GEO")]
    assert copy.predicted.text == copy.reference.text
    assert not copy.predicted.ents


def test_a_copy_that_is_no_other_is_left_out(nlp):
    copies = augmented(nlp, {"mention_level": 1.0}, example(nlp, "Kofi left.", ("Kofi", "PER")))
    assert copies == []  # no other name is known yet


def test_case_is_changed_in_all_of_a_text(nlp):
    text, ent = "She isn't in Rome.", ("Rome", "GEO")
    texts = {
        copy.reference.text
        for _ in range(20)
        for copy in augmented(nlp, {"case_level": 1.0}, example(nlp, text, ent))
    }
    assert texts == {"she isn't in rome.", "SHE ISN'T IN ROME.", "She Isn't In Rome."}


def test_entities_stay_where_they_are_when_case_changes(nlp):
    (copy,) = augmented(nlp, {"case_level": 1.0}, example(nlp, "I saw Rome.", ("Rome", "GEO")))
    assert [(e.text.lower(), e.start, e.label_) for e in copy.reference.ents] == [
        ("rome", 2, "GEO")
    ]


def test_typing_errors_change_letters_and_not_tokens(nlp):
    text = "Yesterday several ministers travelled from Antananarivo to Mahajanga without stopping"
    one = example(nlp, text, ("Antananarivo", "GEO"))
    found = [copy for _ in range(20) for copy in augmented(nlp, {"typo_level": 1.0}, one)]
    assert found
    for copy in found:
        words = [token.text for token in copy.reference]
        assert len(words) == len(text.split())
        changed = [(a, b) for a, b in zip(text.split(), words, strict=True) if a != b]
        assert 0 < len(changed) < len(words) / 2
        assert all(a[0] == b[0] and abs(len(a) - len(b)) <= 1 for a, b in changed)


def test_what_is_not_annotated_stays_so(nlp):
    words = ["Ann", "met", "Bob", "in", "Rome"]
    doc = Doc(nlp.vocab, words=words, ents=["B-PER", "O", "", "O", "B-GEO"])
    (copy,) = augmented(nlp, {"case_level": 1.0}, Example(Doc(nlp.vocab, words=words), doc))
    assert [word.iob for word in read_words(copy.reference)] == ["B", "O", "", "O", "B"]


def test_a_copy_is_annotated_for_the_same_labels_and_counts_as_much(nlp):
    one = example(nlp, "We Saw Rome in may.", ("Rome", "GEO"))
    set_annotated_labels(one.reference, ["GEO"], found=0.4)
    set_weight(one.reference, 0.7)
    (copy,) = augmented(nlp, {"case_level": 1.0}, one)
    assert annotated_labels(copy.reference) == ["GEO"]
    assert found_share(copy.reference) == 0.4
    assert weight_of(copy.reference) == 0.7


@pytest.mark.parametrize("level", [0.0, 0.25, 1.0])
def test_a_level_is_the_share_of_documents_that_get_a_copy(nlp, level):
    augment = make_augmenter(case_level=level)
    one = example(nlp, "I Saw Rome.", ("Rome", "GEO"))
    copies = sum(len(list(augment(nlp, one))) - 1 for _ in range(400))
    # A third of the copies in title case are the text itself.
    assert copies == pytest.approx(400 * level * 2 / 3, abs=40)


def test_a_corpus_takes_it_from_the_config(nlp, tmp_path):
    docs = [example(nlp, "I saw Rome.", ("Rome", "GEO")).reference]
    spacy.tokens.DocBin(docs=docs).to_disk(tmp_path / "train.spacy")
    corpus = Corpus(tmp_path / "train.spacy", augmenter=make_augmenter(case_level=1.0))
    assert len(list(corpus(nlp))) == 2


@pytest.mark.parametrize("level", [-0.1, 1.5])
def test_a_level_is_a_share(level):
    with pytest.raises(ValueError, match="mention_level"):
        make_augmenter(mention_level=level)
