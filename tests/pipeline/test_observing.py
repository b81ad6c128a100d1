import numpy as np
import pytest
import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_lstm_ner.pipeline.observing import LEAST, observe
from spacy_lstm_ner.tags import TagScheme
from spacy_lstm_ner.training.outcomes import Outcomes
from spacy_lstm_ner.training.partly import set_annotated_labels

from ..lattices import distribution, make_scores

NLP = spacy.blank("en")
SCHEME = TagScheme(["X", "Y"])
LENGTHS = [4, 3]


class Scorer:
    """Stands in for a model: gives scores that were made by hand."""

    def __init__(self, scores):
        self._scores = scores

    def walk(self):
        return iter(())

    def predict(self, docs):
        assert [len(doc) for doc in docs] == LENGTHS
        return self._scores


def make_examples(golds, *, presets=()):
    examples = []
    for length, gold in zip(LENGTHS, golds, strict=True):
        predicted = Doc(NLP.vocab, words=["w"] * length)
        reference = Doc(NLP.vocab, words=["w"] * length)
        spans, missing = gold
        entities = [Span(reference, *span) for span in spans]
        reference.set_ents(entities, missing=[reference[a:b] for a, b in missing])
        examples.append(Example(predicted, reference))
    for number, span in presets:
        doc = examples[number].predicted
        doc.set_ents([Span(doc, *span)], default="missing")
    return examples


GOLDS = [([(0, 1, "X"), (2, 4, "Y")], []), ([(0, 3, "X")], [])]


def observe_one(examples, seed=0):
    scores = make_scores(LENGTHS, scheme=SCHEME, seed=seed, scale=1.0)
    (seen,) = observe(Scorer(scores), SCHEME, examples)
    return seen


@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0])
def test_the_loss_is_that_of_the_annotated_readings(factor):
    seen = observe_one(make_examples(GOLDS))
    expected = 0.0
    readings = [("U-X", "O", "B-Y", "L-Y"), ("B-X", "I-X", "L-X")]
    for (paths, values), reading in zip(distribution(seen.lattice), readings, strict=True):
        path = tuple(SCHEME.tags.index(tag) for tag in reading)
        expected -= float((values * factor).log_softmax(0)[paths.index(path)])
    assert seen.loss(factor) == pytest.approx(expected, abs=1e-5)


def test_outcomes_are_all_likely_spans_and_what_came_of_them():
    seen = observe_one(make_examples(GOLDS))
    outcomes = seen.outcomes(2.0)
    found = list(zip(*(column.tolist() for column in outcomes.spans), strict=True))
    right = {span for span, is_right in zip(found, outcomes.right, strict=True) if is_right}
    assert right <= {(0, 1, 0), (2, 4, 1), (4, 7, 0)}
    assert outcomes.mentions.tolist() == [[1, 1], [1, 0]]
    assert outcomes.document.tolist() == [int(start >= 4) for start, *_ in found]
    best = SCHEME.decode(seen.lattice.best())
    on_path = {span for span, chosen in zip(found, outcomes.predicted, strict=True) if chosen}
    assert on_path == set(zip(*(column.tolist() for column in best), strict=True))
    expected = seen.lattice.scale(0.5).span_marginals(outcomes.spans)
    np.testing.assert_allclose(outcomes.probability, expected)
    likely, _ = seen.lattice.scale(0.5).likely_spans(LEAST)
    assert set(zip(*(column.tolist() for column in likely), strict=True)) <= set(found)


def test_labels_that_a_document_was_not_annotated_for_are_left_out():
    examples = make_examples([([(0, 1, "X")], []), ([(0, 3, "X")], [])])
    set_annotated_labels(examples[0].reference, ["X"])
    spans = observe_one(examples).outcomes(1.0).spans
    of_y = spans.where((spans.label == 1) & (spans.start < 4))
    # What is annotated as an X is no Y.
    assert list(zip(of_y.start.tolist(), of_y.end.tolist(), strict=True)) == [(0, 1)]
    assert len(spans.where((spans.label == 1) & (spans.start >= 4)).start) > 1
    assert len(spans.where((spans.label == 0) & (spans.start < 4)).start) > 1


def test_the_loss_of_a_document_annotated_for_some_labels_leaves_the_others_open():
    examples = make_examples([([(0, 1, "X")], []), ([(0, 3, "X")], [])])
    set_annotated_labels(examples[0].reference, ["X"])
    seen = observe_one(examples)
    x = SCHEME.tags_of(["X"])
    expected = 0.0
    for (paths, values), fits in zip(
        distribution(seen.lattice),
        (
            lambda path: SCHEME.tags[path[0]] == "U-X" and not x[list(path[1:])].any(),
            lambda path: [SCHEME.tags[tag] for tag in path] == ["B-X", "I-X", "L-X"],
        ),
        strict=True,
    ):
        chosen = np.array([bool(fits(path)) for path in paths])
        expected -= float(values.log_softmax(0)[chosen].logsumexp(0))
    assert seen.loss(1.0) == pytest.approx(expected, abs=1e-5)


def test_what_is_not_annotated_or_was_set_before_is_left_out():
    golds = [([(0, 1, "X")], [(2, 3)]), ([(0, 3, "X")], [])]
    seen = observe_one(make_examples(golds, presets=[(1, (1, 2, "Y"))]))
    outcomes = seen.outcomes(1.0)
    for start, end in zip(outcomes.spans.start, outcomes.spans.end, strict=True):
        assert not start <= 2 < end
        assert not start <= 5 < end
    assert outcomes.mentions.tolist() == [[1, 0], [0, 0]]
    assert np.isfinite(seen.loss(1.0))


def test_documents_without_tokens_are_left_out():
    empty = Example(Doc(NLP.vocab), Doc(NLP.vocab))
    scores = make_scores(LENGTHS, scheme=SCHEME)
    (seen,) = observe(Scorer(scores), SCHEME, [empty, *make_examples(GOLDS), empty])
    assert len(Outcomes.join([seen.outcomes(1.0)]).mentions) == 2
