import numpy as np
import pytest
import spacy
from spacy.tokens import Doc, Span

from spacy_lstm_ner.pipeline.annotation import read_annotation
from spacy_lstm_ner.pipeline.evidence import preset_evidence
from spacy_lstm_ner.pipeline.forecast import Forecast, calibrated
from spacy_lstm_ner.tags import Spans, TagScheme
from spacy_lstm_ner.training.calibration import UNCORRECTED, Calibration

from ..lattices import distribution, make_scores

NLP = spacy.blank("en")
# Words and whitespace of three documents; the last ends with two tokens of whitespace.
TEXTS = ["w w", "w s w", "w s s"]
LENGTHS = [2, 3, 3]


def make_docs():
    return [Doc(NLP.vocab, words=text.replace("s", "\n").split(" ")) for text in TEXTS]


def make_forecast(scheme, *, docs=None, calibration=UNCORRECTED, seed=0):
    annotation = read_annotation(docs or make_docs())
    scores = make_scores(LENGTHS, scheme=scheme, seed=seed)
    lattice = scores.lattice(scheme).restrict(preset_evidence(annotation, scheme).mask)
    free = annotation.space & ~annotation.preset
    corrected = calibrated(lattice, annotation.preset, calibration)
    return Forecast(corrected, free, calibration), lattice, free


def by_enumeration(lattice, space):
    """The probability of every entity of every reading, with whitespace taken off its end."""
    found = {}
    first = 0
    for (paths, values), length in zip(distribution(lattice), lattice.lengths, strict=True):
        for path, chance in zip(paths, values.softmax(0).tolist(), strict=True):
            for start, end, label in zip(*lattice.scheme.decode(np.array(path)), strict=True):
                while space[first + end - 1]:
                    end -= 1
                span = int(first + start), int(first + end), int(label)
                found[span] = found.get(span, 0.0) + chance
        first += length
    return found


def spans_of(found):
    return Spans(*np.array(sorted(found)).T)


@pytest.mark.parametrize("name", ["biluo", "bio"])
@pytest.mark.parametrize("seed", range(8))
def test_probabilities_are_those_of_entities_as_they_are_set_on_documents(name, seed):
    scheme = TagScheme(["X", "Y"], scheme=name)
    forecast, lattice, space = make_forecast(scheme, seed=seed)
    expected = by_enumeration(lattice, space)
    spans = spans_of(expected)
    found = forecast.probability(spans)
    np.testing.assert_allclose(found, [expected[span] for span in sorted(expected)], atol=1e-6)
    for least in (0.001, 0.05, 0.5):
        likely, chance = forecast.likely(least)
        kept = {span: p for span, p in expected.items() if p >= least}
        assert list(zip(*map(np.ndarray.tolist, likely), strict=True)) == sorted(kept)
        np.testing.assert_allclose(chance, [kept[span] for span in sorted(kept)], atol=1e-6)


@pytest.mark.parametrize("name", ["biluo", "bio"])
def test_entities_set_before_are_certain_and_blocked_tokens_have_none(name):
    scheme = TagScheme(["X", "Y"], scheme=name)
    docs = make_docs()
    docs[0].set_ents([Span(docs[0], 0, 1, "Y")], default="missing")
    docs[1].set_ents([], blocked=[docs[1][2:3]], default="missing")
    forecast, *_ = make_forecast(scheme, docs=docs)
    spans = Spans(np.array([0, 0, 0, 4]), np.array([1, 2, 1, 5]), np.array([1, 1, 0, 0]))
    np.testing.assert_allclose(forecast.probability(spans), [1, 0, 0, 0], atol=1e-12)


@pytest.mark.parametrize("name", ["biluo", "bio"])
def test_what_was_fitted_corrects_each_label_and_length(name):
    scheme = TagScheme(["X", "Y"], scheme=name)
    fitted = Calibration(2.0, {"X": (0.5, 1.0), "Y": (2.0, -1.0)}, (0.25, -0.5))
    plain, *_ = make_forecast(scheme, calibration=Calibration(2.0))
    corrected, *_ = make_forecast(scheme, calibration=fitted)
    spans = Spans(np.array([0, 2, 2, 2]), np.array([1, 3, 5, 3]), np.array([0, 0, 0, 1]))
    before = plain.probability(spans)
    odds = np.log(before / (1 - before))
    expected = odds * [0.5, 0.5, 0.5, 2.0] + [1.0, 1.0, 1.0, -1.0] + [0.25, 0.25, -0.5, 0.25]
    found = corrected.probability(spans)
    np.testing.assert_allclose(np.log(found / (1 - found)), expected, rtol=1e-6)


@pytest.mark.parametrize("name", ["biluo", "bio"])
def test_likely_spans_are_those_that_are_likely_once_corrected(name):
    scheme = TagScheme(["X", "Y"], scheme=name)
    fitted = Calibration(0.8, {"X": (0.5, 1.0), "Y": (2.0, -1.0)}, (0.25, -0.5))
    forecast, lattice, space = make_forecast(scheme, calibration=fitted)
    spans = spans_of(by_enumeration(lattice, space))
    chance = forecast.probability(spans)
    likely, found = forecast.likely(0.1)
    kept = spans.where(chance >= 0.1)
    assert 0 < len(kept.start) < len(spans.start)
    for column, expected in zip(likely, kept, strict=True):
        assert column.tolist() == expected.tolist()
    np.testing.assert_allclose(found, chance[chance >= 0.1])
