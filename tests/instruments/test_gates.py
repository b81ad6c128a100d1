import numpy as np
import pytest
import spacy
from spacy.tokens import Doc, Span

from spacy_lstm_ner.instruments.encoders import find_encoder
from spacy_lstm_ner.instruments.gates import (
    in_entities,
    moving_units,
    read_gates,
    telling_units,
    where_on,
)

from .test_encoders import ENCODER, TOK2VEC

WORDS = ["Who", "is", "Shaka", "Khan", "?"]


def make_pipeline(**encoder):
    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec", config={"model": {**TOK2VEC, "encode": {**ENCODER, **encoder}}})
    nlp.initialize()
    place = find_encoder(nlp)
    for cell in place.module.cells():
        for number, weights in enumerate(cell.parameters()):
            values = np.random.default_rng(number).normal(size=tuple(weights.shape))
            weights.data[:] = weights.new_tensor(values)
    place.layer.shims[0].forget()  # what is remembered of the weights before
    return nlp


def logistic(a):
    return 1 / (1 + np.exp(-a))


def by_numpy(cell, x):
    """Every gate of an LSTM, from the equations."""
    W, U, b, d = (weights.detach().double().numpy() for weights in cell.parameters())
    c = h = np.zeros(cell.hidden_size)
    found = {letter: [] for letter in "ifgoch"}
    for token in x:
        i, f, g, o = np.split(W @ token + b + U @ h + d, 4)
        i, f, g, o = logistic(i), logistic(f), np.tanh(g), logistic(o)
        c = f * c + i * g
        h = o * np.tanh(c)
        for letter, values in zip("ifgoch", (i, f, g, o, c, h), strict=True):
            found[letter].append(values)
    return found


def test_values_are_those_of_the_equations_in_document_order():
    nlp = make_pipeline()
    doc = Doc(nlp.vocab, words=WORDS)
    ((forward, backward),) = read_gates(nlp, [doc])
    place = find_encoder(nlp)
    (x,) = (vectors.double().numpy() for vectors in place.read([doc]))
    left_to_right, right_to_left = place.module.cells()
    for letter, values in by_numpy(left_to_right, x).items():
        np.testing.assert_allclose(forward.values[letter], values, atol=1e-6)
    for letter, values in by_numpy(right_to_left, x[::-1]).items():
        np.testing.assert_allclose(backward.values[letter], values[::-1], atol=1e-6)
    assert (forward.direction, backward.direction) == ("left to right", "right to left")
    np.testing.assert_array_equal(forward.memory, forward.values["c"])


def test_every_layer_counts_and_the_last_one_gives_what_the_encoder_predicts():
    nlp = make_pipeline(depth=2, bidirectional=False)
    docs = [Doc(nlp.vocab, words=WORDS), Doc(nlp.vocab), Doc(nlp.vocab, words=WORDS[:2])]
    found = read_gates(nlp, docs)
    assert [[activations.layer for activations in of_doc] for of_doc in found] == [
        [1, 2],
        [],
        [1, 2],
    ]
    expected = nlp.get_pipe("tok2vec").model.predict(docs)
    for of_doc, states in zip(found, expected, strict=True):
        if of_doc:
            np.testing.assert_allclose(of_doc[-1].values["h"], states, atol=1e-5)


@pytest.mark.parametrize(("cell", "letters"), [("gru", "rznh"), ("rnn", "h"), ("irnn", "h")])
def test_other_cells_have_other_gates_and_the_state_for_a_memory(cell, letters):
    nlp = make_pipeline(cell=cell)
    (found,) = read_gates(nlp, [Doc(nlp.vocab, words=WORDS)])
    for activations in found:
        assert "".join(activations.values) == letters
        np.testing.assert_array_equal(activations.memory, activations.values["h"])


def test_units_are_chosen_by_how_far_they_move():
    still, little, much = [5.0, 5.0, 5.0], [0.0, 1.0, 0.0], [-3.0, 3.0, 0.0]
    memory = np.array([still, little, much]).T
    assert moving_units(memory, 2).tolist() == [2, 1]


def test_units_are_chosen_by_what_they_tell_apart():
    inside = np.array([True, True, False, False])
    wild, telling, constant = [9.0, -9.0, 9.0, -9.0], [1.0, 1.1, 0.0, 0.1], [2.0, 2.0, 2.0, 2.0]
    memory = np.array([wild, telling, constant]).T
    assert telling_units(memory, inside, 1).tolist() == [1]


def test_places_are_the_furthest_from_zero_one_a_document():
    first = np.array([[0.0, 0.5], [0.0, 0.9], [0.0, 0.8]])
    second = np.array([[0.0, -1.0]])
    places = where_on([first, np.zeros((0, 2)), second], 1, 5)
    assert places == [(2, 0, -1.0), (0, 1, 0.9)]
    assert where_on([first, second], 1, 1) == [(1, 0, -1.0)]


def test_tokens_are_in_entities_of_their_label():
    doc = Doc(spacy.blank("en").vocab, words=WORDS)
    doc.ents = [Span(doc, 2, 4, "PER"), Span(doc, 0, 1, "ORG")]
    assert in_entities(doc, "PER").tolist() == [False, False, True, True, False]
