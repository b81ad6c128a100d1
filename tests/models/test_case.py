import numpy as np
import pytest
import spacy
import torch
from thinc.api import set_dropout_rate

from spacy_lstm_ner.models.case import read_in_any_case

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
