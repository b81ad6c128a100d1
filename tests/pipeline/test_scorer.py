import pytest
import spacy
from spacy.scorer import get_ner_prf
from spacy.tokens import Doc
from spacy.training import Example

from spacy_lstm_ner.pipeline.scorer import score_entities, score_entities_and_tokens
from spacy_lstm_ner.training.partly import set_annotated_labels

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


def test_a_whole_annotation_is_scored_as_spacy_scores_it():
    example = make_example(["B-X", "I-X", "B-Y", "O"], ["B-X", "I-X", "O", "B-Y"])
    assert score_entities([example]) == get_ner_prf([example])


def test_entities_of_labels_that_were_not_annotated_are_neither_right_nor_wrong():
    example = make_example(["B-X", "O", "B-Y", "B-X"], ["B-X", "O", "O", "O"])
    set_annotated_labels(example.reference, ["X"])
    scores = score_entities([example])
    assert (scores["ents_p"], scores["ents_r"]) == (0.5, 1.0)
    assert list(scores["ents_per_type"]) == ["X"]
    assert score_entities_and_tokens([example])["tag_token_acc"] == pytest.approx(3 / 4)
    assert [ent.label_ for ent in example.predicted.ents] == ["X", "Y", "X"]
