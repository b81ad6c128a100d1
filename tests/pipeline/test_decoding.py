import itertools
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_lstm_ner.models.tagger import Scores
from spacy_lstm_ner.nn.windows import make_windows
from spacy_lstm_ner.pipeline import decoding
from spacy_lstm_ner.pipeline.annotation import MISSING
from spacy_lstm_ner.pipeline.decoding import best_tags
from spacy_lstm_ner.pipeline.evidence import allowed_mask
from spacy_lstm_ner.pipeline.objective import distil, negative_log_likelihood
from spacy_lstm_ner.tags import TagScheme

SCHEME = TagScheme(["X"])  # O, B, I, L, U


def make_scores(lengths, *, scale=2.0, scheme=SCHEME, seed=0):
    generator = torch.Generator().manual_seed(seed)
    emissions = torch.randn(sum(lengths), len(scheme), generator=generator) * scale
    transitions = torch.randn(len(scheme), len(scheme), generator=generator) * scale
    return Scores(emissions, lengths, transitions)


def is_legal(path, scheme=SCHEME):
    moves = all(scheme.legal[a, b] for a, b in itertools.pairwise(path))
    return moves and scheme.starts[path[0]] and scheme.ends[path[-1]]


def score(scores, path):
    total = sum(float(scores.table[i, tag]) for i, tag in enumerate(path))
    return total + sum(float(scores.transitions[a, b]) for a, b in itertools.pairwise(path))


def legal_paths(length):
    return [p for p in itertools.product(range(len(SCHEME)), repeat=length) if is_legal(p)]


@pytest.mark.parametrize("gold", [[1, 2, 3, 0], [MISSING, 2, MISSING, 0], [MISSING] * 4])
def test_loss_is_the_probability_of_what_is_allowed(gold):
    scores = make_scores([4])
    losses, _ = negative_log_likelihood(
        scores, allowed_mask(np.array(gold), len(SCHEME)), SCHEME, crf=True
    )
    paths = legal_paths(4)
    weights = torch.softmax(torch.tensor([score(scores, p) for p in paths]), 0)
    fits = [all(g in (MISSING, t) for g, t in zip(gold, p, strict=True)) for p in paths]
    expected = -torch.log(weights[torch.tensor(fits)].sum())
    torch.testing.assert_close(losses[0], expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("crf", [True, False])
def test_gradient_of_the_loss_equals_finite_differences(crf):
    lengths = [3, 2]
    scores = make_scores(lengths)
    if not crf:
        scores.transitions.zero_()
    allowed = allowed_mask(np.array([1, MISSING, 3, 0, MISSING]), len(SCHEME))

    def loss(emissions, transitions):
        moved = Scores(emissions, lengths, transitions)
        return float(negative_log_likelihood(moved, allowed, SCHEME, crf=crf)[0].sum())

    _, gradient = negative_log_likelihood(scores, allowed, SCHEME, crf=crf)
    step = 1e-2
    pairs = [(scores.table, gradient.table)]
    if crf:
        pairs.append((scores.transitions, gradient.transitions))
    for values, slopes in pairs:
        for i in np.ndindex(*values.shape):
            values[i] += step
            above = loss(scores.table, scores.transitions)
            values[i] -= 2 * step
            below = loss(scores.table, scores.transitions)
            values[i] += step
            assert slopes[i] == pytest.approx((above - below) / (2 * step), abs=5e-3)


def test_softmax_head_is_cross_entropy():
    scores = make_scores([3, 2])
    gold = torch.tensor([0, 4, 0, 1, 3])
    allowed = allowed_mask(gold.numpy(), len(SCHEME))
    losses, gradient = negative_log_likelihood(scores, allowed, SCHEME, crf=False)
    emissions = scores.table.clone().requires_grad_()
    expected = torch.nn.functional.cross_entropy(emissions, gold, reduction="none")
    expected.sum().backward()
    sums = torch.stack([part.sum() for part in expected.split([3, 2])])
    torch.testing.assert_close(losses, sums.detach())
    torch.testing.assert_close(gradient.table, emissions.grad)


def test_annotation_that_no_sequence_fits_teaches_nothing():
    scores = make_scores([2, 2])
    allowed = allowed_mask(np.array([1, 0, 4, 0]), len(SCHEME))  # B then O cannot be
    losses, gradient = negative_log_likelihood(scores, allowed, SCHEME, crf=True)
    assert losses[0] == 0.0
    assert losses[1] > 0.0
    assert not gradient.table[:2].any()
    assert gradient.table[2:].any()
    assert torch.isfinite(gradient.transitions).all()


@pytest.mark.parametrize("seed", range(4))
def test_best_tags_equal_enumeration(seed):
    scores = make_scores([4], seed=seed)
    found = best_tags(scores, np.full(4, MISSING), np.zeros(4, dtype=bool), SCHEME)
    assert tuple(found) == max(legal_paths(4), key=lambda p: score(scores, p))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_scores_that_are_not_finite_are_refused(value):
    scores = make_scores([3, 2])
    scores.table[4, 2] = value
    with pytest.raises(ValueError, match="LN024"):
        best_tags(scores, np.full(5, MISSING), np.zeros(5, dtype=bool), SCHEME)


@settings(deadline=None, max_examples=60)
@given(st.data(), st.sampled_from(["biluo", "bio"]))
def test_best_tags_are_always_legal(data, kind):
    scheme = TagScheme(["X", "Y-Z"], scheme=kind)
    lengths = data.draw(st.lists(st.integers(0, 7), min_size=1, max_size=4))
    scores = make_scores(lengths, scheme=scheme, seed=data.draw(st.integers(0, 99)), scale=30.0)
    n = sum(lengths)
    space = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)), dtype=bool)
    tags = best_tags(scores, np.full(n, MISSING), space, scheme)
    end = 0
    for length in lengths:
        start, end = end, end + length
        if length:
            assert is_legal(tags[start:end], scheme)
    spans = scheme.decode(tags)
    assert not space[spans.start].any()
    assert not space[spans.end - 1].any()


def test_preset_tags_are_kept():
    scores = make_scores([5], scale=30.0)
    preset = np.array([MISSING, 1, 3, MISSING, 0])
    found = best_tags(scores, preset, np.zeros(5, dtype=bool), SCHEME)
    assert found[[1, 2, 4]].tolist() == [1, 3, 0]
    assert is_legal(found)


def cut_to(patch, *, modules=(decoding,), **settings):
    """Cut documents into windows of another size than the usual one."""
    for module in modules:
        patch.setattr(module, "make_windows", partial(make_windows, **settings))


@pytest.mark.parametrize("length", [40, 95, 100, 301])
def test_long_documents_decode_in_windows_as_they_would_whole(monkeypatch, length):
    scores = make_scores([length, 7, length], scale=1.0)
    free, no_space = np.full(2 * length + 7, MISSING), np.zeros(2 * length + 7, dtype=bool)
    whole = best_tags(scores, free, no_space, SCHEME)
    cut_to(monkeypatch, size=32, context=16)
    assert np.array_equal(best_tags(scores, free, no_space, SCHEME), whole)


def test_windows_that_never_agree_still_give_a_legal_path(monkeypatch):
    # Strong transitions carry a choice made at one end all the way to the other.
    cut_to(monkeypatch, size=8, context=2)
    scheme = TagScheme(["X", "Y"])
    emissions = torch.zeros(60, len(scheme))
    emissions[0, scheme.tags.index("B-X")] = 50.0
    emissions[-1, scheme.tags.index("L-Y")] = 50.0
    transitions = torch.zeros(len(scheme), len(scheme))
    for label in "XY":
        inside = scheme.tags.index(f"I-{label}")
        transitions[inside, inside] = 5.0
    scores = Scores(emissions, [60], transitions)
    tags = best_tags(scores, np.full(60, MISSING), np.zeros(60, dtype=bool), scheme)
    assert is_legal(tags, scheme)


def test_distillation_is_the_divergence_of_whole_sequences():
    scores, teacher = make_scores([4], seed=1), make_scores([4], seed=2)
    losses, gradient = distil(scores, teacher, SCHEME)
    paths = legal_paths(4)
    learned = torch.log_softmax(torch.tensor([score(scores, p) for p in paths]), 0)
    taught = torch.log_softmax(torch.tensor([score(teacher, p) for p in paths]), 0)
    expected = (taught.exp() * (taught - learned)).sum()
    torch.testing.assert_close(losses.sum(), expected, atol=1e-3, rtol=1e-3)
    assert gradient.table.any()
    same, nothing = distil(scores, scores, SCHEME)
    torch.testing.assert_close(same, torch.zeros(1), atol=1e-5, rtol=0)
    torch.testing.assert_close(nothing.table, torch.zeros_like(scores.table), atol=1e-5, rtol=0)


@pytest.mark.parametrize("portion", [1, 7, 20])
def test_windows_decode_in_portions_as_they_would_together(monkeypatch, portion):
    cut_to(monkeypatch, size=3, context=1)
    lengths = [4, 0, 9, 1, 30, 2, 2]
    n = sum(lengths)
    scores, free, no_space = make_scores(lengths), np.full(n, MISSING), np.zeros(n, dtype=bool)
    together = best_tags(scores, free, no_space, SCHEME)
    monkeypatch.setattr(decoding, "MAX_SCORES", portion * len(SCHEME))
    assert np.array_equal(best_tags(scores, free, no_space, SCHEME), together)
