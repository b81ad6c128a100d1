import numpy as np
import pytest
import spacy
import torch

from spacy_lstm_ner.pipeline.annotation import MISSING
from spacy_lstm_ner.pipeline.costs import margin
from spacy_lstm_ner.pipeline.evidence import Evidence
from spacy_lstm_ner.pipeline.objective import cross_entropy, negative_log_likelihood
from spacy_lstm_ner.tags import TagScheme

from ..conftest import entities, learn, make_examples
from ..lattices import boundary_mask, legal_paths, make_scores, score

SCHEME = TagScheme(["X", "Y"])
TAGS = [SCHEME.tags.index(tag) for tag in ("B-X", "L-X", "O", "U-Y")]
GOLD = Evidence.of_tags(np.array([*TAGS, MISSING]), SCHEME)


def raised(**costs):
    return margin(GOLD, costs, name="lstm_ner")


def test_without_costs_there_is_no_margin():
    assert raised() is None


def test_tags_that_are_not_annotated_score_higher_by_the_cost_of_the_annotated_label():
    found = raised(X=2.0, O=0.5)
    right = np.arange(len(SCHEME)) == np.array(TAGS)[:, None]
    np.testing.assert_allclose(found[:4], np.array([2.0, 2.0, 0.5, 0.0])[:, None] * ~right)
    assert not found[4].any()  # nothing is known


def test_a_cost_of_another_label_is_an_error():
    with pytest.raises(ValueError, match=r"LN042.*'lstm_ner'.*'Z'.*X, Y, O"):
        raised(Z=1.0)


def test_the_loss_is_that_of_scores_by_which_mistakes_gain_what_they_cost():
    scores = make_scores([4], scheme=SCHEME)
    gold = Evidence.of_tags(np.array(TAGS), SCHEME)
    costs = margin(gold, {"X": 1.5, "O": 0.7}, name="")
    possible = Evidence(boundary_mask([4], SCHEME), SCHEME)
    losses, gradient = negative_log_likelihood(scores, gold, possible, margin=costs)
    paths = legal_paths(4, SCHEME)
    of_mistakes = [sum(costs[i, tag] for i, tag in enumerate(path)) for path in paths]
    sums = torch.tensor([score(scores, p) + c for p, c in zip(paths, of_mistakes, strict=True)])
    expected = torch.logsumexp(sums, 0) - score(scores, TAGS)
    torch.testing.assert_close(losses[0], expected.float(), atol=1e-4, rtol=1e-4)
    weights = torch.softmax(sums, 0)
    for token in range(4):
        for tag in range(len(SCHEME)):
            chance = sum(w for w, path in zip(weights, paths, strict=True) if path[token] == tag)
            slope = float(chance) - (TAGS[token] == tag)
            assert float(gradient.emissions[token, tag]) == pytest.approx(slope, abs=1e-4)


def test_the_softmax_head_has_the_same_margin():
    scores = make_scores([4], scheme=SCHEME)
    gold = Evidence.of_tags(np.array(TAGS), SCHEME)
    costs = margin(gold, {"Y": 3.0}, name="")
    losses, _ = cross_entropy(scores, gold, margin=costs)
    emissions = scores.emissions + torch.from_numpy(costs).float()
    expected = torch.nn.functional.cross_entropy(emissions, torch.tensor(TAGS), reduction="sum")
    torch.testing.assert_close(losses[0], expected)


def doubtful(**costs):
    """What is found where half of the annotation says one thing and half another."""
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner", config={"costs": costs})
    examples = make_examples(nlp) + make_examples(nlp)
    for eg in examples[:2]:
        eg.reference.set_ents([], default="outside")
    learn(nlp, examples)
    return entities(nlp("I like London and Berlin."))


def test_a_cost_of_missing_a_label_is_for_recall_and_one_of_outside_for_precision():
    assert doubtful(LOC=3.0) == [("London", "LOC"), ("Berlin", "LOC")]
    assert doubtful(O=3.0) == []


def test_a_cost_below_zero_is_refused():
    with pytest.raises(ValueError, match=r"LN034.*costs\.LOC is -1"):
        spacy.blank("en").add_pipe("lstm_ner", config={"costs": {"LOC": -1.0}})
