import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc

from spacy_lstm_ner.annotate.documents import Failure, entities_of, process
from spacy_lstm_ner.training.calibration import Calibration


@Language.component("refuse_dates")
def refuse_dates(doc):
    if "date" in doc.text:
        raise ValueError(f"no dates, not {doc.text!r}")
    return doc


def probability_of(doc):
    return {(e["text"], e["label"]): e["probability"] for e in entities_of(doc)}


def test_entities_are_told_in_characters(finder):
    [doc] = process(finder, ["Zoë — Ada went to Berlin"])
    assert entities_of(doc) == [
        {"start": 6, "end": 9, "label": "PER", "text": "Ada"},
        {"start": 18, "end": 24, "label": "GEO", "text": "Berlin"},
    ]


def test_probabilities_are_told_where_there_are_any(trained, monkeypatch):
    monkeypatch.setitem(trained.get_pipe("lstm_ner").cfg, "spans_key", "lstm_ner")
    doc = next(doc for doc in process(trained, ["Ada lives in Berlin ."]) if doc.ents)
    probabilities = [entity["probability"] for entity in entities_of(doc)]
    assert probabilities == pytest.approx(doc.spans["lstm_ner"].attrs["scores"])


@pytest.mark.parametrize("number", [1, 2, 7])
def test_texts_that_fail_take_no_others_with_them(finder, number):
    finder.add_pipe("refuse_dates")
    texts = [f"Ada {i}" for i in range(number)]
    texts[number // 2] = "a date"
    found = process(finder, texts)
    assert [isinstance(one, Failure) for one in found] == [text == "a date" for text in texts]
    assert found[number // 2] == Failure("no dates, not 'a date'")
    assert [one.text for one in found if isinstance(one, Doc)] == [t for t in texts if t[0] == "A"]


def test_documents_are_found_the_same_beside_one_that_fails(trained):
    nlp = spacy.blank("en")
    ner = nlp.add_pipe("lstm_ner")
    ner.from_bytes(trained.get_pipe("lstm_ner").to_bytes())
    ner.cfg["spans_key"] = "lstm_ner"
    ner.calibration = Calibration(10.0)  # less sure
    texts = ["I like London and Berlin.", "Who is Shaka Khan?"]
    alone = [probability_of(nlp(text)) for text in texts]
    nlp.add_pipe("refuse_dates")
    *found, failure = process(nlp, [nlp.make_doc(text) for text in (*texts, "a date")])
    assert isinstance(failure, Failure)
    assert [probability_of(doc) for doc in found] == [pytest.approx(one, rel=1e-4) for one in alone]
    assert 0 < min(alone[0].values()) < 0.99


def test_a_text_that_is_too_long_fails_by_itself(finder):
    finder.max_length = 10
    assert process(finder, ["Ada", "Ada in Berlin"])[1].message.startswith("[LN282]")


def test_half_of_a_surrogate_pair_fails_by_itself(finder):
    first, second = process(finder, ["\ud800", "Ada"])
    assert isinstance(first, Failure)
    assert second.text == "Ada"


def test_failures_stay_what_they_are(finder):
    failure = Failure("no text")
    assert process(finder, [failure]) == [failure]


def test_documents_that_an_error_handler_leaves_out_have_failed(finder):
    finder.add_pipe("refuse_dates")
    finder.set_error_handler(lambda name, pipe, docs, error: None)
    first, second = process(finder, ["a date", "Ada"])
    assert first.message.startswith("[LN283]")
    assert second.text == "Ada"
