"""The recurrent encoder as a layer: vectors of words in, vectors of words in context out."""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import torch
from thinc.api import Model
from torch import Tensor

from ..errors import Errors
from ..nn.encoder import RecurrentEncoder
from ..nn.gates import FEWEST_SEQUENCES, SEQUENCES
from ..nn.grid import PADDING, make_grids
from ..nn.recurrent import CELLS
from ..nn.windows import Windows, make_windows
from .precision import resolve_precision
from .shim import ModuleShim
from .util import get_dropout, get_shim, gradient_of, own_shim
from .vectors import GrowingTable, TokenVectors, hand_over, in_form_of

# Documents longer than this are encoded in windows, each with further tokens on either side.
WINDOW, CONTEXT = 512, 64
# In training, one loose grid is faster than several tight ones: every call has a backward pass too.
TRAINING_PADDING = 0.5
# Cells of a grid that is scanned: no padded cell is computed, so they only take room as numbers.
SCANNED_CELLS = 1 << 18

EncoderT: TypeAlias = Model[Sequence[Any], Sequence[Any]]


def build_lstm_encoder(
    *,
    cell: str,
    hidden_width: int,
    depth: int,
    bidirectional: bool,
    skip: bool,
    dropout: float | None,
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
    clip_value (Optional[float]): Largest size of a single gradient of the encoder.
    clip_norm (Optional[float]): Largest norm of all gradients of the encoder together.
    RETURNS (Model[List[Floats2d], List[Floats2d]]): The layer.
    """
    if cell not in CELLS:
        raise ValueError(Errors.E030.format(name="cell", value=cell, options=CELLS))
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
            "precision": "auto",
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
    windows = make_windows([n for n in vectors.lengths if n], size=WINDOW, context=CONTEXT)
    if is_train:
        return _encode_to_train(model, inputs, vectors, windows)
    states = _encode_to_predict(model, vectors, windows)
    return hand_over(model, states), _pass_nothing


def _encode_to_train(
    model: EncoderT, inputs: Sequence[Any], vectors: TokenVectors, windows: Windows
) -> tuple[Sequence[Any], Callable[[Sequence[Any]], Sequence[Any]]]:
    shim = get_shim(model)
    leaf = vectors.tokens().float().detach().requires_grad_()
    states = _run(shim.module, leaf, windows, TRAINING_PADDING, get_dropout(model, True))

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
        if _scan_pays(model, shim.device, dtype, windows):
            states = _scan(shim, vectors, windows)
        else:
            table = vectors.table.to(dtype)
            states = _run(shim.cast(dtype), table, windows, PADDING, 0.0, rows=vectors.rows)
    return TokenVectors(states, vectors.lengths)


def _scan_pays(model: EncoderT, device: torch.device, dtype: torch.dtype, windows: Windows) -> bool:
    """Whether to gather each word's part of the gates from a table.

    Kernels for GPUs, and for CPUs that compute in bfloat16, are faster than that.
    """
    able = model.attrs["settings"]["cell"] == "lstm" and dtype is torch.float32
    return able and device.type == "cpu" and len(windows.lengths) >= FEWEST_SEQUENCES


def _scan(shim: ModuleShim, vectors: TokenVectors, windows: Windows) -> Tensor:
    """Encode windows step by step, keeping each word's part of the gates. shape: (tokens, nO)."""
    if "gates" not in shim.memo:
        shim.memo["gates"] = shim.module.gate_weights()
    weights = shim.memo["gates"]
    tables = None
    if vectors.origin is not None:
        origin, grown = shim.memo.get("gate_inputs", (None, []))
        if origin is not vectors.origin:
            grown = [GrowingTable() for _ in weights[0]]
            shim.memo["gate_inputs"] = (vectors.origin, grown)
        new = vectors.table[len(grown[0]) :]
        if len(new):
            for table, w in zip(grown, weights[0], strict=True):
                table.append(w.inputs(new.float()))
        tables = [table.tensor for table in grown]
    rows, cut = _take(vectors.rows, windows)
    grids = make_grids(
        windows.lengths, padding=math.inf, max_cells=SCANNED_CELLS, max_sequences=SEQUENCES
    )
    states = shim.module.scan(vectors.table, rows, grids, weights=weights, tables=tables)
    return states.index_select(0, windows.keep) if cut else states


def _take(rows: Tensor | None, windows: Windows) -> tuple[Tensor | None, bool]:
    """The row of each token of each window, and whether windows share tokens."""
    if len(windows.take) == len(windows.keep):
        return rows, False
    return (windows.take if rows is None else rows.index_select(0, windows.take)), True


def _run(
    module: RecurrentEncoder,
    table: Tensor,
    windows: Windows,
    padding: float,
    dropout: float,
    *,
    rows: Tensor | None = None,
) -> Tensor:
    """Encode windows and keep what each of them decides over. shape: (tokens, nO)."""
    device = table.device
    cut = len(windows.take) != len(windows.keep)
    if cut:
        take = windows.take.to(device)
        rows = take if rows is None else rows.index_select(0, take)
    grids = [grid.to(device) for grid in make_grids(windows.lengths, padding=padding)]
    sequence = torch.repeat_interleave(
        torch.tensor(windows.sequence, device=device), torch.tensor(windows.lengths, device=device)
    )
    states = module(table, rows, grids, sequence, dropout=dropout)
    return states.index_select(0, windows.keep.to(device)) if cut else states


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
