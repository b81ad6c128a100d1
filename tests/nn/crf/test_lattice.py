"""Every method of the lattice against every tag sequence written out."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_lstm_ner.models.scores import Scores
from spacy_lstm_ner.nn.crf import lattice as lattice_module
from spacy_lstm_ner.tags import Spans, TagScheme

from ...lattices import (
    SCHEME,
    boundary_mask,
    cut_to,
    distribution,
    is_legal,
    legal_paths,
    make_scores,
    score,
)

LENGTHS = [3, 1, 4, 2]
SCHEMES = [TagScheme(["X"]), TagScheme(["X", "Y"], scheme="bio"), TagScheme([], scheme="bio")]


def make_lattice(scheme, *, share=1.0, seed=0, lengths=LENGTHS, inner=False):
    """A lattice, part of whose tags are ruled out; some path of each text is left."""
    scores = make_scores(lengths, scheme=scheme, seed=seed, inner=inner)
    scores = Scores(scores.emissions.double(), lengths, scores.transitions.double())
    random = np.random.default_rng(seed)
    mask = boundary_mask(lengths, scheme) & (random.random(scores.emissions.shape) < share)
    mask[:, 0] = True
    return scores.lattice(scheme).restrict(mask)


CASES = pytest.mark.parametrize(
    "lattice",
    [
        make_lattice(scheme, share=share, seed=seed, inner=inner)
        for inner in [False, True]
        for scheme in SCHEMES
        for share, seed in [(1.0, 0), (0.7, 1), (0.4, 2)]
    ],
    ids=lambda lattice: "-".join(
        [
            "inner" if is_inner(lattice) else "full",
            lattice.scheme.scheme,
            f"{lattice.allowed.mean():.2f}",
        ]
    ),
)


def is_inner(lattice):
    return lattice.transitions.shape[1] == 2


def probabilities(lattice):
    return [(paths, torch.softmax(values, 0)) for paths, values in distribution(lattice)]


def spans_of(path, scheme):
    return set(zip(*map(np.ndarray.tolist, scheme.decode(np.array(path))), strict=True))


def span_probabilities(lattice):
    """The probability of every span that any tag sequence has, by start, end and label."""
    found, first = {}, 0
    for (paths, chances), length in zip(probabilities(lattice), lattice.lengths, strict=True):
        for path, chance in zip(paths, chances.tolist(), strict=True):
            for start, end, label in spans_of(path, lattice.scheme):
                key = start + first, end + first, label
                found[key] = found.get(key, 0.0) + chance
        first += length
    return found


@CASES
def test_log_partition_sums_over_what_is_allowed(lattice):
    expected = [torch.logsumexp(values, 0) for _, values in distribution(lattice)]
    torch.testing.assert_close(lattice.log_partition(), torch.stack(expected))


@CASES
def test_log_probability_is_that_of_the_allowed_sequences(lattice):
    random = np.random.default_rng(7)
    mask = random.random(lattice.emissions.shape) < 0.7
    expected = []
    first = 0
    for (paths, chances), length in zip(probabilities(lattice), lattice.lengths, strict=True):
        fits = [all(mask[first + i, tag] for i, tag in enumerate(path)) for path in paths]
        expected.append(torch.log(chances[torch.tensor(fits)].sum()))
        first += length
    found = lattice.log_probability(mask)
    torch.testing.assert_close(found, torch.stack(expected))
    restricted = lattice.restrict(mask).log_partition() - lattice.log_partition()
    torch.testing.assert_close(found, restricted)


@CASES
def test_marginals_are_those_of_all_sequences(lattice):
    expected = torch.zeros(lattice.emissions.shape, dtype=torch.float64)
    first = 0
    for (paths, chances), length in zip(probabilities(lattice), lattice.lengths, strict=True):
        for path, chance in zip(paths, chances, strict=True):
            expected[torch.arange(first, first + length), torch.tensor(path)] += chance
        first += length
    torch.testing.assert_close(lattice.marginals(), expected)


@CASES
def test_span_marginals_are_those_of_all_sequences(lattice):
    expected = span_probabilities(lattice)
    spans = [
        (start, end, label)
        for first, stop in itertools.pairwise([0, *np.cumsum(lattice.lengths).tolist()])
        for start, end in itertools.combinations(range(first, stop + 1), 2)
        for label in range(len(lattice.scheme.labels))
    ]
    columns = np.array(spans, dtype=np.int64).reshape(-1, 3).T
    found = lattice.span_marginals(Spans(*columns))
    assert found == pytest.approx([expected.get(span, 0.0) for span in spans], abs=1e-9)


@CASES
@pytest.mark.parametrize("probability", [0.01, 0.2, 0.9])
def test_likely_spans_are_all_that_reach_the_probability(lattice, probability):
    expected = {k: v for k, v in span_probabilities(lattice).items() if v >= probability}
    spans, chances = lattice.likely_spans(probability)
    keys = list(zip(*map(np.ndarray.tolist, spans), strict=True))
    assert keys == sorted(expected)
    assert chances == pytest.approx([expected[key] for key in keys])


@CASES
def test_expected_counts_are_entities_of_a_label_on_average(lattice):
    labels = range(len(lattice.scheme.labels))
    expected = torch.zeros(len(lattice.lengths), len(labels), dtype=torch.float64)
    for text, (paths, chances) in enumerate(probabilities(lattice)):
        for path, chance in zip(paths, chances, strict=True):
            for _, _, label in spans_of(path, lattice.scheme):
                expected[text, label] += chance
    torch.testing.assert_close(lattice.expected_counts(), expected)


@CASES
def test_entropy_is_that_of_whole_sequences(lattice):
    expected = []
    for _, values in distribution(lattice):
        logs = torch.log_softmax(values, 0)
        expected.append(-(logs.exp() * logs).sum())
    torch.testing.assert_close(lattice.entropy(), torch.stack(expected))


@CASES
def test_scaled_scores_are_those_of_every_sequence(lattice):
    scaled = lattice.scale(0.5)
    first = Scores(0.5 * lattice.emissions, lattice.lengths, 0.5 * lattice.transitions)
    expected = first.lattice(lattice.scheme).restrict(lattice.allowed)
    torch.testing.assert_close(scaled.marginals(), expected.marginals())
    assert scaled.best().tolist() == lattice.best().tolist()


@pytest.mark.parametrize("kind", ["biluo", "bio"])
@pytest.mark.parametrize("seed", [0, 1])
def test_thousands_of_random_lattices_are_as_they_are_written_out(kind, seed):
    scheme = TagScheme(["X", "Y"], scheme=kind)
    random = np.random.default_rng(seed)
    lengths = random.integers(1, 4, size=500).tolist()
    share = random.uniform(0.3, 1.0)
    lattice = make_lattice(scheme, share=share, seed=seed, lengths=lengths)
    moves = lattice.transitions.numpy()
    paths_of = {n: np.array(legal_paths(n, scheme)) for n in (1, 2, 3)}
    k_best, counts, first = lattice.best_k(1000), lattice.expected_counts().numpy(), 0
    spans, expected = [], []
    for text, length in enumerate(lengths):
        paths, token = paths_of[length], np.arange(first, first + length)
        paths = paths[lattice.allowed[token, paths].all(1)]  # (paths, tokens)
        scores = lattice.emissions.numpy()[token, paths].sum(1)
        scores += moves[paths[:, :-1], paths[:, 1:]].sum(1)
        chances = np.exp(scores - np.logaddexp.reduce(scores))
        found = np.exp([reading.log_probability for reading in k_best[text]])
        assert found == pytest.approx(np.sort(chances)[::-1], abs=1e-6)
        assert found.sum() == pytest.approx(1.0, abs=1e-6)
        of_span = {}
        for path, chance in zip(paths, chances, strict=True):
            for span in spans_of(path, scheme):
                of_span[span] = of_span.get(span, 0.0) + chance
        of_label = [sum(p for (*_, label), p in of_span.items() if label == i) for i in (0, 1)]
        assert counts[text] == pytest.approx(of_label, abs=1e-6)
        spans += [(first + start, first + end, label) for start, end, label in of_span]
        expected += of_span.values()
        first += length
    found = lattice.span_marginals(Spans(*np.array(spans).T))
    assert found == pytest.approx(expected, abs=1e-6)


@CASES
def test_the_best_path_is_the_most_probable(lattice):
    best = [paths[int(values.argmax())] for paths, values in distribution(lattice)]
    assert lattice.best().tolist() == list(itertools.chain(*best))


@CASES
@pytest.mark.parametrize("k", [1, 3, 1000])
def test_the_k_best_paths_are_the_most_probable_in_order(lattice, k):
    for found, (paths, values) in zip(lattice.best_k(k), distribution(lattice), strict=True):
        chances = torch.log_softmax(values, 0)
        order = chances.argsort(descending=True)[:k].tolist()
        assert [tuple(reading.tags.tolist()) for reading in found] == [paths[i] for i in order]
        expected = [float(chances[i]) for i in order]
        assert [reading.log_probability for reading in found] == pytest.approx(expected, abs=1e-4)


@CASES
def test_divergence_is_that_of_whole_sequences(lattice):
    other = make_lattice(lattice.scheme, seed=5, inner=is_inner(lattice)).restrict(lattice.allowed)
    expected = []
    for (paths, here), (same, there) in zip(
        distribution(lattice), distribution(other), strict=True
    ):
        assert paths == same
        here, there = torch.log_softmax(here, 0), torch.log_softmax(there, 0)
        expected.append((there.exp() * (there - here)).sum())
    torch.testing.assert_close(lattice.divergence(other), torch.stack(expected))
    nothing = torch.zeros(len(LENGTHS), dtype=torch.float64)
    torch.testing.assert_close(lattice.divergence(lattice), nothing)


def test_the_divergence_of_a_text_does_not_depend_on_its_neighbours():
    scheme = SCHEMES[1]
    lattice, other = make_lattice(scheme), make_lattice(scheme, seed=5)
    pairs = zip(lattice.texts(), other.texts(), strict=True)
    alone = [mine.divergence(theirs) for mine, theirs in pairs]
    torch.testing.assert_close(lattice.divergence(other), torch.cat(alone))


@pytest.mark.parametrize("method", ["log_partition", "log_probability", "divergence"])
@pytest.mark.parametrize("inner", [False, True])
@pytest.mark.parametrize("scheme", SCHEMES[:2], ids=lambda scheme: scheme.scheme)
def test_gradients_equal_finite_differences(method, inner, scheme):
    lattice = make_lattice(scheme, share=0.7, inner=inner)
    other = make_lattice(scheme, seed=5, inner=inner)
    other = other.restrict(lattice.allowed)
    mask = np.random.default_rng(7).random(lattice.emissions.shape) < 0.8
    mask[:, 0] = True
    arguments = {"log_partition": [], "log_probability": [mask], "divergence": [other]}[method]

    def function(emissions, transitions):
        moved = Scores(emissions, LENGTHS, transitions).lattice(scheme)
        return getattr(moved.restrict(lattice.allowed), method)(*arguments)

    scores = lattice.emissions.clone(), lattice.transitions.clone()
    assert torch.autograd.gradcheck(function, tuple(s.requires_grad_() for s in scores))


@settings(deadline=None, max_examples=60)
@given(st.data(), st.sampled_from(["biluo", "bio"]))
def test_whatever_is_allowed_the_best_path_is_and_log_z_is_no_larger(data, kind):
    scheme = TagScheme(["X", "Y-Z"], scheme=kind)
    lengths = data.draw(st.lists(st.integers(1, 7), min_size=1, max_size=4))
    scores = make_scores(lengths, scheme=scheme, seed=data.draw(st.integers(0, 99)), scale=30.0)
    free = scores.lattice(scheme).restrict(boundary_mask(lengths, scheme))
    seed = data.draw(st.integers(0, 99))
    mask = np.random.default_rng(seed).random(scores.emissions.shape) < 0.6
    mask[:, 0] = True  # "O" may stand everywhere, so that some path is allowed
    restricted = free.restrict(mask)
    tags = restricted.best()
    assert (free.allowed & mask)[np.arange(len(tags)), tags].all()
    assert (restricted.log_partition() <= free.log_partition() + 1e-4).all()
    end = 0
    for length in lengths:
        start, end = end, end + length
        assert is_legal(tags[start:end], scheme)


@pytest.mark.parametrize("seed", range(4))
def test_the_best_of_one_text_equals_enumeration(seed):
    scores = make_scores([4], seed=seed)
    lattice = scores.lattice(SCHEME).restrict(boundary_mask([4]))
    assert tuple(lattice.best()) == max(legal_paths(4), key=lambda p: score(scores, p))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_scores_that_are_not_finite_are_refused(value):
    scores = make_scores([3, 2])
    scores.emissions[4, 2] = value
    with pytest.raises(ValueError, match="LN024"):
        scores.lattice(SCHEME).best()


def free_lattice(scores, scheme=SCHEME):
    return scores.lattice(scheme).restrict(boundary_mask(scores.lengths, scheme))


@pytest.mark.parametrize("length", [40, 95, 100, 301])
def test_long_texts_decode_in_windows_as_they_would_whole(monkeypatch, length):
    scores = make_scores([length, 7, length], scale=1.0)
    whole = free_lattice(scores).best()
    cut_to(monkeypatch, size=32, context=16)
    assert np.array_equal(free_lattice(scores).best(), whole)


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
    tags = free_lattice(Scores(emissions, [60], transitions), scheme).best()
    assert is_legal(tags, scheme)


@pytest.mark.parametrize("tokens", [1, 7, 20])
def test_windows_decode_in_batches_as_they_would_together(monkeypatch, tokens):
    cut_to(monkeypatch, size=3, context=1)
    scores = make_scores([4, 0, 9, 1, 30, 2, 2])
    together = free_lattice(scores).best()
    monkeypatch.setattr(lattice_module, "MAX_SCORES", tokens * len(SCHEME))
    assert np.array_equal(free_lattice(scores).best(), together)


def sharp_lattice(lengths, scheme=SCHEME):
    """Scores of which a tag hardly depends on tokens that are a window's context away."""
    scores = make_scores(lengths, scheme=scheme, scale=3.0)
    scores = Scores(scores.emissions.double(), lengths, 0.1 * scores.transitions.double())
    return scores.lattice(scheme).restrict(boundary_mask(lengths, scheme))


@pytest.mark.parametrize("tokens", [1, 30, 1000])
def test_spans_of_long_texts_are_as_probable_in_windows(monkeypatch, tokens):
    lengths = [4, 90, 1, 33]
    lattice = sharp_lattice(lengths)
    spans, expected = lattice.likely_spans(1e-3)
    assert (spans.start > 4).any()
    cut_to(monkeypatch, size=8, context=16)
    monkeypatch.setattr(lattice_module, "MAX_SCORES", tokens * len(SCHEME))
    found, chances = lattice.likely_spans(1e-3)
    assert np.array_equal(found, spans)
    assert chances == pytest.approx(expected, abs=1e-4)
    assert lattice.span_marginals(spans) == pytest.approx(expected, abs=1e-4)


def test_a_span_that_is_longer_than_a_window_has_a_probability(monkeypatch):
    lattice = sharp_lattice([60])
    emissions = lattice.emissions.clone()
    emissions[9:41, SCHEME.tags.index("I-X")] += 30.0  # an entity of 34 tokens
    emissions[8, SCHEME.tags.index("B-X")] += 30.0
    emissions[41, SCHEME.tags.index("L-X")] += 30.0
    lattice = Scores(emissions, [60], lattice.transitions).lattice(SCHEME)
    span = Spans(*np.array([[8], [42], [0]]))
    expected = lattice.span_marginals(span)
    assert expected[0] > 0.99
    cut_to(monkeypatch, size=8, context=2)
    assert lattice.span_marginals(span) == pytest.approx(expected, abs=1e-4)
