from spacy.tokens import Span

from spacy_lstm_ner.training.converters.disputed import find_disputed

from ..util import NLP


def test_spans_of_the_same_tokens_and_label_are_disputed():
    doc = NLP.make_doc("Ada Byron ran")
    entities = [Span(doc, 0, 2, "PER"), Span(doc, 2, 3, "ACT")]
    wrong = [Span(doc, 0, 1, "PER"), Span(doc, 0, 2, "ORG"), Span(doc, 2, 3, "ACT")]
    assert find_disputed(entities, wrong) == {(2, 3, "ACT")}
    assert find_disputed(entities, []) == set()
