"""Probabilities on documents."""

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span, SpanGroup

from spacy_lstm_ner.pipeline.confidence import (
    check_keys,
    probability,
    register_probability,
    set_group,
    set_probabilities,
)
from spacy_lstm_ner.pipeline.decision import Scored

NLP = spacy.blank("en")
register_probability()


def scored(*spans):
    start, end, label, chance = zip(*spans, strict=True)
    ids = [NLP.vocab.strings.add(name) for name in label]
    return Scored(np.array(start), np.array(end), np.array(ids, dtype=np.uint64), np.array(chance))


def make_doc():
    doc = Doc(NLP.vocab, words=["Anna", "Karenina", "took", "the", "train", "to", "Moscow"])
    spans = scored((0, 2, "PER", 0.75), (6, 7, "GEO", 0.5))
    ents = set_group(doc, "found", spans, name="lstm_ner")
    set_probabilities(doc, ents, spans)
    maybe = scored(
        (0, 1, "PER", 0.25), (0, 2, "ART", 0.125), (0, 2, "PER", 0.75), (4, 5, "ART", 0.2)
    )
    set_group(doc, "maybe", maybe, name="lstm_ner")
    doc.ents = ents
    return doc


def test_a_group_has_a_score_for_each_span_as_those_of_spancat():
    doc = make_doc()
    group = doc.spans["found"]
    assert [(span.text, span.label_) for span in group] == [
        ("Anna Karenina", "PER"),
        ("Moscow", "GEO"),
    ]
    assert group.attrs["scores"].dtype == np.float32
    assert group.attrs["scores"].tolist() == [0.75, 0.5]


def test_every_span_that_has_a_probability_tells_it():
    doc = make_doc()
    assert [ent._.probability for ent in doc.ents] == [0.75, 0.5]
    found = [round(span._.probability, 3) for span in doc.spans["maybe"]]
    assert found == [0.25, 0.125, 0.75, 0.2]


@pytest.mark.parametrize("span", [(0, 2, "GEO"), (0, 3, "PER"), (1, 2, "PER"), (6, 7, "")])
def test_other_spans_have_none(span):
    assert Span(make_doc(), *span)._.probability is None


def saved(doc):
    return Doc(NLP.vocab).from_bytes(doc.to_bytes())


def in_bin(doc, *, store_user_data):
    data = DocBin(docs=[doc], store_user_data=store_user_data).to_bytes()
    return next(iter(DocBin().from_bytes(data).get_docs(NLP.vocab)))


@pytest.mark.parametrize(
    "send",
    [
        saved,
        Doc.copy,
        lambda doc: in_bin(doc, store_user_data=False),
        lambda doc: in_bin(doc, store_user_data=True),
    ],
    ids=["bytes", "copy", "DocBin", "DocBin with user data"],
)
def test_probabilities_stay_with_a_document_that_is_saved_or_sent(send):
    doc = send(make_doc())
    assert [ent._.probability for ent in doc.ents] == [0.75, 0.5]
    assert doc.spans["found"].attrs["scores"].tolist() == [0.75, 0.5]


def test_a_part_that_becomes_a_document_takes_the_probabilities_along():
    part = make_doc()[3:7].as_doc(copy_user_data=True)
    assert [(ent.text, ent._.probability) for ent in part.ents] == [("Moscow", 0.5)]


def test_documents_put_together_keep_the_probabilities():
    both = Doc.from_docs([make_doc(), make_doc()])
    assert [ent._.probability for ent in both.ents] == [0.75, 0.5, 0.75, 0.5]


def test_a_second_pass_leaves_nothing_of_the_first():
    doc = make_doc()
    other = scored((6, 7, "ART", 0.25))
    (art,) = set_group(doc, "found", other, name="lstm_ner")
    set_probabilities(doc, [art], other)
    del doc.spans["maybe"]
    found = [Span(doc, *span)._.probability for span in ((0, 2, "PER"), (6, 7, "GEO"))]
    assert found == [None, None]
    assert art._.probability == 0.25


def test_user_data_of_others_stays():
    doc = make_doc()
    doc.user_data["title"] = "Anna Karenina"
    doc.user_data[("._.", "other", 0, 4)] = doc.user_data[7] = 3
    set_probabilities(doc, [], scored((0, 1, "PER", 0.5)).take(slice(0, 0)))
    assert doc.user_data["title"] == "Anna Karenina"
    assert doc.user_data[("._.", "other", 0, 4)] == doc.user_data[7] == 3
    assert len(doc.user_data) == 3


def test_attributes_of_the_users_own_keep_their_values():
    doc = make_doc()
    doc.user_data[("._.", "probability", None, None)] = 0.7
    doc.user_data[("._.", "probability", 0, None)] = 0.3
    set_probabilities(doc, [], scored((0, 1, "PER", 0.5)).take(slice(0, 0)))
    assert list(doc.user_data.values()) == [0.7, 0.3]


def test_spans_of_others_are_not_overwritten():
    doc = make_doc()
    doc.spans["sc"] = SpanGroup(doc, attrs={"scores": np.zeros(0)}, spans=[])
    check_keys([doc], ["found", "maybe", "new", None], name="lstm_ner")
    with pytest.raises(ValueError, match=r"LN154.*'sc'.*'lstm_ner'"):
        check_keys([doc], [None, "sc"], name="lstm_ner")
    with pytest.raises(ValueError, match=r"LN154.*'found'.*'other'"):
        check_keys([doc], ["found"], name="other")


def test_a_probability_is_found_among_very_many():
    doc = Doc(NLP.vocab, words=["w"] * 3000)
    spans = [(i, i + 1, label, i / 3000) for i in range(3000) for label in ("GEO", "PER")]
    set_group(doc, "maybe", scored(*spans), name="lstm_ner")
    assert probability(Span(doc, 1500, 1501, "PER")) == 0.5


def test_a_probability_is_not_that_of_other_tokens_after_a_merge():
    doc = Doc(NLP.vocab, words=["Ada", "Lovelace", "saw", "Rome", "today"])
    set_group(doc, "maybe", scored((0, 2, "PER", 0.9), (3, 4, "GEO", 0.8)), name="lstm_ner")
    assert probability(Span(doc, 3, 4, "GEO")) == pytest.approx(0.8)
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[0:2])
    assert probability(Span(doc, 2, 3, "GEO")) is None
    assert probability(Span(doc, 3, 4, "GEO")) is None  # "today"
