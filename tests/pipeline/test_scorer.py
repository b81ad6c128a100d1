import pytest
import spacy
from spacy.tokens import Doc
from spacy.training import Example

from spacy_lstm_ner.pipeline.scorer import score_entities_and_tokens

VOCAB = spacy.blank("en").vocab


def make_example(predicted, reference):
    docs = [Doc(VOCAB, words=list("abcd"), ents=ents) for ents in (predicted, reference)]
    return Example(*docs)


def test_token_accuracy_counts_tags_and_entities_are_scored_beside():
    example = make_example(["B-X", "I-X", "O", "O"], ["B-X", "O", "O", "B-Y"])
    scores = score_entities_and_tokens([example])
    assert scores["tag_token_acc"] == pytest.approx(2 / 4)
    assert scores["ents_f"] == 0.0


def test_tokens_without_annotation_do_not_count():
    reference = Doc(VOCAB, words=list("abcd"))
    reference.set_ents([], missing=[reference[1:4]], default="outside")
    example = Example(Doc(VOCAB, words=list("abcd"), ents=["O"] * 4), reference)
    assert score_entities_and_tokens([example])["tag_token_acc"] == 1.0


def test_no_annotation_gives_no_score():
    docs = [Doc(VOCAB, words=["a"]) for _ in range(2)]
    assert score_entities_and_tokens([Example(*docs)])["tag_token_acc"] is None
