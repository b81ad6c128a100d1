"""Scores of a batch, as a list and as lattices."""

import numpy as np
import torch

from ..lattices import SCHEME, make_scores


def test_as_a_list_they_are_emissions_of_each_document():
    scores = make_scores([3, 0, 2])
    assert len(scores) == 3
    assert [array.shape for array in scores] == [(3, 5), (0, 5), (2, 5)]
    assert np.array_equal(np.concatenate(list(scores)), scores.emissions.numpy())
    assert np.array_equal(scores[2], scores.emissions[3:].numpy())
    assert len(scores[:2]) == 2


def test_the_lattice_is_of_documents_with_tokens():
    lattice = make_scores([3, 0, 2]).lattice(SCHEME)
    assert lattice.lengths == [3, 2]
    assert lattice.log_partition().shape == (2,)


def test_scaling_and_zeros():
    scores = make_scores([2])
    before = scores.emissions.clone(), scores.transitions.clone()
    scores.scale_(0.5)
    torch.testing.assert_close(scores.emissions, 0.5 * before[0])
    torch.testing.assert_close(scores.transitions, 0.5 * before[1])
    zeros = scores.zeros_like()
    assert not zeros.emissions.any()
    assert not zeros.transitions.any()
    assert zeros.emissions.shape == before[0].shape


def test_leaves_gather_gradients_and_leave_the_scores_alone():
    scores = make_scores([2])
    leaves = scores.as_leaves()
    leaves.lattice(SCHEME).log_partition().sum().backward()
    assert leaves.emissions.grad.any()
    assert not scores.emissions.requires_grad
