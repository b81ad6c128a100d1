"""An LSTM for prediction on a CPU that computes what depends on a word alone once per word.

An LSTM adds two products at every step: weights times its input, and weights times its last state.
Where inputs repeat, as those of word types do, the first is the larger part of all arithmetic and
need not be done again. Here it comes as a table with a row for every distinct input, and a step
gathers its rows, adds the second product and applies the gates. Sequences are side by side, longest
first, so that a step works on one block and no padded cell is computed.

A step is a dozen small operations. Starting those takes numpy a third of the time it takes torch,
which decides how long one short document takes; the products are torch's, whose threads the user
controls.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ...types import Floats, Ints
from ..packing import packed_positions

# Sequences that go side by side: enough to keep matrix products busy, few enough for the cache.
SEQUENCES = 128
_HALF = np.float32(0.5)


@dataclass(frozen=True, eq=False)
class GateWeights:
    """Weights of the gates of one LSTM layer: input, forget and output gate, and the candidate.

    The first three go through the logistic function, and logistic(x) = (tanh(x / 2) + 1) / 2: their
    weights are halved, so that one call of tanh serves all four. The division is left to the
    products that the gates are in: the scan keeps 2 h in place of the state h, and all weights of
    the state are halved to make up for it.

    Two sets of weights are told apart by identity.

    into (Tensor): Weights of the input. shape: (n_in, directions * 4 * hidden).
    bias (Tensor): shape: (directions * 4 * hidden,).
    recurrent (List[Tensor]): Weights of the state for each direction, left to right first.
        shape: (hidden, 4 * hidden).
    """

    into: Tensor
    bias: Tensor
    recurrent: list[Tensor]

    @classmethod
    def of(cls, cells: Sequence[nn.RNNBase]) -> "GateWeights":
        """Arrange the weights of the cells of a layer."""
        weights = [{k: v.detach() for k, v in cell.named_parameters()} for cell in cells]
        into = [_arrange(w["weight_ih_l0"]) for w in weights]
        bias = [_arrange(w["bias_ih_l0"] + w["bias_hh_l0"]) for w in weights]
        recurrent = [0.5 * _arrange(w["weight_hh_l0"]).t().contiguous() for w in weights]
        return cls(torch.cat(into).t(), torch.cat(bias), recurrent)

    def inputs(self, x: Tensor) -> Tensor:
        """What inputs contribute to the gates. shape: (rows, n_in) -> (rows, bias)."""
        return torch.addmm(self.bias, x, self.into)


def lstm_scan(
    inputs: Tensor, indices: Tensor | None, weights: GateWeights, lengths: Sequence[int]
) -> Tensor:
    """Run one layer over sequences, step by step.

    inputs (Tensor): What every distinct input contributes to the gates, see `GateWeights.inputs`.
        shape: (rows, directions * 4 * hidden).
    indices (Optional[Tensor]): The row of each token; without, each has a row of its own.
        shape: (tokens,).
    weights (GateWeights): The weights.
    lengths (Sequence[int]): Tokens of each sequence, at least 1 each.
    RETURNS (Tensor): States in document order. shape: (tokens, directions * hidden).
    """
    n, hidden = len(weights.recurrent), len(weights.recurrent[0])
    length = np.asarray(lengths, dtype=np.int64)
    first = np.cumsum(length) - length
    # A row for each token or input and direction, those of the directions in turn.
    rows = inputs.numpy().reshape(-1, 4 * hidden)
    states = np.empty((int(length.sum()) * n, hidden), dtype=np.float32)
    direction = np.arange(n)
    order = np.argsort(-length, kind="stable")
    for start in range(0, len(order), SEQUENCES):
        chosen = order[start : start + SEQUENCES]
        sizes, tokens = _lay_out(first[chosen], length[chosen])
        tokens = tokens[:, :n]  # (tokens of the batch, directions)
        read = tokens if indices is None else indices.numpy()[tokens]
        states[tokens * n + direction] = _steps(rows, read * n + direction, weights, sizes)
    return torch.from_numpy(states.reshape(-1, n * hidden))


def _lay_out(first: Ints, length: Ints) -> tuple[list[int], Ints]:
    """The tokens of each step.

    first, length (Ints): First token and number of tokens of each sequence, longest first.
    RETURNS (Tuple[List[int], Ints]): How many sequences take part in each step, and their tokens,
        step by step, from left to right and from right to left. shape: (tokens, 2).
    """
    if len(length) == 1:
        alone = np.arange(first[0], first[0] + length[0])
        return [1] * len(alone), np.stack([alone, alone[::-1]], axis=1)
    sizes, positions = packed_positions(length)
    step = np.arange(len(positions)) - np.repeat(np.cumsum(length) - length, length)
    tokens = np.empty((len(positions), 2), dtype=np.int64)
    tokens[positions, 0] = np.repeat(first, length) + step
    tokens[positions, 1] = np.repeat(first + length - 1, length) - step
    return sizes.tolist(), tokens


def _steps(inputs: Floats, read: Ints, weights: GateWeights, sizes: Sequence[int]) -> Floats:
    """Run some sequences through a layer in all its directions at once.

    inputs (Floats): Contributions to the gates. shape: (rows, 4 * hidden).
    read (Ints): The row of `inputs` for each direction, step by step. shape: (tokens, directions).
    weights (GateWeights): The weights.
    sizes (Sequence[int]): How many sequences take part in each step; they are the first ones.
    RETURNS (Floats): States, step by step. shape: (tokens, directions, hidden).
    """
    n, hidden = read.shape[1], len(weights.recurrent[0])
    states = np.empty((len(read), n, hidden), dtype=np.float32)  # (tokens, directions, hidden)
    # Of the sequences of one step, reused: (sequences, directions, 4 * hidden) and (..., hidden)
    gates = np.empty((sizes[0], n, 4 * hidden), dtype=np.float32)
    cell = np.zeros((sizes[0], n, hidden), dtype=np.float32)
    state, added, spare = np.empty_like(cell), np.empty_like(cell), np.empty_like(cell)
    before = end = 0
    for size in sizes:
        if size != before:
            gates, cell, state, added, spare = (
                array[:size] for array in (gates, cell, state, added, spare)
            )
            i, f, o, g = np.split(gates, 4, axis=2)  # (sequences, directions, hidden) each
            by_direction = (torch.from_numpy(array).unbind(1) for array in (gates, state))
            products = list(zip(*by_direction, weights.recurrent, strict=True))
            before = size
        start, end = end, end + size
        inputs.take(read[start:end], axis=0, out=gates, mode="clip")
        if start:
            for gate, last, recurrent in products:
                gate.addmm_(last, recurrent)
        np.tanh(gates, out=gates)
        # c = ((i + 1) * g + (f + 1) * c) / 2
        np.multiply(i, g, out=added)
        np.add(added, g, out=added)
        np.multiply(cell, f, out=spare)
        np.add(cell, spare, out=cell)
        np.add(cell, added, out=cell)
        np.multiply(cell, _HALF, out=cell)
        # 2 h = (o + 1) * tanh(c)
        np.tanh(cell, out=added)
        np.multiply(added, o, out=state)
        np.add(state, added, out=state)
        np.multiply(state, _HALF, out=states[start:end])
    return states


def _arrange(weights: Tensor) -> Tensor:
    """From torch's order: input, forget, candidate, output."""
    i, f, g, o = weights.chunk(4)
    return torch.cat([0.5 * i, 0.5 * f, 0.5 * o, g])
