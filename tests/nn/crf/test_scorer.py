"""The output layer, and how it grows."""

import pytest
import torch

from spacy_lstm_ner.models.scores import Scores
from spacy_lstm_ner.nn.crf.scorer import NEW_TAG_MARGIN, SETTLED, STEP, TagScorer
from spacy_lstm_ner.tags import TagScheme

from ...lattices import boundary_mask


def make(n_tags, *, crf=True, inner=False):
    torch.manual_seed(0)
    scorer = TagScorer(n_in=4, n_tags=n_tags, crf=crf, inner=inner)
    with torch.no_grad():
        for parameter in scorer.parameters():
            parameter.normal_()
    return scorer


def test_everything_starts_equally_likely():
    scorer = TagScorer(n_in=4, n_tags=3, crf=True)
    assert not scorer(torch.randn(5, 4)).any()
    assert not scorer.transitions.any()


def test_first_steps_of_training_are_longer():
    scorer = TagScorer(n_in=4, n_tags=3, crf=True)
    steps = []
    for _ in range(SETTLED + 5):
        steps.append(scorer.step)
        scorer.finish_update()
    assert steps[0] > 1.5 * STEP
    assert steps == sorted(steps, reverse=True)
    assert steps[-5:] == [STEP] * 5


def test_a_trained_layer_takes_no_longer_steps_again():
    trained = make(3)
    loaded, grown = TagScorer(n_in=4, n_tags=3, crf=True), TagScorer(n_in=4, n_tags=5, crf=True)
    loaded.load_state_dict(trained.state_dict())
    grown.grow_from(loaded)
    assert (loaded.step, grown.step) == (STEP, STEP)


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


def test_moves_within_entities_alone_take_room_by_tag():
    scorer = TagScorer(n_in=4, n_tags=801, crf=True, inner=True)
    assert sum(p.numel() for p in scorer.parameters()) == 801 * (4 + 1 + 2)


@pytest.mark.parametrize("kind", ["biluo", "bio"])
@pytest.mark.parametrize("inner", [False, True])
def test_no_best_path_changes_when_labels_are_added(kind, inner):
    few = TagScheme(["A", "B"], scheme=kind)
    many = TagScheme(["A", "B", "C", "D"], scheme=kind)
    smaller = make(len(few), inner=inner)
    larger = TagScorer(n_in=4, n_tags=len(many), crf=True, inner=inner)
    larger.grow_from(smaller)
    states, lengths = 3 * torch.randn(60, 4), [25, 1, 34]
    before, after = (
        Scores(scorer(states), lengths, scorer.transitions).lattice(scheme)
        for scorer, scheme in ((smaller, few), (larger, many))
    )
    found = before.restrict(boundary_mask(lengths, few)).best()
    assert found.any()
    assert after.restrict(boundary_mask(lengths, many)).best().tolist() == found.tolist()
