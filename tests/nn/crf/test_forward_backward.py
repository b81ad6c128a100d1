"""Sums over all tag sequences against every sequence written out, and against pytorch-crf."""

import itertools
import math

import torch
from torchcrf import CRF

from spacy_lstm_ner.nn.crf.forward_backward import Posterior, log_partition
from spacy_lstm_ner.nn.packing import pack_lengths

from .chains import CASES, LENGTHS, TAGS, best_path, enumerate_paths, make_scores


@CASES
def test_log_partition_equals_enumeration(allowed_share, illegal):
    emissions, transitions = make_scores(allowed_share=allowed_share, illegal=illegal)
    packing = pack_lengths(LENGTHS)
    expected = [torch.logsumexp(s, 0) for _, s in enumerate_paths(emissions, transitions)]
    found = log_partition(packing.pack(emissions), transitions, packing)
    torch.testing.assert_close(found, torch.stack(expected))


@CASES
def test_marginals_equal_enumeration(allowed_share, illegal):
    emissions, transitions = make_scores(allowed_share=allowed_share, illegal=illegal)
    packing = pack_lengths(LENGTHS)
    found = packing.unpack(Posterior(packing.pack(emissions), transitions, packing).marginals)
    expected = []
    for paths, scores in enumerate_paths(emissions, transitions):
        probability = torch.softmax(scores, 0)
        rows = torch.zeros(len(paths[0]), TAGS, dtype=torch.float64)
        for path, p in zip(paths, probability, strict=True):
            rows[torch.arange(len(path)), torch.tensor(path)] += p
        expected.append(rows)
    torch.testing.assert_close(found, torch.cat(expected))


def test_marginals_of_what_is_not_allowed_are_zero_exactly():
    emissions, transitions = make_scores(allowed_share=0.5, illegal=True)
    packing = pack_lengths(LENGTHS)
    found = packing.unpack(Posterior(packing.pack(emissions), transitions, packing).marginals)
    assert (found[torch.isneginf(emissions)] == 0.0).all()


@CASES
def test_gradients_equal_those_of_enumeration(allowed_share, illegal):
    emissions, transitions = make_scores(allowed_share=allowed_share, illegal=illegal)
    packing = pack_lengths(LENGTHS)
    weight = torch.arange(1.0, len(LENGTHS) + 1, dtype=torch.float64)
    ours = emissions.clone().requires_grad_(), transitions.clone().requires_grad_()
    (log_partition(packing.pack(ours[0]), ours[1], packing) * weight).sum().backward()
    theirs = emissions.clone().requires_grad_(), transitions.clone().requires_grad_()
    total = torch.zeros((), dtype=torch.float64)
    for rows, w in zip(theirs[0].split(LENGTHS), weight, strict=True):
        scores = []
        for path in itertools.product(range(TAGS), repeat=len(rows)):
            terms = [rows[i, tag] for i, tag in enumerate(path)]
            terms += [theirs[1][a, b] for a, b in itertools.pairwise(path)]
            score = torch.stack(terms).sum()
            if not torch.isneginf(score):
                scores.append(score)
        total = total + w * torch.logsumexp(torch.stack(scores), 0)
    total.backward()
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine.grad, other.grad)


def test_texts_of_one_token_make_no_moves():
    emissions, transitions = make_scores()
    emissions, packing = emissions[:2].requires_grad_(), pack_lengths([1, 1])
    log_z = log_partition(emissions, transitions.requires_grad_(), packing)
    log_z.sum().backward()
    torch.testing.assert_close(log_z, torch.logsumexp(emissions, 1))
    torch.testing.assert_close(emissions.grad, torch.softmax(emissions, 1))
    assert not transitions.grad.any()


def test_gradient_check_with_finite_differences():
    emissions, transitions = make_scores()
    packing = pack_lengths(LENGTHS)

    def function(e, t):
        return log_partition(e, t, packing)

    packed = packing.pack(emissions).requires_grad_()
    assert torch.autograd.gradcheck(function, (packed, transitions.requires_grad_()))


def test_lattices_that_differ_in_their_mask_share_a_scan():
    emissions, transitions = make_scores()
    masked = emissions.clone()
    masked[:, 1] = -math.inf
    packing = pack_lengths(LENGTHS)
    both = log_partition(packing.pack(torch.stack([emissions, masked], 1)), transitions, packing)
    for i, one in enumerate([emissions, masked]):
        alone = log_partition(packing.pack(one), transitions, packing)
        torch.testing.assert_close(both[:, i], alone)


def test_a_text_without_an_allowed_path_has_no_gradient():
    emissions, transitions = make_scores()
    emissions[0] = -math.inf  # the first text; the others are as before
    packing = pack_lengths(LENGTHS)
    packed = packing.pack(emissions).requires_grad_()
    log_z = log_partition(packed, transitions, packing)
    log_z[1:].sum().backward()
    assert torch.isneginf(log_z[0])
    assert packed.grad is not None
    assert torch.isfinite(packed.grad).all()
    assert (packing.unpack(packed.grad)[: LENGTHS[0]] == 0.0).all()


def test_equals_pytorch_crf():
    emissions, transitions = make_scores()
    crf = CRF(TAGS, batch_first=True).double()
    with torch.no_grad():
        crf.transitions.copy_(transitions)
        crf.start_transitions.zero_()
        crf.end_transitions.zero_()
    padded = torch.nn.utils.rnn.pad_sequence(emissions.split(LENGTHS), batch_first=True)
    mask = torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS)[:, None]
    tags = torch.randint(TAGS, (sum(LENGTHS),))
    padded_tags = torch.nn.utils.rnn.pad_sequence(tags.split(LENGTHS), batch_first=True)
    packing = pack_lengths(LENGTHS)
    scores = emissions.gather(1, tags[:, None]).squeeze(1).split(LENGTHS)
    moves = [transitions[path[:-1], path[1:]].sum() for path in tags.split(LENGTHS)]
    log_z = log_partition(packing.pack(emissions), transitions, packing)
    likelihood = torch.stack([s.sum() for s in scores]) + torch.stack(moves) - log_z
    expected = crf(padded, padded_tags, mask=mask, reduction="none")
    torch.testing.assert_close(likelihood, expected)
    best = best_path(emissions, transitions, packing)
    assert best == list(itertools.chain(*crf.decode(padded, mask=mask)))
