import numpy as np
import pytest
import spacy
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_lstm_ner.pipeline import incorrect
from spacy_lstm_ner.pipeline.evidence import Evidence
from spacy_lstm_ner.pipeline.incorrect import Incorrect, loss_of_incorrect, read_incorrect
from spacy_lstm_ner.tags import TagScheme

from ..lattices import boundary_mask, legal_paths, make_scores, score

BILUO = TagScheme(["X", "Y"])
BIO = TagScheme(["X", "Y"], scheme="bio")
NLP = spacy.blank("en")


def spans_of(path, scheme):
    start, end, label = scheme.decode(np.array(path))
    return {(int(a), int(b), scheme.labels[k]) for a, b, k in zip(start, end, label, strict=True)}


def has(path, span, scheme):
    """Whether a tag sequence says what is known to be wrong."""
    if span.label == "O":
        return not any(path[span.start : span.end])
    return (span.start, span.end, span.label) in spans_of(path, scheme)


def probability(scores, paths, holds):
    weights = torch.tensor([score(scores, path) for path in paths]).exp()
    right = torch.tensor([holds(path) for path in paths])
    return float(weights[right].sum() / weights.sum())


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([BILUO, BIO]),
    st.integers(1, 4),
    st.integers(0, 3),
    st.integers(1, 4),
    st.sampled_from(["X", "Y", "O"]),
    st.integers(0, 1000),
)
def test_the_loss_is_of_all_sequences_without_the_span(scheme, length, start, end, label, seed):
    span = Incorrect(
        1, min(start, length - 1), max(min(end, length), min(start, length - 1) + 1), label
    )
    lengths = [2, length]
    scores = make_scores(lengths, scheme=scheme, seed=seed)
    known = Evidence(boundary_mask(lengths, scheme), scheme)
    losses, _ = loss_of_incorrect(scores, [span], known)
    own, _ = scores.of_documents([1])
    paths = legal_paths(length, scheme)
    expected = probability(own, paths, lambda path: not has(path, span, scheme))
    assert float(losses[0].exp()) == pytest.approx(1 / expected, rel=1e-4)


def test_what_is_known_counts():
    scores = make_scores([3], scheme=BILUO)
    mask = boundary_mask([3], BILUO)
    mask[2] = np.arange(len(BILUO)) == 0  # the last is outside
    span = Incorrect(0, 0, 2, "X")
    losses, _ = loss_of_incorrect(scores, [span], Evidence(mask, BILUO))
    paths = [path for path in legal_paths(3, BILUO) if path[2] == 0]
    expected = probability(scores, paths, lambda path: not has(path, span, BILUO))
    assert float(losses[0].exp()) == pytest.approx(1 / expected, rel=1e-4)


def test_the_gradient_is_that_of_the_losses():
    scores = make_scores([3, 4], scheme=BILUO)
    known = Evidence(boundary_mask([3, 4], BILUO), BILUO)
    spans = [Incorrect(1, 1, 3, "X"), Incorrect(0, 0, 1, "Y"), Incorrect(1, 0, 1, "O")]
    _, gradient = loss_of_incorrect(scores, spans, known)
    for token, tag in ((0, 0), (4, 1), (5, 3), (6, 7)):
        sides = []
        for step in (0.05, -0.05):
            moved = make_scores([3, 4], scheme=BILUO)
            moved.emissions[token, tag] += step
            losses, _ = loss_of_incorrect(moved, spans, known)
            sides.append(float(losses.sum()))
        slope = (sides[0] - sides[1]) / 0.1
        assert float(gradient.emissions[token, tag]) == pytest.approx(slope, abs=2e-3)
    assert gradient.transitions.any()


def test_many_spans_are_read_in_portions(monkeypatch):
    scores = make_scores([3, 4], scheme=BILUO)
    known = Evidence(boundary_mask([3, 4], BILUO), BILUO)
    spans = [Incorrect(1, i, i + n, "X") for i in range(3) for n in (1, 2) if i + n <= 4]
    losses, gradient = loss_of_incorrect(scores, spans, known)
    monkeypatch.setattr(incorrect, "MAX_TOKENS", 12)
    again, slopes = loss_of_incorrect(scores, spans, known)
    torch.testing.assert_close(again, losses)
    torch.testing.assert_close(slopes.emissions, gradient.emissions)
    torch.testing.assert_close(slopes.transitions, gradient.transitions)


def test_a_model_that_is_sure_of_a_wrong_span_still_learns():
    scores = make_scores([2], scheme=BILUO, scale=0.0)
    scores.emissions[:, BILUO.tags.index("U-X")] = 80.0
    known = Evidence(boundary_mask([2], BILUO), BILUO)
    losses, gradient = loss_of_incorrect(scores, [Incorrect(0, 0, 1, "X")], known)
    assert float(losses[0]) == pytest.approx(80, abs=3)
    assert float(gradient.emissions[0, BILUO.tags.index("U-X")]) == pytest.approx(1, abs=1e-3)


def test_a_span_that_is_annotated_is_an_error():
    scores = make_scores([2], scheme=BILUO)
    gold = Evidence.of_tags(np.array([BILUO.tags.index("U-X"), 0]), BILUO)
    with pytest.raises(ValueError, match=r"LN040.*'Oslo', tokens 0 to 0 .*'Oslo is', .*'X'"):
        loss_of_incorrect(scores, [Incorrect(0, 0, 1, "X", "Oslo", "Oslo is")], gold)


def test_a_span_that_is_too_long_to_learn_from_is_an_error():
    scores = make_scores([1500], scheme=BILUO)
    known = Evidence(boundary_mask([1500], BILUO), BILUO)
    span = Incorrect(0, 0, 1400, "O", "Ada", "Ada saw")
    message = r"LN043.*1,400 tokens in a document of 1,500.*'O'.*'Ada', .* begins with 'Ada saw'"
    with pytest.raises(ValueError, match=message):
        loss_of_incorrect(scores, [span], known)


def test_spans_of_references_are_read_on_the_tokens_of_predictions():
    reference = Doc(
        NLP.vocab, words=["New", "York", "'s", "mayor"], spaces=[True, False, True, False]
    )
    reference.spans["wrong"] = [
        Span(reference, 0, 2, "X"),
        Span(reference, 1, 3, "Y"),
        Span(reference, 2, 4, "X"),
        Span(reference, 0, 2, "X"),
        Span(reference, 3, 4, "O"),
        Span(reference, 3, 4, "Z"),
    ]
    predicted = Doc(NLP.vocab, words=["New", "York's", "mayor"], spaces=[True, True, False])
    empty = Example(Doc(NLP.vocab), Doc(NLP.vocab))
    found = read_incorrect([empty, Example(predicted, reference)], "wrong", BILUO)
    # "New York" and "'s mayor" do not align, "Z" cannot be predicted.
    text = "New York's mayor"
    assert found == [
        Incorrect(1, 1, 2, "Y", "York's", text),
        Incorrect(1, 2, 3, "O", "mayor", text),
    ]
    assert read_incorrect([empty], "wrong", BILUO) == []
