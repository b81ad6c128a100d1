import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span, SpanGroup
from spacy.training import Example

from spacy_lstm_ner.training.partly import (
    ANNOTATED,
    annotated_labels,
    found_share,
    read_partly_annotated,
    set_annotated_labels,
)

NLP = spacy.blank("en")


def annotated():
    """A document with a GEO, a PER, a token without annotation and others outside."""
    doc = Doc(NLP.vocab, words=["Ann", "likes", "New", "York", "much"])
    ents = [Span(doc, 0, 1, "PER"), Span(doc, 2, 4, "GEO")]
    doc.set_ents(ents, missing=[doc[4:5]], default="outside")
    return doc


@pytest.fixture
def path(tmp_path):
    DocBin(docs=[annotated()]).to_disk(tmp_path / "a.spacy")
    return tmp_path / "a.spacy"


def read(path, **settings):
    (example,) = read_partly_annotated(path, **settings)(NLP)
    doc = example.reference
    return [token.ent_iob_ + token.ent_type_ for token in doc], annotated_labels(doc)


def test_a_document_keeps_what_it_was_annotated_for():
    doc = annotated()
    assert annotated_labels(doc) is None
    set_annotated_labels(doc, ["GEO", "ART"])
    (stored,) = DocBin(docs=[doc]).get_docs(NLP.vocab)
    example = Example(NLP.make_doc(doc.text), stored)
    for kept in (doc, doc.copy(), Doc(NLP.vocab).from_bytes(doc.to_bytes()), example.reference):
        assert annotated_labels(kept) == ["GEO", "ART"]
    assert annotated_labels(example.predicted) is None


def test_a_corpus_for_all_labels_is_read_as_it_is(path):
    assert read(path) == (["BPER", "O", "BGEO", "IGEO", ""], None)


def test_entities_of_other_labels_are_not_annotated(path):
    assert read(path, labels=["GEO"]) == (["", "O", "BGEO", "IGEO", ""], ["GEO"])


def test_silence_can_be_unknown(path):
    assert read(path, silence="unknown") == (["BPER", "", "BGEO", "IGEO", ""], None)
    assert read(path, labels=["PER"], silence="unknown") == (["BPER", "", "", "", ""], ["PER"])


@pytest.mark.parametrize(
    ("settings", "share"),
    [
        ({"entity_share": 0.6}, 3 / 5 / 0.6 - 0.05),  # never all of them
        ({"entity_share": 1.0}, 3 / 5),
        ({"entity_share": 1.0, "labels": ["GEO"]}, 2 / 5),
        ({"entity_share": 0.1, "labels": ["ART"]}, 0.0),
    ],
)
def test_how_many_entities_are_annotated_is_told_by_the_tokens_that_are(path, settings, share):
    (example,) = read_partly_annotated(path, silence="unknown", **settings)(NLP)
    assert found_share(example.reference) == pytest.approx(share)
    assert found_share(example.predicted) is None


def test_silence_that_is_outside_says_nothing_of_entities_that_are_missing(path):
    (example,) = read_partly_annotated(path, labels=["GEO"])(NLP)
    assert found_share(example.reference) is None


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("silence", "none", r"LN030.*silence.*'none'.*outside.*unknown"),
        ("entity_share", 0.0, r"LN034.*entity_share is 0\.0.*above 0"),
        ("entity_share", 1.5, r"LN034.*entity_share is 1\.5"),
        ("labels", "GEO", r"LN034.*labels is 'GEO'.*a list of labels"),
        ("labels", ["GEO", ""], r"LN034.*labels is \['GEO', ''\]"),
    ],
)
def test_what_a_setting_cannot_be_is_refused(path, setting, value, message):
    with pytest.raises(ValueError, match=message):
        read_partly_annotated(path, **{setting: value})


def test_labels_of_a_document_are_a_list():
    with pytest.raises(ValueError, match=r"LN034.*labels is 'GEO'"):
        set_annotated_labels(annotated(), "GEO")


def test_what_a_document_says_of_itself_stays(tmp_path):
    narrow, counted, silent = annotated(), annotated(), annotated()
    set_annotated_labels(narrow, ["PER", "ORG"])
    set_annotated_labels(counted, None, found=0.25)
    DocBin(docs=[narrow, counted, silent]).to_disk(tmp_path / "a.spacy")

    def read_all(**settings):
        examples = read_partly_annotated(tmp_path / "a.spacy", **settings)(NLP)
        docs = [example.reference for example in examples]
        return [annotated_labels(doc) for doc in docs], [found_share(doc) for doc in docs]

    labels = ["PER", "GEO"]
    assert read_all(labels=labels) == ([["PER"], labels, labels], [None, 0.25, None])
    said, found = read_all(labels=labels, silence="unknown", entity_share=1.0)
    assert said == [["PER"], labels, labels]
    assert found == [pytest.approx(3 / 5), 0.25, pytest.approx(3 / 5)]
    assert read_all(silence="unknown", entity_share=1.0)[0] == [["PER", "ORG"], None, None]


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan"), "x"])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ValueError, match=r"LN034.*found.*0 to 1"):
        set_annotated_labels(annotated(), ["GEO"], found=share)


def test_a_share_that_is_none_is_refused_where_a_file_has_it():
    doc = annotated()
    doc.spans[ANNOTATED] = SpanGroup(doc, attrs={"labels": None, "found": float("nan")})
    with pytest.raises(ValueError, match=r"LN034.*found is nan"):
        found_share(doc)
