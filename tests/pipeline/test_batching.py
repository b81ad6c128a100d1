from types import SimpleNamespace

import spacy

from spacy_lstm_ner.pipeline import batching
from spacy_lstm_ner.pipeline.batching import by_tokens, score


def test_batches_keep_the_order_and_only_one_document_alone_is_too_long():
    nlp = spacy.blank("en")
    docs = [nlp.make_doc("w " * n) for n in (3, 2, 9, 0, 4, 2)]
    batches = [[len(doc) for doc in batch] for batch in by_tokens(docs, max_tokens=5)]
    assert batches == [[3, 2], [9], [0, 4], [2]]


def test_a_model_that_listens_scores_a_long_document_whole(monkeypatch):
    """Copies of parts would lack what the component above keeps in its user data."""
    monkeypatch.setattr(batching, "MAX_TOKENS", 2)
    doc = spacy.blank("en").make_doc("w " * 500)
    listener = SimpleNamespace(upstream_name="transformer")
    model = SimpleNamespace(walk=lambda: [listener], predict=lambda docs: docs)
    assert score(model, [doc]) == [doc]
