"""Back-propagation through time, looked at: how far back the gradient of a token's loss reaches."""

import copy

import torch
from torch import Tensor

from .encoder import RecurrentEncoder
from .reference import unroll_encoder

# Numbers of one kind of state that are held at once: 16 MiB, and some twenty kinds are.
_HELD = 2**21


def gradient_norms(encoder: RecurrentEncoder, x: Tensor, d_states: Tensor) -> list[list[Tensor]]:
    """Size of the gradient of each token's loss by each earlier state: |d loss(t) / d h(t - k)|.

    "Earlier" is meant in the direction of reading. Every path from the state to the loss counts,
    those through other layers too. Numbers have 64 bits: a gradient of 0.4 a step is smaller than
    what 32 hold after a hundred.

    encoder (RecurrentEncoder): The encoder.
    x (Tensor): Vectors of the tokens of one document. shape: (tokens, n_in).
    d_states (Tensor): Gradient of each token's loss by what the encoder gives for that token.
        shape: (tokens, n_out).
    RETURNS (List[List[Tensor]]): Of each layer and each direction, left to right first, the norm
        by token t and lag k; NaN where there is no token so far back. shape: (tokens, tokens).
    """
    exact = copy.deepcopy(encoder).double().requires_grad_(False)
    x, d_states = x.double(), d_states.double()
    width = max(1, _HELD // (len(x) * exact.n_out))
    parts = [
        _norms_by_state(exact, x, d_states, losses) for losses in torch.arange(len(x)).split(width)
    ]
    layers = [
        [torch.cat(norms, dim=1) for norms in zip(*layer, strict=True)]
        for layer in zip(*parts, strict=True)
    ]
    return [
        [_by_lag(norms, backward=bool(i)) for i, norms in enumerate(directions)]
        for directions in layers
    ]


def _norms_by_state(
    encoder: RecurrentEncoder, x: Tensor, d_states: Tensor, losses: Tensor
) -> list[list[Tensor]]:
    """Norms by state, in the order of reading, and loss. shape of each: (tokens, losses)."""
    # A copy of the document for each loss: one backward pass then keeps their gradients apart.
    copies = x[:, None].expand(-1, len(losses), -1).clone().requires_grad_()
    steps, states = unroll_encoder(encoder, copies)
    read = [[[step.h for step in direction] for direction in layer] for layer in steps]
    every = [h for layer in read for direction in layer for h in direction]
    seed = torch.zeros_like(states)
    copy_of = torch.arange(len(losses))
    seed[losses, copy_of] = d_states[losses]
    found = iter(torch.autograd.grad(states, every, seed))
    return [
        [torch.stack([next(found).norm(dim=1) for _ in direction]) for direction in layer]
        for layer in read
    ]


def _by_lag(norms: Tensor, *, backward: bool) -> Tensor:
    """Put norms in order of token and lag. shape: (steps, tokens) -> (tokens, lags)."""
    tokens = len(norms)
    if backward:  # step 0 read the last token
        norms = norms.flip(1)
    lag = torch.arange(tokens)
    step = torch.arange(tokens)[:, None] - lag  # (tokens, lags)
    found = norms.T.gather(1, step.clamp(min=0)).masked_fill(step < 0, torch.nan)
    return found.flip(0) if backward else found
