import itertools

import numpy as np
import pytest
import torch

from spacy_lstm_ner.models.scores import Scores
from spacy_lstm_ner.pipeline.annotation import MISSING
from spacy_lstm_ner.pipeline.evidence import Evidence
from spacy_lstm_ner.pipeline.objective import (
    cross_entropy,
    divergence,
    in_parts,
    negative_log_likelihood,
)

from ..lattices import SCHEME, boundary_mask, legal_paths, make_scores, score


def gold_of(tags):
    return Evidence.of_tags(np.array(tags), SCHEME)


def possible(lengths):
    return Evidence(boundary_mask(lengths), SCHEME)


@pytest.mark.parametrize("gold", [[1, 2, 3, 0], [MISSING, 2, MISSING, 0], [MISSING] * 4])
def test_loss_is_the_probability_of_what_is_allowed(gold):
    scores = make_scores([4])
    losses, _ = negative_log_likelihood(scores, gold_of(gold), possible([4]))
    paths = legal_paths(4)
    weights = torch.softmax(torch.tensor([score(scores, p) for p in paths]), 0)
    fits = [all(g in (MISSING, t) for g, t in zip(gold, p, strict=True)) for p in paths]
    expected = -torch.log(weights[torch.tensor(fits)].sum())
    torch.testing.assert_close(losses[0], expected, atol=1e-4, rtol=1e-4)


def missing_entities(gold, found):
    """An annotation of which a share of the entities is missing."""
    unknown = np.array(gold) == MISSING
    inside = np.arange(len(SCHEME)) > 0
    missed = np.log1p(-found) * (unknown[:, None] & inside)
    return Evidence(gold_of(gold).mask, SCHEME, missed)


def test_where_entities_may_be_missing_the_loss_is_that_of_annotating_so_many_of_them():
    scores, gold, found = make_scores([4]), [4, MISSING, MISSING, MISSING], 0.3
    losses, _ = negative_log_likelihood(scores, missing_entities(gold, found), possible([4]))
    paths = [path for path in legal_paths(4)]
    weights = torch.softmax(torch.tensor([score(scores, path) for path in paths]), 0)
    # Each entity after the first was left out with a chance of 0.7, each by itself.
    others = [len(SCHEME.decode(np.array(path)).start) - 1 for path in paths]
    seen = [
        (1 - found) ** n if path[0] == 4 else 0.0 for path, n in zip(paths, others, strict=True)
    ]
    expected = -torch.log((weights * torch.tensor(seen)).sum())
    torch.testing.assert_close(losses[0], expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("found", [None, 0.4])
@pytest.mark.parametrize("crf", [True, False])
def test_gradient_of_the_loss_equals_finite_differences(crf, found):
    lengths = [3, 2]
    scores = make_scores(lengths)
    if not crf:
        scores.transitions.zero_()
    tags = [1, MISSING, 3, 0, MISSING]
    gold = gold_of(tags) if found is None else missing_entities(tags, found)

    def objective(scores):
        if crf:
            return negative_log_likelihood(scores, gold, possible(lengths))
        return cross_entropy(scores, gold)

    def loss(emissions, transitions):
        return float(objective(Scores(emissions, lengths, transitions))[0].sum())

    _, gradient = objective(scores)
    step = 1e-2
    pairs = [(scores.emissions, gradient.emissions)]
    if crf:
        pairs.append((scores.transitions, gradient.transitions))
    for values, slopes in pairs:
        for i in np.ndindex(*values.shape):
            values[i] += step
            above = loss(scores.emissions, scores.transitions)
            values[i] -= 2 * step
            below = loss(scores.emissions, scores.transitions)
            values[i] += step
            assert slopes[i] == pytest.approx((above - below) / (2 * step), abs=5e-3)


def test_softmax_head_is_cross_entropy():
    scores = make_scores([3, 2])
    gold = torch.tensor([0, 4, 0, 1, 3])
    losses, gradient = cross_entropy(scores, gold_of(gold.numpy()))
    emissions = scores.emissions.clone().requires_grad_()
    expected = torch.nn.functional.cross_entropy(emissions, gold, reduction="none")
    expected.sum().backward()
    sums = torch.stack([part.sum() for part in expected.split([3, 2])])
    torch.testing.assert_close(losses, sums.detach())
    torch.testing.assert_close(gradient.emissions, emissions.grad)


def test_annotation_that_no_sequence_fits_teaches_nothing():
    scores = make_scores([2, 2])
    gold = gold_of([1, 0, 4, 0])  # B then O cannot be
    losses, gradient = negative_log_likelihood(scores, gold, possible([2, 2]))
    assert losses[0] == 0.0
    assert losses[1] > 0.0
    assert not gradient.emissions[:2].any()
    assert gradient.emissions[2:].any()
    assert torch.isfinite(gradient.transitions).all()


def test_distillation_is_the_divergence_of_whole_sequences():
    scores, teacher = make_scores([4], seed=1), make_scores([4], seed=2)
    losses, gradient = divergence(scores, [teacher], possible([4]))
    paths = legal_paths(4)
    learned = torch.log_softmax(torch.tensor([score(scores, p) for p in paths]), 0)
    taught = torch.log_softmax(torch.tensor([score(teacher, p) for p in paths]), 0)
    expected = (taught.exp() * (taught - learned)).sum()
    assert float(losses.sum()) == pytest.approx(float(expected), abs=1e-3, rel=1e-3)
    assert gradient.emissions.any()
    same, nothing = divergence(scores, [scores], possible([4]))
    assert float(same) == pytest.approx(0.0, abs=1e-5)
    zero = torch.zeros_like(scores.emissions)
    torch.testing.assert_close(nothing.emissions, zero, atol=1e-5, rtol=0)


def test_each_document_has_a_divergence_of_its_own():
    lengths = [3, 0, 2]
    scores, teacher = make_scores(lengths, seed=1), make_scores(lengths, seed=2)
    together, _ = divergence(scores, [teacher], possible(lengths))
    for i, part in enumerate([slice(0, 3), slice(3, 5)]):
        n = part.stop - part.start
        mine, theirs = (Scores(s.emissions[part], [n], s.transitions) for s in (scores, teacher))
        alone, _ = divergence(mine, [theirs], possible([n]))
        assert float(together[i]) == pytest.approx(float(alone))


def expected_loss(scores, teacher, length):
    """What annotation would cost on average if a teacher drew it, by all sequences written out."""
    paths = legal_paths(length)
    taught = torch.softmax(torch.tensor([score(teacher, p) for p in paths]).double(), 0)
    values = torch.stack(
        [
            sum(scores.emissions[i, tag] for i, tag in enumerate(p))
            + sum(scores.transitions[a, b] for a, b in itertools.pairwise(p))
            for p in paths
        ]
    )
    return -(taught * torch.log_softmax(values.double(), 0)).sum()


@pytest.mark.parametrize("number", [1, 3])
def test_gradient_of_distillation_is_that_of_the_loss_expected_under_the_teachers(number):
    scores = make_scores([3], seed=1)
    teachers = [make_scores([3], seed=2 + i) for i in range(number)]
    _, gradient = divergence(scores, teachers, possible([3]))
    leaves = scores.as_leaves()
    sum(expected_loss(leaves, teacher, 3) / number for teacher in teachers).backward()
    for found, expected in (
        (gradient.emissions, leaves.emissions.grad),
        (gradient.transitions, leaves.transitions.grad),
    ):
        assert expected.abs().max() > 0.1
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-3)


def test_documents_have_objectives_of_their_own():
    lengths = [2, 0, 3, 1, 4]
    scores = make_scores(lengths, seed=1)
    tags = [[0, 4], [1, 2, 3], [4], [0, 1, 3, 4]]

    def likelihood_of(*numbers):
        gold = gold_of([tag for number in numbers for tag in tags[number]])
        mask = possible([len(tags[number]) for number in numbers])
        return lambda part: negative_log_likelihood(part, gold, mask)

    whole, expected = likelihood_of(0, 1, 2, 3)(scores)
    parts = [([4, 0], likelihood_of(3, 0)), ([], cross_entropy), ([2, 3], likelihood_of(1, 2))]
    losses, gradient = in_parts(scores, parts)
    torch.testing.assert_close(losses, whole[[3, 0, 1, 2]])
    torch.testing.assert_close(gradient.emissions, expected.emissions)
    torch.testing.assert_close(gradient.transitions, expected.transitions)
    assert gradient.lengths == lengths
