import numpy as np
import pytest
import torch

from spacy_lstm_ner.pipeline.annotation import MISSING
from spacy_lstm_ner.pipeline.evidence import Evidence
from spacy_lstm_ner.pipeline.prior import documents_of_entities_alone, loss_of_share
from spacy_lstm_ner.tags import TagScheme

from ..lattices import boundary_mask, make_scores

SCHEME = TagScheme(["X"])  # O, B, I, L, U
UNIT = 4
LENGTHS = [2, 3]
POSSIBLE = Evidence(boundary_mask(LENGTHS, SCHEME), SCHEME)


def evidence(*documents):
    return Evidence.of_tags(np.concatenate(documents), SCHEME)


def scores_of(inside):
    """Scores that leave no doubt: whether each token is an entity of its own, or outside."""
    scores = make_scores(LENGTHS, scheme=SCHEME, scale=0.0)
    scores.emissions[:, UNIT] = 20.0
    scores.emissions[:, 0] = 40.0 * (1 - torch.tensor(inside))
    return scores


def test_documents_of_entities_alone_have_unknown_tokens_and_none_outside():
    documents = [
        [UNIT, MISSING],
        [],
        [UNIT, 0, MISSING],
        [MISSING, MISSING],
        [UNIT],
        [MISSING, 1, 3],
    ]
    found = documents_of_entities_alone(evidence(*documents), [len(tags) for tags in documents])
    assert found == [0, 5]


def test_a_token_that_may_be_of_another_label_is_not_unknown():
    gold = evidence([UNIT, MISSING])
    gold.mask[1] = [True, False, False, False, True]
    assert documents_of_entities_alone(gold, [2]) == []


@pytest.mark.parametrize(
    ("inside", "loss"),
    [
        ([0, 0, 0, 0, 0], 10 * (0.4 - 0.05)),
        ([1, 0, 0, 1, 0], 0),
        ([1, 1, 1, 1, 0], 10 * (0.8 - 0.4 - 0.05)),
    ],
)
def test_the_loss_is_how_far_the_share_is_off(inside, loss):
    losses, _ = loss_of_share(scores_of(inside), [0, 1], POSSIBLE, 0.4)
    assert losses.tolist() == pytest.approx([loss, loss], abs=1e-3)


def test_other_documents_do_not_count():
    losses, gradient = loss_of_share(make_scores(LENGTHS, scheme=SCHEME), [1], POSSIBLE, 0.0)
    assert len(losses) == 1
    assert not gradient.emissions[:2].any()
    assert gradient.emissions[2:].any()


def test_a_step_down_the_gradient_brings_the_share_nearer():
    scores = make_scores(LENGTHS, scheme=SCHEME)
    before, gradient = loss_of_share(scores, [0, 1], POSSIBLE, 0.1)
    scores.emissions -= 0.1 * gradient.emissions
    after, _ = loss_of_share(scores, [0, 1], POSSIBLE, 0.1)
    assert float(after[0]) < float(before[0])
