"""The output layer, and how it grows."""

import torch

from spacy_lstm_ner.nn.crf.scorer import NEW_TAG_MARGIN, TagScorer


def make(n_tags, *, crf=True):
    torch.manual_seed(0)
    scorer = TagScorer(n_in=4, n_tags=n_tags, crf=crf)
    with torch.no_grad():
        for parameter in scorer.parameters():
            parameter.normal_()
    return scorer


def test_everything_starts_equally_likely():
    scorer = TagScorer(n_in=4, n_tags=3, crf=True)
    assert not scorer(torch.randn(5, 4)).any()
    assert not scorer.transitions.any()


def test_transitions_are_learned_by_a_crf_only():
    assert make(3).transitions.requires_grad
    softmax = TagScorer(n_in=4, n_tags=3, crf=False)
    assert not softmax.transitions.requires_grad
    assert "transitions" not in softmax.state_dict()


def test_old_tags_score_as_before_and_new_ones_as_outside_only_lower():
    smaller, larger = make(3), TagScorer(n_in=4, n_tags=5, crf=True)
    larger.grow_from(smaller)
    states = torch.randn(6, 4)
    with torch.no_grad():
        before, after = smaller(states), larger(states)
    torch.testing.assert_close(after[:, :3], before)
    for new in (3, 4):
        torch.testing.assert_close(after[:, new], before[:, 0] - NEW_TAG_MARGIN)
        torch.testing.assert_close(larger.transitions[new, :3], smaller.transitions[0])
        torch.testing.assert_close(larger.transitions[:3, new], smaller.transitions[:, 0])
