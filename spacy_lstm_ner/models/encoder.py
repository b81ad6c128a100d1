"""The recurrent encoder as a layer: vectors of words in, vectors of words in context out."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

from thinc.api import Model
from torch import nn

from ..errors import CodedError, Errors
from ..nn.lstm.cells import CELLS, FORGET_BIAS, set_forget_bias
from ..nn.lstm.encoder import RecurrentEncoder
from ..nn.lstm.engine import Engine
from ..settings import check_range
from .precision import resolve_precision
from .shim import ModuleShim, get_shim, own_shim
from .util import get_dropout, get_own_rate, gradient_of, neutral_layer
from .vectors import TokenVectors, in_form_of

EncoderT: TypeAlias = Model[Sequence[Any], Sequence[Any]]


def build_lstm_encoder(
    *,
    cell: str,
    hidden_width: int,
    depth: int,
    bidirectional: bool,
    skip: bool,
    dropout: float | None,
    recurrent_dropout: float = 0.0,
    forget_bias: float = FORGET_BIAS,
    clip_value: float | None,
    clip_norm: float | None,
) -> EncoderT:
    """Encode words in context with a recurrent network.

    cell (str): "lstm", "gru", "rnn" (tanh) or "irnn" (rectified, started as the identity).
    hidden_width (int): Width of the state per direction.
    depth (int): Number of layers.
    bidirectional (bool): Whether to read both ways; the output is then twice as wide.
    skip (bool): Whether to add each layer's input to its output.
    dropout (Optional[float]): Rate of the locked dropout; the rate of [training] if not given.
    recurrent_dropout (float): Share of the weights of the state that are left out of a batch in
        training. A rate of 0 in [training] silences both.
    forget_bias (float): Bias that the forget gates of an LSTM start with; other cells have none.
    clip_value (Optional[float]): Largest size of a single gradient of the encoder.
    clip_norm (Optional[float]): Largest norm of all gradients of the encoder together.
    RETURNS (Model[List[Floats2d], List[Floats2d]]): The layer.
    """
    if cell not in CELLS:
        raise CodedError(Errors.E030.format(name="cell", value=cell, options=tuple(CELLS)))
    check_range(1, math.inf, hidden_width=hidden_width, depth=depth)
    check_range(0, 1, dropout=dropout, recurrent_dropout=recurrent_dropout)
    check_range(0, math.inf, clip_value=clip_value, clip_norm=clip_norm)
    settings = {
        "cell": cell,
        "n_hidden": hidden_width,
        "depth": depth,
        "bidirectional": bidirectional,
        "skip": skip,
    }
    clips = {"clip_value": clip_value, "clip_norm": clip_norm}
    name = f"{cell}_encoder"
    return Model(
        name,
        forward,
        init=init,
        dims={"nI": None, "nO": hidden_width * (2 if bidirectional else 1)},
        attrs={
            "settings": {**settings, **clips},
            "dropout_rate": 0.0,
            "fixed_dropout": dropout,
            "recurrent_dropout": recurrent_dropout,
            "forget_bias": forget_bias,
        },
        shims=[ModuleShim(RecurrentEncoder, name=name, config=settings)],
    )


def is_encoder(model: Model[Any, Any]) -> bool:
    """Whether a layer is one that `build_lstm_encoder` made."""
    return {"settings", "recurrent_dropout"} <= set(model.attrs)


def init(model: EncoderT, X: Sequence[Any] | None = None, Y: Any = None) -> None:
    """Build the module, now that the width of the input is known."""
    if X is not None and len(X):
        model.set_dim("nI", X[0].shape[1], force=True)
    start = partial(_start, forget_bias=model.attrs["forget_bias"])
    own_shim(model).build(prepare=start, n_in=model.get_dim("nI"), **model.attrs["settings"])


def _start(encoder: RecurrentEncoder, *, forget_bias: float) -> None:
    for cell in encoder.cells():
        if isinstance(cell, nn.LSTM):
            set_forget_bias(cell, forget_bias)


@neutral_layer
def forward(
    model: EncoderT, inputs: Sequence[Any], is_train: bool
) -> tuple[Sequence[Any], Callable[[Sequence[Any]], Sequence[Any]]]:
    """Encode the tokens of documents in the context of their document."""
    shim = get_shim(model)
    vectors = TokenVectors.of(inputs, shim.device)
    lengths = [n for n in vectors.lengths if n]
    if not lengths:
        return _encode_nothing(model, inputs, vectors)
    if is_train:
        return _encode_to_train(model, inputs, vectors, lengths)
    engine = shim.cached("engine", lambda: Engine(shim.predictor))
    dtype = resolve_precision(shim.precision, shim.device)
    states = engine.predict(
        vectors.values, vectors.indices, lengths, dtype=dtype, words=vectors.words
    )
    return in_form_of(inputs, TokenVectors(states, vectors.lengths)), _pass_nothing


def _encode_to_train(
    model: EncoderT,
    inputs: Sequence[Any],
    vectors: TokenVectors,
    lengths: Sequence[int],
) -> tuple[Sequence[Any], Callable[[Sequence[Any]], Sequence[Any]]]:
    leaf = vectors.tokens().float().detach().requires_grad_()
    rates = {
        "dropout": get_dropout(model),
        "recurrent_dropout": get_own_rate(model, "recurrent_dropout"),
    }
    shim = get_shim(model)
    engine = shim.cached("engine to train", lambda: Engine(shim.module))
    states = engine.train(leaf, lengths, **rates)

    def backprop(d_states: Sequence[Any]) -> Sequence[Any]:
        gradient = TokenVectors.of(d_states, states.device).tokens()
        shim.backward([states], [gradient])
        return in_form_of(inputs, TokenVectors(gradient_of(leaf), vectors.lengths))

    return in_form_of(inputs, TokenVectors(states.detach(), vectors.lengths)), backprop


def _encode_nothing(
    model: EncoderT, inputs: Sequence[Any], vectors: TokenVectors
) -> tuple[Sequence[Any], Callable[[Sequence[Any]], Sequence[Any]]]:
    def backprop(d_states: Sequence[Any]) -> Sequence[Any]:
        empty = vectors.values.new_zeros(0, vectors.width)
        return in_form_of(inputs, TokenVectors(empty, vectors.lengths))

    empty = vectors.values.new_zeros(0, model.get_dim("nO"))
    return in_form_of(inputs, TokenVectors(empty, vectors.lengths)), backprop


def _pass_nothing(d_states: Sequence[Any]) -> Sequence[Any]:
    return []
