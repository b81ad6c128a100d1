"""An LSTM for prediction that computes what depends on a word alone once per word.

An LSTM adds two products at every step: weights times its input, and weights times its last state.
Where inputs repeat, as those of word types do, the first is the larger part of all arithmetic and
need not be done again. Here it comes as a table with a row for every distinct input, and a step
gathers its rows, adds the second product and applies the gates. Sequences are side by side, longest
first, so that a step works on one block and no padded cell is computed.

Of the four gates, the cell's candidate goes through tanh, the others through the logistic function.
tanh(x) = 2 logistic(2x) - 1, and the logistic function is the faster of the two here, so the
candidate's weights are doubled and one call serves all gates.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from .grid import Grid

# Sequences that go side by side: enough to keep matrix products busy, few enough for the cache.
SEQUENCES = 256
# With fewer, the calls of a step cost more than the arithmetic that they save.
FEWEST_SEQUENCES = 16


class GateWeights(NamedTuple):
    """Weights of an LSTM's gates, in the order input, forget, output, candidate.

    into (Tensor): Weights of the input. shape: (4 * hidden, n_in).
    bias (Tensor): shape: (4 * hidden,).
    recurrent (Tensor): Weights of the state. shape: (hidden, 4 * hidden).
    """

    into: Tensor
    bias: Tensor
    recurrent: Tensor

    @classmethod
    def of(cls, cell: nn.RNNBase) -> "GateWeights":
        """Arrange the weights of one layer of one direction."""
        weights = dict(cell.named_parameters())
        bias = weights["bias_ih_l0"] + weights["bias_hh_l0"]
        into, bias, recurrent = (
            _arrange(tensor.detach())
            for tensor in (weights["weight_ih_l0"], bias, weights["weight_hh_l0"])
        )
        return cls(into, bias, recurrent.t().contiguous())

    def inputs(self, x: Tensor) -> Tensor:
        """What inputs contribute to the gates. shape: (rows, n_in) -> (rows, 4 * hidden)."""
        return torch.addmm(self.bias, x, self.into.t())


def run_gates(
    tables: Sequence[Tensor],
    rows: Tensor | None,
    weights: Sequence[GateWeights],
    grids: Sequence[Grid],
) -> Tensor:
    """Run one layer over tokens.

    tables (Sequence[Tensor]): For each direction, what every distinct input contributes to the
        gates. shape: (rows, 4 * hidden).
    rows (Optional[Tensor]): The row of each token; without, each has a row of its own.
        shape: (tokens,).
    weights (Sequence[GateWeights]): The weights of each direction, left to right first.
    grids (Sequence[Grid]): The layout of the tokens.
    RETURNS (Tensor): States in document order. shape: (tokens, hidden * directions).
    """
    hidden = len(weights[0].recurrent)
    n_tokens = sum(len(grid.cells) for grid in grids)
    states = tables[0].new_empty(n_tokens, len(weights), hidden)
    for grid in grids:
        layouts = (grid.forward, grid.backward)[: len(weights)]
        tokens = [layout.flatten().index_select(0, grid.cells) for layout in layouts]
        taken = tokens if rows is None else [rows.index_select(0, t) for t in tokens]
        found = _run_grid(tables, taken, weights, grid)
        for direction, t in enumerate(tokens):
            states[:, direction].index_copy_(0, t, found[direction])
    return states.flatten(1)


def _run_grid(
    tables: Sequence[Tensor], rows: Sequence[Tensor], weights: Sequence[GateWeights], grid: Grid
) -> Tensor:
    """Run one layer over the sequences of a grid, in all its directions at once.

    tables (Sequence[Tensor]): For each direction, what every distinct input contributes to the
        gates. shape: (rows, 4 * hidden).
    rows (Sequence[Tensor]): For each direction, the row of each token, step by step.
        shape: (tokens,).
    weights (Sequence[GateWeights]): The weights of each direction.
    grid (Grid): The layout.
    RETURNS (Tensor): The states, step by step. shape: (directions, tokens, hidden).
    """
    n, hidden = len(weights), len(weights[0].recurrent)
    widest = grid.sizes[0]
    states = tables[0].new_empty(n, len(rows[0]), hidden)
    gates = tables[0].new_empty(n, widest, 4 * hidden)
    cell = tables[0].new_zeros(n, widest, hidden)
    squashed = torch.empty_like(cell)
    start = before = 0
    for size in grid.sizes:
        end = start + size
        now, memory, squeezed = gates[:, :size], cell[:, :size], squashed[:, :size]
        for direction in range(n):
            block = now[direction]
            torch.index_select(tables[direction], 0, rows[direction][start:end], out=block)
            if start:
                last = states[direction, before : before + size]
                block.addmm_(last, weights[direction].recurrent)
        now.sigmoid_()
        opened, kept, shown, candidate = now.split(hidden, dim=2)
        memory.mul_(kept).addcmul_(opened, candidate, value=2.0).sub_(opened)
        torch.mul(memory, 2.0, out=squeezed).sigmoid_()
        state = states[:, start:end]
        torch.mul(shown, squeezed, out=state).mul_(2.0).sub_(shown)
        start, before = end, start
    return states


def _arrange(weights: Tensor) -> Tensor:
    """Torch's order is input, forget, candidate, output."""
    opened, kept, candidate, shown = weights.chunk(4)
    return torch.cat([opened, kept, shown, 2.0 * candidate])
