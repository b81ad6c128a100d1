"""Moves within entities against a table of all moves with the same scores."""

import numpy as np
import pytest
import torch

from spacy_lstm_ner.models.scores import Scores
from spacy_lstm_ner.tags import TagScheme

from ...lattices import all_moves, boundary_mask, make_scores

LENGTHS = [9, 1, 30, 2, 14]
SCHEMES = [
    TagScheme([f"L{i}" for i in range(labels)], scheme=kind)
    for kind in ("biluo", "bio")
    for labels in (0, 1, 7)
]
EACH = pytest.mark.parametrize("scheme", SCHEMES, ids=lambda s: f"{s.scheme}-{len(s.labels)}")


def both_forms(scheme, *, seed=0):
    scores = make_scores(LENGTHS, scheme=scheme, inner=True, seed=seed)
    emissions, inner = scores.emissions.double(), scores.transitions.double()
    mask = boundary_mask(LENGTHS, scheme)
    mask &= np.random.default_rng(seed).random(mask.shape) < 0.8
    mask[:, 0] = True
    tables = inner, all_moves(inner, scheme)
    return [Scores(emissions, LENGTHS, t).lattice(scheme).restrict(mask) for t in tables]


@EACH
def test_both_forms_sum_to_the_same(scheme):
    inner, full = both_forms(scheme)
    torch.testing.assert_close(inner.log_partition(), full.log_partition())
    torch.testing.assert_close(inner.marginals(), full.marginals())
    others = both_forms(scheme, seed=1)
    inner_other, full_other = (other.restrict(inner.allowed) for other in others)
    inner, full = inner.restrict(others[0].allowed), full.restrict(others[0].allowed)
    torch.testing.assert_close(inner.divergence(inner_other), full.divergence(full_other))


@EACH
def test_both_forms_find_the_same_entities(scheme):
    inner, full = both_forms(scheme)
    assert inner.best().tolist() == full.best().tolist()
    for text in range(len(LENGTHS)):  # one by one, another way is taken
        assert inner.texts()[text].best().tolist() == full.texts()[text].best().tolist()
    for mine, other in zip(inner.best_k(4), full.best_k(4), strict=True):
        assert [r.tags.tolist() for r in mine] == [r.tags.tolist() for r in other]
    (mine, chances), (other, expected) = (each.likely_spans(0.05) for each in (inner, full))
    assert np.array_equal(mine, other)
    np.testing.assert_allclose(chances, expected)


@EACH
def test_of_equal_paths_both_forms_choose_the_same(scheme):
    emissions = torch.zeros(sum(LENGTHS), len(scheme))
    inner = torch.zeros(len(scheme), 2)
    mask = boundary_mask(LENGTHS, scheme)
    tables = inner, all_moves(inner, scheme)
    found = [
        Scores(emissions, LENGTHS, t).lattice(scheme).restrict(mask).best().tolist() for t in tables
    ]
    assert found[0] == found[1]


@EACH
def test_gradients_of_both_forms_are_the_same(scheme):
    scores = make_scores(LENGTHS, scheme=scheme, inner=True)
    table = all_moves(scores.transitions, scheme)
    leaves = [Scores(scores.emissions, LENGTHS, t).as_leaves() for t in (scores.transitions, table)]
    gold = np.random.default_rng(0).random(scores.emissions.shape) < 0.5
    gold[:, 0] = True
    for each in leaves:
        each.lattice(scheme).log_probability(gold).sum().backward()
    inner, full = leaves
    torch.testing.assert_close(inner.emissions.grad, full.emissions.grad)
    expected = torch.zeros_like(inner.transitions)
    for tag, name in enumerate(scheme.tags):
        if name[0] in "IL":
            sources = [scheme.tags.index(prefix + name[1:]) for prefix in "BI"]
            expected[tag] = full.transitions.grad[sources, tag]
    torch.testing.assert_close(inner.transitions.grad, expected)
