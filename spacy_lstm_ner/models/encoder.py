"""The recurrent encoder as a layer: vectors of words in, vectors of words in context out."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

import torch
from thinc.api import Model
from torch import Tensor

from ..errors import Errors
from ..nn.lstm.cells import CELLS
from ..nn.lstm.encoder import RecurrentEncoder
from ..nn.lstm.grid import MAX_PADDING, make_grids
from ..nn.lstm.scan import GateWeights
from ..nn.windows import Windows, make_windows
from .precision import Precision, resolve_precision
from .shim import ModuleShim
from .util import check_range, get_dropout, get_shim, gradient_of, own_shim
from .vectors import GrowingTable, TokenVectors, hand_over, in_form_of

# In training, one loose grid is faster than several tight ones: every call has a backward pass too.
TRAINING_PADDING = 0.5

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
        training, where there is dropout at all.
    clip_value (Optional[float]): Largest size of a single gradient of the encoder.
    clip_norm (Optional[float]): Largest norm of all gradients of the encoder together.
    RETURNS (Model[List[Floats2d], List[Floats2d]]): The layer.
    """
    if cell not in CELLS:
        raise ValueError(Errors.E030.format(name="cell", value=cell, options=CELLS))
    check_range(1, math.inf, hidden_width=hidden_width, depth=depth)
    check_range(0, 1, dropout=dropout, recurrent_dropout=recurrent_dropout)
    check_range(0, math.inf, clip_value=clip_value, clip_norm=clip_norm)
    settings = {
        "cell": cell,
        "n_hidden": hidden_width,
        "depth": depth,
        "bidirectional": bidirectional,
        "skip": skip,
        "clip_value": clip_value,
        "clip_norm": clip_norm,
    }
    return Model(
        f"{cell}_encoder",
        forward,
        init=init,
        dims={"nI": None, "nO": hidden_width * (2 if bidirectional else 1)},
        attrs={
            "settings": settings,
            "dropout_rate": 0.0,
            "fixed_dropout": dropout,
            "recurrent_dropout": recurrent_dropout,
            "precision": Precision("auto"),
            "whole": False,
            "takes_whole": True,
        },
        shims=[ModuleShim(RecurrentEncoder)],
    )


def init(model: EncoderT, X: Sequence[Any] | None = None, Y: Any = None) -> None:
    """Build the module, now that the width of the input is known."""
    if X is not None and len(X):
        model.set_dim("nI", X[0].shape[1], force=True)
    own_shim(model).build(n_in=model.get_dim("nI"), **model.attrs["settings"])


def forward(
    model: EncoderT, inputs: Sequence[Any], is_train: bool
) -> tuple[Sequence[Any], Callable[[Sequence[Any]], Sequence[Any]]]:
    """Encode the tokens of documents in the context of their document."""
    shim = get_shim(model)
    vectors = TokenVectors.of(inputs, shim.device)
    if not any(vectors.lengths):
        return _encode_nothing(model, inputs, vectors)
    windows = make_windows([n for n in vectors.lengths if n])
    if is_train:
        return _encode_to_train(model, inputs, vectors, windows)
    states = _encode_to_predict(model, vectors, windows)
    return hand_over(model, states), _pass_nothing


def _encode_to_train(
    model: EncoderT, inputs: Sequence[Any], vectors: TokenVectors, windows: Windows
) -> tuple[Sequence[Any], Callable[[Sequence[Any]], Sequence[Any]]]:
    shim = get_shim(model)
    leaf = vectors.tokens().float().detach().requires_grad_()
    dropout = get_dropout(model)
    module = partial(
        shim.module,
        dropout=dropout,
        # A run without dropout, such as a rehearsal, keeps these weights as well.
        recurrent_dropout=model.attrs["recurrent_dropout"] if dropout else 0.0,
    )
    states = _run(module, leaf, windows, TRAINING_PADDING)

    def backprop(d_states: Sequence[Any]) -> Sequence[Any]:
        shim.backward([states], [TokenVectors.of(d_states, states.device).tokens()])
        return in_form_of(inputs, TokenVectors(gradient_of(leaf), vectors.lengths))

    return hand_over(model, TokenVectors(states.detach(), vectors.lengths)), backprop


def _encode_to_predict(model: EncoderT, vectors: TokenVectors, windows: Windows) -> TokenVectors:
    shim = get_shim(model)
    dtype = torch.float32
    if model.attrs["settings"]["cell"] == "lstm":  # the other cells have no bfloat16 kernel
        dtype = resolve_precision(model.attrs["precision"], shim.device)
    with torch.no_grad():
        if _can_scan(model, shim.device, dtype):
            states = _scan(shim, vectors, windows)
        else:
            table = vectors.table.to(dtype)
            states = _run(shim.module_as(dtype), table, windows, MAX_PADDING, rows=vectors.rows)
    return TokenVectors(states, vectors.lengths)


def _can_scan(model: EncoderT, device: torch.device, dtype: torch.dtype) -> bool:
    """Whether to gather each word's part of the gates from a table, see `nn.lstm.scan`."""
    is_lstm = model.attrs["settings"]["cell"] == "lstm"
    return is_lstm and dtype is torch.float32 and device.type == "cpu"


def _scan(shim: ModuleShim, vectors: TokenVectors, windows: Windows) -> Tensor:
    """Encode windows step by step. shape: (tokens, nO)."""
    if "gates" not in shim.memo:
        shim.memo["gates"] = shim.module.gate_weights()
    weights = shim.memo["gates"]
    table = None if vectors.origin is None else _gate_inputs(shim, vectors, weights[0])
    rows = windows.rows(vectors.rows, shim.device)
    states: Tensor = shim.module.scan(
        vectors.table.float(), rows, windows.lengths, weights=weights, table=table
    )
    return windows.core(states)


def _gate_inputs(shim: ModuleShim, vectors: TokenVectors, weights: GateWeights) -> Tensor:
    """What words contribute to the first layer's gates, computed once for each.

    RETURNS (Tensor): A row for each row of the vectors' table.
    """
    # Taken out while it grows: another thread then starts one of its own.
    origin, grown = shim.memo.pop("gate_inputs", (None, None))
    if origin is not vectors.origin:
        grown = GrowingTable()
    new = vectors.table[len(grown) :]
    if len(new):
        grown.append(weights.inputs(new.float()))
    table = grown.tensor
    shim.memo["gate_inputs"] = (vectors.origin, grown)
    return table


def _run(
    module: Callable[..., Tensor],
    table: Tensor,
    windows: Windows,
    padding: float,
    *,
    rows: Tensor | None = None,
) -> Tensor:
    """Encode windows and read what each of them decides over. shape: (tokens, nO)."""
    device = table.device
    rows = windows.rows(rows, device)
    grids = [grid.to(device) for grid in make_grids(windows.lengths, padding=padding)]
    sequence = torch.repeat_interleave(
        torch.tensor(windows.sequence, device=device), torch.tensor(windows.lengths, device=device)
    )
    states = module(table, rows, grids, sequence)
    return windows.core(states)


def _encode_nothing(
    model: EncoderT, inputs: Sequence[Any], vectors: TokenVectors
) -> tuple[Sequence[Any], Callable[[Sequence[Any]], Sequence[Any]]]:
    def backprop(d_states: Sequence[Any]) -> Sequence[Any]:
        empty = vectors.table.new_zeros(0, vectors.width)
        return in_form_of(inputs, TokenVectors(empty, vectors.lengths))

    empty = vectors.table.new_zeros(0, model.get_dim("nO"))
    return hand_over(model, TokenVectors(empty, vectors.lengths)), backprop


def _pass_nothing(d_states: Sequence[Any]) -> Sequence[Any]:
    return []
