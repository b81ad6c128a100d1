import numpy as np
import pytest

from spacy_lstm_ner.tags import Spans
from spacy_lstm_ner.training.guarantee import binomial_tail
from spacy_lstm_ner.training.operating_points import fit_point
from spacy_lstm_ner.training.outcomes import Outcomes


def make_outcomes(*, spans=6000, seed=0):
    """Honest forecasts of three labels: COMMON, of which Y is less certain, and few of RARE."""
    random = np.random.default_rng(seed)
    label = random.choice(3, spans, p=[0.5, 0.495, 0.005])
    probability = np.where(label == 1, random.beta(2, 1, spans), random.beta(5, 1, spans))
    right = random.random(spans) < probability
    start = np.arange(spans) * 2
    document = np.arange(spans) // 10
    mentions = np.zeros((spans // 10, 3), dtype=np.int64)
    np.add.at(mentions, (document[right], label[right]), 1)
    columns = (probability, right, probability > 0.5, document, mentions)
    return Outcomes(["X", "Y", "RARE"], Spans(start, start + 1, label), *columns)


def fit(outcomes, kind, level, *, per_label=False):
    return fit_point(outcomes, kind, level, 0.99, per_label=per_label, text="dev.spacy")


@pytest.mark.parametrize("kind", ["precision", "recall"])
def test_a_promise_for_all_entities_holds_on_other_text(kind):
    outcomes, others = make_outcomes(), make_outcomes(seed=1)
    point = fit(outcomes, kind, 0.9)
    total, right = getattr(others, kind)(others.chosen(point.cuts))
    assert 0.9 < right / total < 0.93
    record = point.promise
    assert (record["kind"], record["level"], record["confidence"]) == (kind, 0.9, 0.99)
    assert record["text"] == "dev.spacy"
    count = getattr(outcomes, kind)(outcomes.chosen(point.cuts))
    assert record["mentions"] == {"": {"total": count.total, "right": count.right}}


@pytest.mark.parametrize("kind", ["precision", "recall"])
def test_a_promise_for_each_label_holds_for_each(kind):
    outcomes, others = make_outcomes(), make_outcomes(seed=1)
    point = fit(outcomes, kind, 0.9, per_label=True)
    assert set(point.promise["mentions"]) == {"X", "Y"}
    chosen = others.chosen(point.cuts)
    for label in ("X", "Y"):
        total, right = getattr(others, kind)(chosen, label)
        assert 0.9 < right / total < 0.95
    rare = others.precision(chosen, "RARE").total
    assert (rare == 0) == (kind == "precision")
    if kind == "recall":
        assert others.recall(chosen, "RARE").right == others.recall(others.right, "RARE").right


def test_labels_that_overlap_are_tested_together():
    """Each Y lies in an X that is likelier if it is taken alone, and wrong half of the time."""
    outcomes = make_outcomes()
    twice = Outcomes.join([outcomes, outcomes])
    half = len(outcomes.right)
    start = np.concatenate([outcomes.spans.start] * 2)
    label = np.concatenate([np.zeros(half, int), np.ones(half, int)])
    right = outcomes.right
    both = Outcomes(
        ["X", "Y"],
        Spans(start, start + 1, label),
        np.concatenate([outcomes.probability, 1.2 - outcomes.probability]).clip(0.01, 0.99),
        np.concatenate([right, ~right]),
        twice.predicted,
        np.concatenate([outcomes.document] * 2),
        np.ones((600, 2), dtype=np.int64),
    )
    point = fit(both, "precision", 0.8, per_label=True)
    chosen = both.chosen(point.cuts)
    for name in point.promise["mentions"]:
        assert binomial_tail(both.precision(chosen, name), 0.8) <= 0.01


def test_if_nothing_can_be_promised_for_any_label_the_error_says_so():
    with pytest.raises(ValueError, match="LN160"):
        fit(make_outcomes(spans=60), "precision", 0.95, per_label=True)
    with pytest.raises(ValueError, match="LN161"):
        fit(make_outcomes(), "precision", 0.99)
