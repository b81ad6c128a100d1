import pytest

from spacy_lstm_ner.errors import CodedError
from spacy_lstm_ner.training.converters.tokenizer import LazyTokenizer

from ..util import NLP


def test_texts_are_cut_as_by_the_pipeline_of_the_language():
    text = "Ann's in the U.K., isn't she?"
    doc = LazyTokenizer("en").make_doc(text)
    assert [token.text for token in doc] == [token.text for token in NLP.make_doc(text)]


def test_documents_have_the_vocabulary_that_was_there_before():
    tokenizer = LazyTokenizer("en")
    vocab = tokenizer.vocab
    assert tokenizer.make_doc("Rain").vocab is vocab


def test_a_text_may_be_of_any_length():
    assert len(LazyTokenizer("xx").make_doc("rain " * 250_000)) == 250_000


def test_a_language_that_there_is_not_is_named():
    with pytest.raises(CodedError, match=r"LN138.*'bogus'"):
        LazyTokenizer("bogus")
