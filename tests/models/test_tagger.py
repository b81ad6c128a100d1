"""The form of the transitions, which the number of tags decides; averages and rate of the model."""

import copy

import pytest
import spacy
import torch
from spacy.training import Example
from spacy.util import fix_random_seed
from thinc.api import Adam

from spacy_lstm_ner.models import tagger
from spacy_lstm_ner.models.shim import module_shims
from spacy_lstm_ner.pipeline.factory import DEFAULT_LSTM_NER_MODEL

from ..conftest import TRAIN, entities, make_examples, train


@pytest.fixture
def few(monkeypatch):
    """Let more than two labels count as many."""
    monkeypatch.setattr(tagger, "MAX_FULL_TAGS", 9)


def make_nlp(labels, **model):
    nlp = spacy.blank("en")
    ner = nlp.add_pipe("lstm_ner", config={"model": model})
    for label in labels:
        ner.add_label(label)
    return nlp


def transitions(nlp):
    layer = nlp.get_pipe("lstm_ner").model.get_ref("output_layer")
    return tuple(layer.shims[0].module.transitions.shape)


MANY = ["PERSON", "LOC", "FOOD", "DRINK"]
SENTENCE = TRAIN[1][0]
EXPECTED = [("London", "LOC"), ("Berlin", "LOC")]


@pytest.mark.parametrize("head", ["crf", "softmax"])
@pytest.mark.parametrize("scheme", ["biluo", "bio"])
def test_many_labels_are_learned_saved_and_loaded(few, monkeypatch, head, scheme):
    nlp = make_nlp([*MANY, "CAR"], head=head, scheme=scheme)
    train(nlp)
    assert transitions(nlp) == (1 + 5 * len({"biluo": "BILU", "bio": "BI"}[scheme]), 2)
    assert entities(nlp(SENTENCE)) == EXPECTED
    monkeypatch.undo()  # what was saved says itself what form it has
    again = make_nlp([], head=head, scheme=scheme).from_bytes(nlp.to_bytes())
    assert transitions(again) == transitions(nlp)
    assert entities(again(SENTENCE)) == EXPECTED
    assert again.to_bytes() == nlp.to_bytes()


def tags(nlp):
    return nlp.get_pipe("lstm_ner").predict([nlp.make_doc(SENTENCE)])[0].tags.tolist()


@pytest.mark.parametrize(("labels", "added", "columns"), [(2, "FOOD", 13), (3, "DRINK", 2)])
def test_learned_moves_keep_their_form_when_labels_are_added(few, labels, added, columns):
    nlp = make_nlp(MANY[:labels])
    train(nlp)
    before = tags(nlp)
    nlp.get_pipe("lstm_ner").add_label(added)
    assert transitions(nlp) == (1 + 4 * (labels + 1), columns)
    assert tags(nlp) == before
    nlp.update(make_examples(nlp))
    assert entities(nlp(SENTENCE)) == EXPECTED


def test_moves_that_nothing_was_learned_of_take_the_form_that_fits(few):
    nlp = make_nlp(MANY[:2])
    nlp.initialize(lambda: make_examples(nlp))
    assert transitions(nlp) == (9, 9)
    nlp.get_pipe("lstm_ner").add_label("FOOD")
    assert transitions(nlp) == (13, 2)
    nlp.update(make_examples(nlp))


def make_averaging_nlp(*, learn_rate=3.0):
    return make_nlp([], **{**copy.deepcopy(DEFAULT_LSTM_NER_MODEL), "learn_rate": learn_rate})


def make_plain_nlp():
    model = copy.deepcopy(DEFAULT_LSTM_NER_MODEL)
    del model["learn_rate"]
    return make_nlp([], **{**model, "@architectures": "spacy_lstm_ner.LSTMTagger.v1"})


def learn_in_turn(nlp, steps, *, predict):
    """Train, and predict after each step or never; the weights that training goes on with."""
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(steps):
        nlp.update(examples, sgd=optimizer)
        if predict:
            nlp(SENTENCE)
    (output,) = nlp.get_pipe("lstm_ner").model.get_ref("output_layer").shims
    return output.module.dense.weight.detach().clone()


def test_averages_change_nothing_of_training():
    found = []
    for nlp, predict in (
        (make_plain_nlp(), False),
        (make_averaging_nlp(learn_rate=1.0), False),
        (make_averaging_nlp(learn_rate=1.0), True),
    ):
        fix_random_seed(0)
        found.append(learn_in_turn(nlp, 10, predict=predict))
    assert found[0].any()
    assert torch.allclose(found[1], found[0])
    assert torch.allclose(found[2], found[0])


def test_what_is_saved_predicts_as_training_did():
    nlp = make_averaging_nlp()
    learn_in_turn(nlp, 30, predict=True)
    assert entities(nlp(SENTENCE)) == EXPECTED
    again = make_averaging_nlp().from_bytes(nlp.to_bytes())
    found, expected = (
        one.get_pipe("lstm_ner").model.predict([one.make_doc(SENTENCE)]).emissions
        for one in (again, nlp)
    )
    assert torch.equal(found, expected)


def test_its_learning_rate_is_a_multiple_of_the_optimizers():
    weights = []
    for learn_rate in (1.0, 3.0):
        fix_random_seed(0)
        nlp = make_averaging_nlp(learn_rate=learn_rate)
        weights.append(learn_in_turn(nlp, 1, predict=False))
    assert torch.allclose(weights[1], 3 * weights[0], rtol=1e-3)


def test_a_learning_rate_is_not_negative():
    with pytest.raises(ValueError, match="LN034"):
        make_averaging_nlp(learn_rate=-1.0)


def emissions(nlp, text=SENTENCE):
    return nlp.get_pipe("lstm_ner").model.predict([nlp.make_doc(text)]).emissions.clone()


def test_a_new_label_changes_no_score_of_what_training_in_memory_has_averaged():
    nlp = make_averaging_nlp()
    learn_in_turn(nlp, 20, predict=False)
    before = emissions(nlp)
    nlp.get_pipe("lstm_ner").add_label("FOOD")
    after = emissions(nlp)
    assert after.shape[1] > before.shape[1]
    assert torch.allclose(after[:, : before.shape[1]], before, atol=1e-5)


def test_new_words_change_no_score_before_they_are_trained():
    trained = make_averaging_nlp()
    learn_in_turn(trained, 20, predict=False)
    nlp = make_averaging_nlp().from_bytes(trained.to_bytes())
    text = "Zork met Blipp"
    before = emissions(nlp, text)
    unknown = [Example.from_dict(nlp.make_doc(t), {}) for t in (text, f"so {text} too")]
    nlp.update([*make_examples(nlp), *unknown], sgd=Adam(0.0, L2=0.0, use_averages=False))
    (embed,) = nlp.get_pipe("lstm_ner").model.get_ref("tok2vec").layers[0].shims
    assert (
        {"zork", "blipp"} <= set(embed.predictor.words.numbers) == set(embed.module.words.numbers)
    )
    assert torch.allclose(emissions(nlp, text), before, atol=1e-5)


def test_layers_of_another_component_learn_at_its_rate_once_they_are_its_own():
    nlp = spacy.blank("en")
    parts = copy.deepcopy(DEFAULT_LSTM_NER_MODEL)
    nlp.add_pipe("tok2vec", config={"model": parts["tok2vec"]})
    width = 2 * parts["tok2vec"]["encode"]["hidden_width"]
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": width}
    nlp.add_pipe("lstm_ner", config={"model": {**parts, "tok2vec": listener}})
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    nlp.update(examples, sgd=optimizer)
    nlp.replace_listeners("tok2vec", "lstm_ner", ["model.tok2vec"])
    nlp.remove_pipe("tok2vec")
    nlp.update(examples, sgd=optimizer)
    shims = module_shims(nlp.get_pipe("lstm_ner").model)
    assert len(shims) == 3
    assert all(shim.learn_rate == 2.0 and shim.predictor is not shim.module for shim in shims)
