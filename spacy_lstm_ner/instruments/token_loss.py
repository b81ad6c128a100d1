"""The loss of each token by itself, and its gradient by the state that the encoder gives for it."""

from collections.abc import Callable
from typing import TypeAlias

import torch
from spacy.language import Language
from spacy.training import Example
from torch import Tensor
from torch.nn.functional import linear, normalize, one_hot

from ..models.shim import own_shim
from ..models.tagger import is_initialized, listens
from ..nn.crf.forward_backward import mask_scores
from ..pipeline.evidence import reference_evidence
from ..pipeline.lstm_ner import LSTMEntityRecognizer
from .encoders import EncoderInPlace

# From a document and the states of its tokens, the gradient of each token's loss by its own state.
# shape of both: (tokens, n_out), in numbers of 64 bits.
LossGradient: TypeAlias = Callable[[Example, Tensor], Tensor]


def make_loss_gradient(nlp: Language, place: EncoderInPlace) -> LossGradient:
    """Choose what is the loss of a token.

    That is the negative log-probability of its annotated tag by the emissions, or of the most
    probable tag where it has no annotation. An encoder without an output layer of `lstm_ner` on it
    that has learned something has no loss: the state in a random direction takes its place.

    nlp (Language): The pipeline.
    place (EncoderInPlace): The encoder in it.
    """
    for name, pipe in nlp.pipeline:
        if not isinstance(pipe, LSTMEntityRecognizer) or not is_initialized(pipe.model):
            continue
        loss = CrossEntropy(pipe)
        reads_it = name == place.component or listens(pipe.model)
        if reads_it and loss.weight.any() and loss.weight.shape[1] == place.module.n_out:
            return loss
    return random_directions


def random_directions(example: Example, states: Tensor) -> Tensor:
    """Directions of length 1, the same in every run. shape: (tokens, n_out)."""
    random = torch.Generator().manual_seed(len(states))
    return normalize(torch.randn(states.shape, generator=random, dtype=states.dtype))


class CrossEntropy:
    """The negative log-probability of a token's tag, see `make_loss_gradient`.

    ner (LSTMEntityRecognizer): The component whose output layer gives the emissions.
    """

    def __init__(self, ner: LSTMEntityRecognizer) -> None:
        dense = own_shim(ner.model.get_ref("output_layer")).predictor.dense
        self.weight, self.bias = (p.detach().cpu().double() for p in (dense.weight, dense.bias))
        self._scheme = ner.scheme

    def __call__(self, example: Example, states: Tensor) -> Tensor:
        """The gradients. shape: (tokens, n_out)."""
        states = states.detach().requires_grad_()
        emissions = linear(states, self.weight, self.bias)  # (tokens, tags)
        evidence = reference_evidence([example], self._scheme)
        best = one_hot(emissions.argmax(1), emissions.shape[1]).bool()
        known = torch.from_numpy(evidence.known)[:, None]
        allowed = torch.where(known, torch.from_numpy(evidence.mask), best)
        losses = emissions.logsumexp(1) - mask_scores(emissions, allowed).logsumexp(1)
        (gradient,) = torch.autograd.grad(losses.sum(), states)
        return gradient
