import pytest
import torch

from spacy_lstm_ner.nn.lstm import through_time
from spacy_lstm_ner.nn.lstm.cells import CELLS
from spacy_lstm_ner.nn.lstm.encoder import RecurrentEncoder
from spacy_lstm_ner.nn.lstm.reference import unroll_encoder
from spacy_lstm_ner.nn.lstm.through_time import gradient_norms

TOKENS, N_IN, HIDDEN = 6, 3, 4


def make_encoder(cell="lstm", **settings):
    torch.manual_seed(0)
    encoder = RecurrentEncoder(cell=cell, n_in=N_IN, n_hidden=HIDDEN, **settings)
    for weights in encoder.parameters():
        torch.nn.init.normal_(weights, std=0.7)
    return encoder


def make_document(encoder):
    torch.manual_seed(1)
    return torch.randn(TOKENS, N_IN), torch.randn(TOKENS, encoder.n_out)


def one_loss_at_a_time(encoder, x, d_states):
    """The same by a backward pass for each token, in 64 bits."""
    steps, states = unroll_encoder(encoder.double(), x.double())
    found = []
    for layer in steps:
        directions = []
        for backward, direction in enumerate(layer):
            norms = torch.full((TOKENS, TOKENS), torch.nan, dtype=torch.double)
            for t in range(TOKENS):
                read_at = TOKENS - 1 - t if backward else t  # the step that reads token t
                loss = states[t] @ d_states[t].double()
                hidden = [step.h for step in direction]
                gradients = torch.autograd.grad(loss, hidden, retain_graph=True, allow_unused=True)
                for lag in range(read_at + 1):
                    gradient = gradients[read_at - lag]
                    norms[t, lag] = 0.0 if gradient is None else gradient.norm()
            directions.append(norms)
        found.append(directions)
    return found


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(
    "settings",
    [{"bidirectional": False}, {"depth": 2}, {"depth": 2, "skip": True}],
    ids=["one direction", "two layers", "skip"],
)
def test_norms_are_those_of_a_backward_pass_for_each_token(cell, settings):
    encoder = make_encoder(cell, **settings)
    x, d_states = make_document(encoder)
    found = gradient_norms(encoder, x, d_states)
    expected = one_loss_at_a_time(encoder, x, d_states)
    torch.testing.assert_close(found, expected, equal_nan=True)


def test_a_linear_recurrence_gives_the_powers_of_its_matrix():
    """With rectified units that are all on, dh(t)/dh(t-k) is U to the power of k."""
    encoder = RecurrentEncoder(cell="irnn", n_in=N_IN, n_hidden=HIDDEN, bidirectional=False)
    cell = encoder.recurrent_layers()[0].left_to_right
    torch.manual_seed(0)
    cell.weight_hh_l0.data = torch.rand(HIDDEN, HIDDEN) / 3
    cell.bias_ih_l0.data.fill_(10.0)
    x, d_states = make_document(encoder)
    (found,) = gradient_norms(encoder, x, d_states)[0]
    matrix = cell.weight_hh_l0.detach().double()
    for t in range(TOKENS):
        for lag in range(t + 1):
            expected = (d_states[t].double() @ torch.linalg.matrix_power(matrix, lag)).norm()
            torch.testing.assert_close(found[t, lag], expected)
        assert found[t, t + 1 :].isnan().all()


def test_losses_may_be_looked_at_in_parts(monkeypatch):
    encoder = make_encoder(depth=2)
    document = make_document(encoder)
    expected = gradient_norms(encoder, *document)
    monkeypatch.setattr(through_time, "_HELD", 2 * TOKENS * encoder.n_out)
    torch.testing.assert_close(gradient_norms(encoder, *document), expected, equal_nan=True)


def test_the_encoder_stays_as_it_is():
    encoder = make_encoder()
    before = {name: weights.clone() for name, weights in encoder.named_parameters()}
    gradient_norms(encoder, *make_document(encoder))
    for name, weights in encoder.named_parameters():
        assert weights.requires_grad
        assert weights.grad is None
        torch.testing.assert_close(weights, before[name])
