import itertools

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc, Span

from spacy_lstm_ner.pipeline.annotation import read_annotation
from spacy_lstm_ner.pipeline.decision import Scored
from spacy_lstm_ner.pipeline.decoding import decode
from spacy_lstm_ner.pipeline.policy import Policy
from spacy_lstm_ner.pipeline.possibilities import Possibilities
from spacy_lstm_ner.tags import TagScheme

from ..lattices import distribution, make_scores

NLP = spacy.blank("en")
SCHEME = TagScheme(["X", "Y"])
X, Y = (NLP.vocab.strings.add(label) for label in SCHEME.labels)


def rows(scored):
    return list(zip(*map(np.ndarray.tolist, scored), strict=True))


def decode_one(scores, policy, *, presets=(), blocked=()):
    doc = Doc(NLP.vocab, words=["w"] * len(scores.emissions))
    if presets or blocked:
        spans = [Span(doc, *span) for span in presets]
        doc.set_ents(spans, blocked=[doc[a:b] for a, b in blocked], default="missing")
    possible = Possibilities.of(scores, read_annotation([doc]), SCHEME)
    (found,) = decode(possible, policy=policy, with_lattice=True)
    return found


def probabilities(lattice):
    """The probability of every entity of every reading of one text."""
    ((paths, values),) = distribution(lattice)
    found = {}
    for path, chance in zip(paths, values.softmax(0).tolist(), strict=True):
        for start, end, label in zip(*SCHEME.decode(np.array(path)), strict=True):
            span = int(start), int(end), (X, Y)[label]
            found[span] = found.get(span, 0.0) + chance
    return found


def overlaps(spans):
    return any(
        one[0] < other[1] and other[0] < one[1] for one, other in itertools.combinations(spans, 2)
    )


@pytest.mark.parametrize("seed", range(6))
def test_entities_of_the_best_path_come_with_their_probabilities(seed):
    scores = make_scores([4], scheme=SCHEME, seed=seed)
    found = decode_one(scores, Policy(spans_key="sc"))
    plain = decode_one(scores, Policy())
    assert found.tags.tolist() == plain.tags.tolist()
    assert plain.scored is plain.candidates is None
    expected = probabilities(found.lattice)
    assert [row[:3] for row in rows(found.scored)] == [
        (start, end, (X, Y)[label])
        for start, end, label in zip(
            *map(np.ndarray.tolist, SCHEME.decode(plain.tags)), strict=True
        )
    ]
    for *span, chance in rows(found.scored):
        assert chance == pytest.approx(expected[tuple(span)], abs=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_candidates_are_all_spans_that_are_likely_enough(seed):
    scores = make_scores([4], scheme=SCHEME, seed=seed, scale=1.0)
    found = decode_one(scores, Policy(candidates_key="maybe", min_probability=0.02))
    expected = {s: p for s, p in probabilities(found.lattice).items() if p >= 0.02}
    assert [tuple(row[:3]) for row in rows(found.candidates)] == sorted(
        expected, key=lambda span: (*span[:2], (X, Y).index(span[2]))
    )
    assert overlaps(expected)
    assert found.scored is None


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("cut", [0.05, 0.3, 0.7])
def test_no_other_spans_gain_more_by_the_number_that_is_the_mode(seed, cut):
    scores = make_scores([4], scheme=SCHEME, seed=seed, scale=1.0)
    found = decode_one(scores, Policy(cuts={"": cut}, spans_key="sc"))
    worth = {s: p - cut for s, p in probabilities(found.lattice).items() if p > cut}
    choices = (c for n in range(5) for c in itertools.combinations(worth, n) if not overlaps(c))
    best = max(sum(worth[span] for span in choice) for choice in choices)
    chosen = [tuple(row[:3]) for row in rows(found.scored)]
    assert sum(worth[span] for span in chosen) == pytest.approx(best, abs=1e-6)
    assert found.tags.tolist() == tags_of(chosen)


def tags_of(spans):
    tags = ["O"] * 4
    for start, end, label in spans:
        name = NLP.vocab.strings[label]
        tags[start:end] = [f"I-{name}"] * (end - start)
        tags[end - 1], tags[start] = f"L-{name}", f"B-{name}"
        if end - start == 1:
            tags[start] = f"U-{name}"
    return [SCHEME.tags.index(tag) for tag in tags]


def test_each_label_has_its_own_cut():
    scores = make_scores([4], scheme=SCHEME, seed=3, scale=1.0)
    all_of_y = decode_one(scores, Policy(cuts={"": 1.0, "Y": 0.01}, spans_key="sc"))
    assert {row[2] for row in rows(all_of_y.scored)} == {Y}


def test_entities_below_the_threshold_are_dropped():
    scores = make_scores([4], scheme=SCHEME, seed=1, scale=1.0)
    everything = decode_one(scores, Policy(spans_key="sc"))
    chances = sorted(everything.scored.probability)
    assert len(chances) >= 2
    threshold = (chances[0] + chances[1]) / 2
    found = decode_one(scores, Policy(threshold=threshold))
    kept = [row[:3] for row in rows(everything.scored) if row[3] >= threshold]
    assert found.tags.tolist() == tags_of(kept)
    assert (found.entities[found.tags == 0, 0] == 2).all()  # outside, not unknown
    assert found.scored is None


@pytest.mark.parametrize("cuts", [None, {"": 0.01}, {"": 1.0}])
def test_what_was_set_before_stays_whatever_the_policy_and_is_certain(cuts):
    other = NLP.vocab.strings.add("OTHER")
    policy = Policy(cuts=cuts, threshold=0.9, spans_key="sc", candidates_key="maybe")
    found = decode_one(
        make_scores([6], scheme=SCHEME, seed=2, scale=1.0),
        policy,
        presets=[(0, 2, "X"), (2, 3, "OTHER")],
        blocked=[(4, 5)],
    )
    assert found.entities[:5, 0].tolist()[:3] == [3, 1, 3]
    assert found.entities[4].tolist() == [3, 0]
    for group in (found.scored, found.candidates):
        assert (0, 2, X, 1.0) in rows(group)
        assert (2, 3, other, 1.0) in rows(group)
        assert not any(start < 5 <= end or start == 4 for start, end, *_ in rows(group))
        assert [row[0] for row in rows(group)] == sorted(row[0] for row in rows(group))


def test_spans_of_a_batch_are_those_of_each_text():
    columns = np.array([[0, 1, 4, 5], [1, 3, 5, 7], [X, Y, X, Y]], dtype=np.uint64)
    start, end = columns[:2].astype(np.int64)
    scored = Scored(start, end, columns[2], np.array([0.1, 0.2, 0.3, 0.4]))
    first, empty, last = scored.of_texts([4, 1, 3])
    assert rows(first) == [(0, 1, X, 0.1), (1, 3, Y, 0.2)]
    assert rows(empty) == [(0, 1, X, 0.3)]
    assert rows(last) == [(0, 2, Y, 0.4)]
