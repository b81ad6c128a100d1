import itertools
import math

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc, Span

from spacy_lstm_ner.pipeline.annotation import given_annotation
from spacy_lstm_ner.pipeline.distribution import Distribution
from spacy_lstm_ner.pipeline.evidence import preset_evidence
from spacy_lstm_ner.pipeline.possibilities import Possibilities
from spacy_lstm_ner.tags import TagScheme
from spacy_lstm_ner.training.calibration import UNCORRECTED, Calibration

from ..lattices import distribution, make_scores

NLP = spacy.blank("en")
SCHEMES = {name: TagScheme(["X", "Y"], scheme=name) for name in ("biluo", "bio")}
both_schemes = pytest.mark.parametrize("name", list(SCHEMES))


def make_doc(*, words=("Aa", "b", "\n", "\n", "c")):
    return Doc(NLP.vocab, words=list(words))


def ask(doc, scheme, *, given=(), calibration=UNCORRECTED, seed=0):
    annotation = given_annotation(doc, given)
    lattice = make_scores([len(doc)], scheme=scheme, seed=seed, scale=1.5).lattice(scheme)
    lattice = lattice.restrict(preset_evidence(annotation, scheme).mask)
    possible = Possibilities(lattice, annotation, calibration)
    return Distribution(doc, possible, list(given), len), lattice


def readings_of(lattice, doc, *, temperature=1.0):
    """Every set of entities and its probability, by enumeration."""
    ((paths, values),) = distribution(lattice)
    found = {}
    for path, chance in zip(paths, (values / temperature).softmax(0).tolist(), strict=True):
        spans = []
        for start, end, label in zip(*lattice.scheme.decode(np.array(path)), strict=True):
            while doc[int(end) - 1].is_space:
                end -= 1
            spans.append((int(start), int(end), lattice.scheme.labels[label]))
        found[tuple(spans)] = found.get(tuple(spans), 0.0) + chance
    return found


def as_tuples(spans):
    return tuple((span.start, span.end, span.label_) for span in spans)


@both_schemes
def test_any_span_and_label_has_the_share_of_the_readings_that_hold_it(name):
    doc = make_doc()
    asked, lattice = ask(doc, SCHEMES[name])
    readings = readings_of(lattice, doc)
    for start, end in itertools.combinations(range(6), 2):
        for label in "XY":
            expected = sum(p for spans, p in readings.items() if (start, end, label) in spans)
            found = asked.probability(Span(doc, start, end, label))
            assert found == pytest.approx(expected, abs=1e-6)
            assert asked.probability(doc[start:end], label) == found


@both_schemes
@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_the_best_readings_are_the_most_probable_ones(name, temperature):
    doc = make_doc()
    asked, lattice = ask(doc, SCHEMES[name], calibration=Calibration(temperature))
    expected = sorted(
        readings_of(lattice, doc, temperature=temperature).items(), key=lambda item: -item[1]
    )
    found = [(as_tuples(spans), chance) for spans, chance in asked.best(5)]
    assert [spans for spans, _ in found] == [spans for spans, _ in expected[:5]]
    for (_, chance), (_, right) in zip(found, expected[:5], strict=True):
        assert chance == pytest.approx(right, abs=1e-6)
    everything = asked.best(10**4)
    assert len(everything) == len(expected)
    assert sum(chance for _, chance in everything) == pytest.approx(1.0, abs=1e-6)


def test_uncertainty_is_the_entropy_of_the_readings():
    doc = make_doc()
    asked, lattice = ask(doc, SCHEMES["biluo"])
    chances = readings_of(lattice, doc).values()
    assert asked.uncertainty == pytest.approx(-sum(p * math.log(p) for p in chances), abs=1e-6)


@both_schemes
def test_candidates_come_with_their_probabilities(name):
    doc = make_doc()
    asked, _ = ask(doc, SCHEMES[name])
    found = asked.candidates(0.2)
    assert len(found) > 1
    for span, chance in found:
        assert chance >= 0.2
        assert asked.probability(span) == pytest.approx(chance)
    everything = {as_tuples([span])[0] for span, _ in asked.candidates(1e-9)}
    left_out = everything - {as_tuples([span])[0] for span, _ in found}
    assert left_out
    assert all(asked.probability(Span(doc, *span)) < 0.2 for span in left_out)


def test_labels_of_each_token_add_up_to_one():
    doc = make_doc()
    asked, lattice = ask(doc, SCHEMES["biluo"])
    assert asked.token_labels.shape == (5, 3)
    np.testing.assert_allclose(asked.token_labels.sum(1), 1.0)
    readings = readings_of(lattice, doc)
    for i in range(5):
        for column, label in enumerate(asked.labels, start=1):
            inside = sum(
                p
                for spans, p in readings.items()
                if any(start <= i < end and label == name for start, end, name in spans)
            )
            assert asked.token_labels[i, column] == pytest.approx(inside, abs=1e-6)


@both_schemes
def test_what_is_given_is_certain_and_the_documents_own_entities_are_not(name):
    doc = make_doc()
    doc.ents = [Span(doc, 0, 2, "X")]
    free, _ = ask(doc, SCHEMES[name])
    given, _ = ask(doc, SCHEMES[name], given=[Span(doc, 0, 2, "X"), Span(doc, 4, 5, "OTHER")])
    assert 0 < free.probability(doc.ents[0]) < 1
    assert given.probability(doc.ents[0]) == 1.0
    assert given.probability(Span(doc, 4, 5, "OTHER")) == 1.0
    for span in (doc[0:1], doc[1:2], doc[0:4]):
        assert given.probability(span, "X") == pytest.approx(0.0, abs=1e-12)
    for entities, _ in given.best(3):
        assert {(0, 2, "X"), (4, 5, "OTHER")} <= set(as_tuples(entities))


def test_blocked_tokens_are_in_no_entity():
    doc = make_doc()
    doc.set_ents([], blocked=[doc[1:2]], default="missing")
    asked, _ = ask(doc, SCHEMES["biluo"])
    np.testing.assert_allclose(asked.token_labels[1], [1, 0, 0], atol=1e-12)
    assert asked.probability(doc[0:2], "X") == 0.0


@pytest.mark.parametrize(
    ("span", "label", "code"),
    [
        ((0, 1), "X", "LN155.*0 to 1"),  # "Aa" is one token
        ((0, 99), "X", "LN155.*0 to 99"),
        ((-5, 2), "X", "LN155.*-5 to 2"),
        ((2, 2), "X", "LN155"),
        (None, "X", "LN157.*None"),
        (slice(2, 2), "X", "LN157"),
        (slice(0, 1), "Z", "LN156.*'Z'.*X, Y"),
        (slice(0, 1), None, "LN159.*'Aa' has no label.*X, Y"),
        (0, "X", "LN157.*Aa"),  # a token
        ((0, 2, 4), "X", "LN157"),
        ((0.0, 2.0), "X", "LN157"),
        ("Aa", "X", "LN157.*Aa"),
    ],
)
def test_a_question_that_has_no_answer_says_why(span, label, code):
    doc = make_doc()
    asked, _ = ask(doc, SCHEMES["biluo"])
    with pytest.raises(ValueError, match=code):
        asked.probability(doc[span] if isinstance(span, slice | int) else span, label)


def test_characters_may_be_numbers_of_numpy():
    doc = make_doc()
    asked, _ = ask(doc, SCHEMES["biluo"])
    first, last = np.array([doc[0].idx, len(doc[0])])
    assert asked.probability((first, last), "X") == asked.probability(doc[:1], "X")


def test_spans_of_other_documents_are_refused():
    asked, _ = ask(make_doc(), SCHEMES["biluo"])
    with pytest.raises(ValueError, match="LN157"):
        asked.probability(Span(make_doc(), 0, 1, "X"))


@pytest.mark.parametrize(
    "given", [[(0, 2, "X"), (1, 3, "Y")], [(4, 5, "X")]], ids=["overlap", "blocked"]
)
def test_what_cannot_be_known_is_refused(given):
    doc = make_doc()
    doc.set_ents([], blocked=[doc[4:5]], default="missing")
    with pytest.raises(ValueError, match="LN158"):
        given_annotation(doc, [Span(doc, *span) for span in given])


@pytest.mark.parametrize("value", [0.0, -1.0, 1.5])
def test_candidates_of_no_probability_are_refused(value):
    asked, _ = ask(make_doc(), SCHEMES["biluo"])
    with pytest.raises(ValueError, match=r"LN034.*min_probability"):
        asked.candidates(value)


@pytest.mark.parametrize("n", [0, -1, 2.5, "2"])
def test_no_number_of_readings_is_refused(n):
    asked, _ = ask(make_doc(), SCHEMES["biluo"])
    with pytest.raises(ValueError, match=rf"LN034.*n is {n!r}.*whole number"):
        asked.best(n)


def test_what_is_certain_is_no_more_than_that():
    doc = make_doc(words=["\n"] * 5)
    asked, _ = ask(doc, SCHEMES["bio"], seed=1)
    (reading,) = asked.best(3)
    assert reading.probability <= 1
    assert asked.uncertainty >= 0


@pytest.mark.parametrize("seed", range(10))
def test_readings_that_differ_in_whitespace_alone_do_not_stand_in_for_others(seed):
    doc = make_doc(words=["Aa", *[" "] * 6])
    asked, lattice = ask(doc, SCHEMES["bio"], seed=seed)
    expected = sorted(readings_of(lattice, doc).items(), key=lambda item: -item[1])
    assert len(expected) == 3
    for n in (1, 2, 3):
        found = [(as_tuples(reading.entities), reading.probability) for reading in asked.best(n)]
        assert found == [(spans, pytest.approx(p, abs=1e-6)) for spans, p in expected[:n]]
    assert len(asked.best(9)) == 3
