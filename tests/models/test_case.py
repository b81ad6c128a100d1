import numpy as np
import pytest
import spacy
import torch
from thinc.api import set_dropout_rate

from spacy_lstm_ner.models import embed
from spacy_lstm_ner.models.case import read_in_any_case
from spacy_lstm_ner.models.embed import count_words

from .test_embed import make_docs, make_lexical

TEXT = "Ana Silva left SAP in Köln"


def read(text, rate, times):
    nlp = spacy.blank("en")
    docs = [nlp.make_doc(text) for _ in range(times)]
    found = [
        " ".join(nlp.vocab.strings[w] for w in words) for words in read_in_any_case(docs, rate)
    ]
    assert all(doc.text == text for doc in docs)
    return found


@pytest.mark.parametrize("rate", [0.0, 0.2, 1.0])
def test_a_document_is_read_as_it_is_or_in_one_case(rate):
    torch.manual_seed(0)
    found = read(TEXT, rate, 2000)
    shares = [found.count(text) / 2000 for text in (TEXT, TEXT.lower(), TEXT.upper())]
    assert shares == pytest.approx([1 - rate, rate / 2, rate / 2], abs=0.05)
    assert sum(shares) == pytest.approx(1)


def test_a_word_that_would_become_another_stays_as_it_is():
    torch.manual_seed(0)
    assert set(read("Straße in Köln", 1.0, 20)) == {"straße in köln", "Straße IN KÖLN"}


def test_no_noise_takes_no_random_number():
    before = torch.random.get_rng_state()
    assert read("Lima", 0.0, 3) == ["Lima"] * 3
    assert torch.equal(torch.random.get_rng_state(), before)


def test_documents_without_words():
    assert read("", 1.0, 2) == ["", ""]


def test_training_meets_other_case_and_prediction_does_not():
    text = "Ana Silva"
    model = make_lexical(case_noise=1.0)
    docs = make_docs(text)
    model.initialize(X=docs)
    set_dropout_rate(model, 0.1)
    forms = [model.predict(make_docs(form))[0] for form in (text, text.lower(), text.upper())]
    assert not np.allclose(forms[0], forms[1])
    torch.manual_seed(0)
    trained = [model.begin_update(docs)[0][0] for _ in range(20)]
    met = {
        i for one in trained for i, form in enumerate(forms) if np.allclose(one, form, atol=1e-5)
    }
    assert met == {1, 2}


@pytest.mark.parametrize(("large", "share"), [(1, 0.8), (2, 0.8), (4, 0.4), (80, 0.02)])
def test_without_a_rate_there_is_less_noise_where_the_vocabulary_is_small(
    monkeypatch, large, share
):
    monkeypatch.setattr(embed, "CASE_NOISE", 0.8)
    monkeypatch.setattr(embed, "LARGE", large)
    model = make_lexical(case_noise=None, word_width=4, word_dropout=0.0)
    docs = make_docs("Ana Silva")
    count_words(model, docs * 2)  # two words
    model.initialize(X=docs)
    clean = model.predict(docs)[0]
    assert np.allclose(model.begin_update(docs)[0][0], clean, atol=1e-5)
    set_dropout_rate(model, 0.1)
    torch.manual_seed(0)
    trained = [model.begin_update(docs)[0][0] for _ in range(500)]
    changed = sum(not np.allclose(one, clean, atol=1e-5) for one in trained)
    assert changed / 500 == pytest.approx(share, abs=0.05)


def test_without_a_rate_and_a_vocabulary_the_noise_is_whole(monkeypatch):
    monkeypatch.setattr(embed, "CASE_NOISE", 1.0)
    model = make_lexical(case_noise=None, word_width=0)
    docs = make_docs("Ana Silva")
    model.initialize(X=docs)
    set_dropout_rate(model, 0.1)
    assert not np.allclose(model.begin_update(docs)[0][0], model.predict(docs)[0], atol=1e-5)
