"""Texts whose scores are too far apart for probabilities, against every sequence written out."""

import itertools

import numpy as np
import pytest
import torch

from spacy_lstm_ner.models.scores import Scores
from spacy_lstm_ner.nn.crf import log_scan
from spacy_lstm_ner.tags import Spans, TagScheme

from ...lattices import all_moves, boundary_mask, distribution, make_scores

BIO, BILUO = TagScheme(["X"], scheme="bio"), TagScheme(["X"])
LENGTHS = [3, 7, 1, 5]
FORMS = pytest.mark.parametrize("inner", [False, True])


def ordinary(scheme, inner):
    scores = make_scores(LENGTHS, scheme=scheme, inner=inner, seed=3)
    return scores.emissions.double(), scores.transitions.double()


def a_tag_far_below_at_one_token(scheme, inner):
    """In the middle of the second text only what goes on in an entity scores well."""
    emissions, transitions = ordinary(scheme, inner)
    emissions[5:7] -= 3000.0
    emissions[5:7, scheme.tags.index("I-X")] += 3000.0
    emissions[3, scheme.tags.index("B-X")] -= 1000.0
    return emissions, transitions


def a_move_far_below(scheme, inner):
    """The entity of the second text must go on by moves that score hardly anything."""
    emissions, transitions = ordinary(scheme, inner)
    begin, inside = scheme.tags.index("B-X"), scheme.tags.index("I-X")
    if inner:
        transitions[inside] -= torch.tensor([900.0, 1000.0])
    else:
        transitions[[begin, inside], inside] -= torch.tensor([900.0, 1000.0])
    return emissions, transitions


def little_by_little(scheme, inner):
    """A way that falls behind by 285 at each of three tokens, and is the best in the end."""
    emissions, transitions = ordinary(scheme, inner)
    begin, inside = scheme.tags.index("B-X"), scheme.tags.index("I-X")
    last = scheme.tags.index("L-X" if "L-X" in scheme.tags else "I-X")
    way = torch.tensor([begin, *[inside] * 5, last])
    tokens = torch.arange(3, 10)
    emissions[tokens[:3], way[:3]] -= 285.0
    emissions[tokens[3:]] -= 285.0
    emissions[tokens[3:], way[3:]] += 285.0
    return emissions, transitions


KINDS = pytest.mark.parametrize(
    "kind", [a_tag_far_below_at_one_token, a_move_far_below, little_by_little]
)
SCHEMES = pytest.mark.parametrize("scheme", [BIO, BILUO], ids=lambda scheme: scheme.scheme)


def lattice_of(emissions, transitions, scheme):
    return Scores(emissions, LENGTHS, transitions).lattice(scheme).restrict(possible(scheme))


def possible(scheme):
    """An entity of the second text begins with it, so that no way joins one that fell behind."""
    mask = boundary_mask(LENGTHS, scheme)
    mask[4:10] &= ~scheme.opens
    return mask


def scan(rows, moves):
    """The plain recurrence, for autograd; rows hold what is possible."""
    alphas = rows[0]
    for row in rows[1:]:
        alphas = torch.logsumexp(alphas[:, None] + moves, 0) + row
    return torch.logsumexp(alphas, 0)


def inside_all(lengths, scheme):
    """Every token from a text's first to its last is in one entity."""
    tags = [scheme.encode(Spans(np.array([0]), np.array([n]), np.array([0])), n) for n in lengths]
    return np.concatenate(tags)[:, None] == np.arange(len(scheme))


@KINDS
@SCHEMES
@FORMS
def test_sums_marginals_and_spans_equal_enumeration(kind, scheme, inner):
    lattice = lattice_of(*kind(scheme, inner), scheme)
    values = [(paths, scores) for paths, scores in distribution(lattice)]
    log_z = torch.stack([torch.logsumexp(scores, 0) for _, scores in values])
    torch.testing.assert_close(lattice.log_partition(), log_z)
    marginals = torch.zeros_like(lattice.emissions)
    spans, first = {}, 0
    for (paths, scores), length in zip(values, LENGTHS, strict=True):
        for path, chance in zip(paths, torch.softmax(scores, 0).tolist(), strict=True):
            marginals[torch.arange(first, first + length), torch.tensor(path)] += chance
            for start, end, label in zip(*scheme.decode(np.array(path)), strict=True):
                key = (start + first, end + first, label)
                spans[key] = spans.get(key, 0.0) + chance
        first += length
    torch.testing.assert_close(lattice.marginals(), marginals)
    found = lattice.span_marginals(Spans(*np.array(list(spans)).T))
    assert found == pytest.approx(list(spans.values()), abs=1e-7)
    likely, chances = lattice.likely_spans(0.01)
    expected = {key: chance for key, chance in sorted(spans.items()) if chance >= 0.01}
    assert list(zip(*map(np.ndarray.tolist, likely), strict=True)) == list(expected)
    assert chances == pytest.approx(list(expected.values()))


@KINDS
@SCHEMES
@FORMS
def test_probabilities_and_gradients_equal_a_scan_in_logarithms(kind, scheme, inner):
    ours = [scores.requires_grad_() for scores in kind(scheme, inner)]
    theirs = [scores.detach().clone().requires_grad_() for scores in ours]
    gold = inside_all(LENGTHS, scheme)
    found = lattice_of(*ours, scheme).log_probability(gold)
    (found * torch.arange(1.0, 5.0)).sum().backward()
    moves = all_moves(theirs[1], scheme).masked_fill(~torch.from_numpy(scheme.legal), -1e100)
    expected = []
    for mask in (possible(scheme) & gold, possible(scheme)):
        rows = theirs[0].masked_fill(~torch.from_numpy(mask), -1e100)
        expected.append(torch.stack([scan(text, moves) for text in rows.split(LENGTHS)]))
    log_probability = expected[0] - expected[1]
    (log_probability * torch.arange(1.0, 5.0)).sum().backward()
    torch.testing.assert_close(found, log_probability)
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine.grad, other.grad)


@KINDS
@SCHEMES
@FORMS
def test_divergence_and_best_readings_equal_enumeration(kind, scheme, inner):
    lattice = lattice_of(*kind(scheme, inner), scheme)
    mild = lattice_of(*ordinary(scheme, inner), scheme)
    for this, other in itertools.permutations([lattice, mild]):
        expected = []
        for (_, here), (_, there) in zip(distribution(this), distribution(other), strict=True):
            here, there = torch.log_softmax(here, 0), torch.log_softmax(there, 0)
            expected.append((there.exp() * (there - here)).sum())
        torch.testing.assert_close(this.divergence(other), torch.stack(expected))
    for readings, (_, scores) in zip(lattice.best_k(3), distribution(lattice), strict=True):
        expected = torch.log_softmax(scores, 0).sort(descending=True).values[:3].tolist()
        assert [r.log_probability for r in readings] == pytest.approx(expected, abs=1e-2)


@FORMS
def test_what_no_sequence_fits_stays_impossible_beside_what_is_unlikely(inner):
    emissions, transitions = a_tag_far_below_at_one_token(BILUO, inner)
    emissions.requires_grad_()
    gold = np.ones(emissions.shape, dtype=bool)
    gold[0] = np.array(BILUO.tags) == "L-X"  # nothing starts with that
    found = lattice_of(emissions, transitions, BILUO).log_probability(gold)
    assert torch.isneginf(found).tolist() == [True, False, False, False]
    found[1:].sum().backward()
    assert torch.isfinite(emissions.grad).all()
    assert not emissions.grad[:3].any()


@FORMS
def test_only_the_texts_that_need_them_are_summed_in_logarithms(inner, monkeypatch):
    summed = []
    plain = log_scan.log_sums

    def record(rows, moves, sizes):
        summed.append(sizes)
        return plain(rows, moves, sizes)

    monkeypatch.setattr("spacy_lstm_ner.nn.crf.forward_backward.log_sums", record)
    lattice_of(*ordinary(BIO, inner), BIO).log_partition()
    assert not summed
    lattice_of(*a_tag_far_below_at_one_token(BIO, inner), BIO).log_partition()
    assert summed == [[1] * 7]
