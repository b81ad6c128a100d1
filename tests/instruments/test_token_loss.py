import numpy as np
import pytest
import torch
from spacy.tokens import Doc
from spacy.training import Example

from spacy_lstm_ner.instruments.encoders import find_encoder
from spacy_lstm_ner.instruments.token_loss import make_loss_gradient, random_directions

from ..conformance.small import make_small
from ..conftest import learn, make_examples


@pytest.fixture(scope="module")
def nlp():
    nlp = make_small(head="softmax")
    learn(nlp, make_examples(nlp), steps=5)
    return nlp


def make_example(nlp, *, annotated=True):
    words = ["I", "like", "London", "."]
    reference = Doc(nlp.vocab, words=words, ents=["O", "O", "B-LOC", "O"] if annotated else None)
    return Example(Doc(nlp.vocab, words=words), reference)


def losses(nlp, states, tags):
    """By numpy."""
    dense = nlp.get_pipe("lstm_ner").model.get_ref("output_layer").shims[0].predictor.dense
    emissions = states @ dense.weight.detach().double().numpy().T
    emissions += dense.bias.detach().double().numpy()
    return np.log(np.exp(emissions).sum(1)) - emissions[np.arange(len(tags)), tags]


def differences(loss, states, *, step=1e-5):
    """The gradient by finite differences. shape: as the states."""
    found = np.zeros_like(states)
    for i in range(states.shape[1]):
        moved = np.zeros_like(states)
        moved[:, i] = step
        found[:, i] = (loss(states + moved) - loss(states - moved)) / (2 * step)
    return found


@pytest.mark.parametrize("annotated", [True, False])
def test_the_loss_is_that_of_the_annotated_tag_or_the_most_probable_one(nlp, annotated):
    place = find_encoder(nlp)
    example = make_example(nlp, annotated=annotated)
    states = torch.randn(4, place.module.n_out, dtype=torch.double)
    found = make_loss_gradient(nlp, place)(example, states).numpy()
    if annotated:
        unit = nlp.get_pipe("lstm_ner").scheme.tags.index("U-LOC")
        tags = [0, 0, unit, 0]
    else:
        every = range(len(nlp.get_pipe("lstm_ner").scheme))
        tags = np.argmin([losses(nlp, states.numpy(), [tag] * 4) for tag in every], axis=0)
    expected = differences(lambda moved: losses(nlp, moved, tags), states.numpy())
    np.testing.assert_allclose(found, expected, atol=1e-8)


def test_where_nothing_is_learned_the_state_moves_in_directions_of_length_one():
    nlp = make_small()
    nlp.initialize(lambda: make_examples(nlp))
    assert make_loss_gradient(nlp, find_encoder(nlp)) is random_directions
    states = torch.zeros(5, 7, dtype=torch.double)
    found = random_directions(make_example(nlp), states)
    torch.testing.assert_close(found.norm(dim=1), torch.ones(5, dtype=torch.double))
    torch.testing.assert_close(found, random_directions(make_example(nlp), states))
