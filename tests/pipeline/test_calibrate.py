"""Calibration of a component that has been trained a little too long on a little text."""

import random

import numpy as np
import pytest
import spacy
from spacy.tokens import Span
from spacy.training import Example

from spacy_lstm_ner.pipeline.calibrate import Wish, calibrate
from spacy_lstm_ner.training.reliability import make_bins

from ..conformance.small import make_small
from ..conftest import learn

GIVEN = ["Ada", "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal", "Ivy", "Jo"]
PLACES = ["Rome", "Oslo", "Lima", "Bern", "Kiev", "Cork", "Baku", "Doha"]


def make_examples(nlp, number, seed):
    """Sentences in which a word is a person or a place, and context tells most of the time."""
    chance = random.Random(seed)
    examples = []
    for _ in range(number):
        word = chance.choice(GIVEN + PLACES)
        is_person = (word in GIVEN) == (chance.random() < 0.8)
        text = f"We {chance.choice(['saw', 'like', 'left'])} {word} today."
        start = text.index(word)
        label = "PER" if is_person else "GEO"
        entities = [(start, start + len(word), label)] if chance.random() < 0.9 else []
        examples.append(Example.from_dict(nlp.make_doc(text), {"entities": entities}))
    return examples


def overtrained():
    """A pipeline that knows a few examples by heart."""
    nlp = make_small()
    learn(nlp, make_examples(nlp, 40, seed=0), steps=50)
    return nlp


@pytest.fixture(scope="module")
def data():
    return overtrained().to_bytes()


@pytest.fixture
def nlp(data):
    return make_small().from_bytes(data)


def error_of(outcomes):
    kept = outcomes.predicted
    return make_bins(outcomes.probability[kept], outcomes.right[kept]).error


def test_probabilities_become_honest_and_the_best_readings_stay(nlp):
    ner = nlp.get_pipe("lstm_ner")
    texts = [eg.text for eg in make_examples(nlp, 50, seed=2)]
    before = [[(e.text, e.label_) for e in doc.ents] for doc in nlp.pipe(texts)]
    fit = calibrate(ner, make_examples(nlp, 600, seed=1))
    assert fit.calibration is ner.calibration
    assert fit.calibration.temperature > 1.2
    assert error_of(fit.before) > 0.1
    assert error_of(fit.after) < 0.6 * error_of(fit.before)
    assert before == [[(e.text, e.label_) for e in doc.ents] for doc in nlp.pipe(texts)]
    ner.cfg["spans_key"] = "sc"
    docs = list(nlp.pipe(eg.predicted for eg in make_examples(nlp, 600, seed=3)))
    gold = [eg.reference.ents for eg in make_examples(nlp, 600, seed=3)]
    forecasts, right = [], []
    for doc, ents in zip(docs, gold, strict=True):
        known = {(e.start, e.end, e.label_) for e in ents}
        for ent in doc.ents:
            forecasts.append(ent._.probability)
            right.append((ent.start, ent.end, ent.label_) in known)
    assert abs(np.mean(forecasts) - np.mean(right)) < 0.05


def test_what_was_fitted_is_saved_with_the_pipeline(nlp):
    ner = nlp.get_pipe("lstm_ner")
    wish = Wish("recall", 0.5, 0.9, per_label=False)
    calibrate(ner, make_examples(nlp, 300, seed=1), wishes=[wish], text="dev.spacy")
    again = make_small().from_bytes(nlp.to_bytes())
    assert again.get_pipe("lstm_ner").calibration == ner.calibration
    texts = [eg.text for eg in make_examples(nlp, 100, seed=2)]
    found = []
    for pipeline in (nlp, again):
        pipeline.get_pipe("lstm_ner").cfg["mode"] = "recall"
        found.append([[e.text for e in doc.ents] for doc in pipeline.pipe(texts)])
    assert found[0] == found[1]
    assert sum(map(len, found[0])) > 40
    assert ner.calibration.points["recall"].promise["text"] == "dev.spacy"


def test_a_promise_that_cannot_be_made_leaves_the_component_as_it_was(nlp):
    ner = nlp.get_pipe("lstm_ner")
    before = ner.calibration
    with pytest.raises(ValueError, match=r"LN16[01]"):
        calibrate(
            ner,
            make_examples(nlp, 60, seed=1),
            wishes=[Wish("precision", 0.99, 0.99, per_label=False)],
        )
    assert ner.calibration is before


@pytest.mark.parametrize(
    ("kind", "level", "confidence", "message"),
    [
        ("f1", 0.9, 0.9, 'LN034.*kind is \'f1\'.*"precision" or "recall"'),
        ("recall", 0.0, 0.9, r"LN034.*recall is 0\.0"),
        ("recall", 0.9, 1.0, r"LN034.*confidence is 1\.0"),
    ],
)
def test_a_wish_that_no_data_could_fulfil_is_refused(kind, level, confidence, message):
    with pytest.raises(ValueError, match=message):
        Wish(kind, level, confidence, per_label=False)


def test_annotation_without_entities_is_refused(nlp):
    ner = nlp.get_pipe("lstm_ner")
    example = Example.from_dict(nlp.make_doc("Nothing."), {"entities": []})
    for examples in ([example], []):
        with pytest.raises(ValueError, match=r"LN162.*GEO, PER"):
            calibrate(ner, examples)


def test_unknown_labels_are_named(nlp):
    ner = nlp.get_pipe("lstm_ner")
    example = Example.from_dict(nlp.make_doc("Rome."), {"entities": [(0, 4, "CITY")]})
    with pytest.raises(ValueError, match=r"LN163.*CITY.*--map.*GEO, PER"):
        calibrate(ner, [example])


def test_a_component_that_was_not_trained_says_so():
    nlp = spacy.blank("en")
    ner = nlp.add_pipe("lstm_ner")
    with pytest.raises(ValueError, match="E109"):
        calibrate(ner, make_examples(nlp, 3, seed=0))


def test_a_label_added_afterwards_changes_no_prediction(nlp):
    ner = nlp.get_pipe("lstm_ner")
    calibrate(
        ner,
        make_examples(nlp, 300, seed=1),
        wishes=[Wish("recall", 0.4, 0.9, per_label=True)],
    )
    ner.cfg.update(spans_key="sc", mode="recall")
    texts = [eg.text for eg in make_examples(nlp, 40, seed=2)]

    def found():
        docs = list(nlp.pipe(texts))
        return [[(e.text, e.label_, e._.probability) for e in doc.ents] for doc in docs], [
            ner.ask(doc).uncertainty for doc in docs
        ]

    before = found()
    ner.add_label("NEW")
    after = found()
    assert [[e[:2] for e in ents] for ents in before[0]] == [
        [e[:2] for e in ents] for ents in after[0]
    ]
    assert sum(before[1]) == pytest.approx(sum(after[1]), rel=1e-4)
    assert ner.ask(nlp.make_doc("Rome")).probability((0, 4), "NEW") == 0.0


def test_text_with_little_left_to_find_is_refused(nlp):
    ner = nlp.get_pipe("lstm_ner")
    with pytest.raises(ValueError, match=r"LN168.*at least 50"):
        calibrate(ner, make_examples(nlp, 20, seed=1))
    examples = make_examples(nlp, 100, seed=1)
    for eg in examples:
        # That of an earlier component, over everything.
        eg.predicted.ents = [Span(eg.predicted, 0, len(eg.predicted), "PER")]
    with pytest.raises(ValueError, match=r"LN168.* 0 mentions"):
        calibrate(ner, examples)
    assert ner.calibration.temperature == 1.0
