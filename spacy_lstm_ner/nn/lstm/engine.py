"""How documents go through the encoder: which kernel, in which windows, and what is kept."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import cached_property, partial
from typing import Any

import torch
from torch import Tensor, nn

from ..windows import Windows, make_windows
from ..words import WordRows
from .encoder import RecurrentEncoder
from .grid import MAX_PADDING, make_grids
from .scan import GateWeights, lstm_scan

# In training, one loose grid is faster than several tight ones: every call has a backward pass too.
TRAINING_PADDING = 0.5


class Engine:
    """Runs an encoder over documents.

    What it keeps is derived from the encoder's weights as they are: once they change, it takes a
    new engine.

    encoder (RecurrentEncoder): The encoder.
    """

    def __init__(self, encoder: RecurrentEncoder) -> None:
        self.encoder = encoder

    def train(
        self, vectors: Tensor, lengths: Sequence[int], *, dropout: float, recurrent_dropout: float
    ) -> Tensor:
        """Encode tokens in the context of their document, with a gradient.

        vectors (Tensor): The vectors of tokens. shape: (tokens, n_in).
        lengths (Sequence[int]): Tokens of each document, at least 1 each.
        dropout (float): Rate of the locked dropout.
        recurrent_dropout (float): Share of the weights of the state to drop.
        RETURNS (Tensor): States. shape: (tokens, n_out).
        """
        run = partial(self.encoder, dropout=dropout, recurrent_dropout=recurrent_dropout)
        return _in_rectangles(run, vectors, None, make_windows(lengths), TRAINING_PADDING)

    def predict(
        self,
        vectors: Tensor,
        indices: Tensor | None,
        lengths: Sequence[int],
        *,
        dtype: torch.dtype = torch.float32,
        words: WordRows | None = None,
    ) -> Tensor:
        """Encode tokens in the context of their document.

        vectors (Tensor): Distinct vectors. shape: (rows, n_in).
        indices (Optional[Tensor]): The row of each token; without, tokens are rows.
            shape: (tokens,).
        lengths (Sequence[int]): Tokens of each document, at least 1 each.
        dtype (torch.dtype): What to compute in; float32 for cells other than LSTMs.
        words (Optional[WordRows]): Where the vectors are from, if later documents will bring the
            same ones again. What is computed of a vector alone is kept there.
        RETURNS (Tensor): States. shape: (tokens, n_out).
        """
        windows = make_windows(lengths)
        if not self._is_lstm:  # the other cells have no bfloat16 kernel
            dtype = torch.float32
        with torch.no_grad():
            if self._scans(vectors.device, dtype):
                return windows.core(self._scan(vectors, indices, windows, words))
            run = self._encoder_in(dtype)
            vectors = _per_word(lambda rows: rows.to(dtype), run, vectors, words)
            return _in_rectangles(run, vectors, indices, windows, MAX_PADDING)

    def _scans(self, device: torch.device, dtype: torch.dtype) -> bool:
        """Whether to go step by step, which gathers each word's share of the gates from a table."""
        return self._is_lstm and dtype is torch.float32 and device.type == "cpu"

    def _scan(
        self, vectors: Tensor, indices: Tensor | None, windows: Windows, words: WordRows | None
    ) -> Tensor:
        """Encode windows step by step, one layer after the other. shape: (tokens, n_out)."""
        states, indices = vectors.float(), windows.rows(indices, vectors.device)
        for i, weights in enumerate(self._gate_weights):
            inputs = _per_word(weights.inputs, weights, states, None if i else words)
            out = lstm_scan(inputs, indices, weights, windows.lengths)
            states = self.encoder.add_shortcut(i, states, indices, out)
            indices = None
        return states

    @cached_property
    def _is_lstm(self) -> bool:
        return all(type(cell) is nn.LSTM for cell in self.encoder.cells())  # no variant of it

    @cached_property
    def _gate_weights(self) -> list[GateWeights]:
        """The weights of each layer, arranged for `lstm_scan`."""
        return [GateWeights.of(layer.directions()) for layer in self.encoder.recurrent_layers()]

    def _encoder_in(self, dtype: torch.dtype) -> RecurrentEncoder:
        return self.encoder if dtype is torch.float32 else self._half

    @cached_property
    def _half(self) -> RecurrentEncoder:
        return deepcopy(self.encoder).to(torch.bfloat16)


def _per_word(
    function: Callable[[Tensor], Tensor], owner: object, vectors: Tensor, words: WordRows | None
) -> Tensor:
    """Apply a function to each vector, once for each word where those are known.

    owner (object): Stands for the weights that the function uses.
    """
    return function(vectors) if words is None else words.derive(owner, function)


def _in_rectangles(
    run: Callable[..., Tensor],
    vectors: Tensor,
    indices: Tensor | None,
    windows: Windows,
    padding: float,
) -> Tensor:
    """Encode windows of similar length side by side. shape: (tokens, n_out)."""
    device = vectors.device
    grids = [grid.to(device) for grid in make_grids(windows.lengths, padding=padding)]
    sequence = torch.repeat_interleave(
        torch.tensor(windows.sequence, device=device), torch.tensor(windows.lengths, device=device)
    )
    states: Any = run(vectors, windows.rows(indices, device), grids, sequence)
    return windows.core(states)
