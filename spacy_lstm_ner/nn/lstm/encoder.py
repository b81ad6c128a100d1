"""The sequence encoder: recurrent layers over vectors of tokens."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from ..learner import Learner
from ..packing import inverse
from .cells import make_cell
from .dropout import drop_recurrent, locked_dropout
from .grid import Grid


class RecurrentLayer(nn.Module):
    """One recurrent layer in one direction or both.

    cell (str): Kind of cell, see `cells.CELLS`.
    n_in (int): Width of the input.
    n_hidden (int): Width of the state per direction.
    bidirectional (bool): Whether to read from right to left as well.
    """

    def __init__(self, *, cell: str, n_in: int, n_hidden: int, bidirectional: bool) -> None:
        super().__init__()
        self.left_to_right = make_cell(cell, n_in, n_hidden)
        self.right_to_left = make_cell(cell, n_in, n_hidden) if bidirectional else None

    def forward(
        self,
        x: Tensor,
        rows: Tensor | None,
        grids: Sequence[Grid],
        *,
        recurrent_dropout: float = 0.0,
    ) -> Tensor:
        """Encode tokens in context.

        x (Tensor): Vectors. shape: (rows, n_in).
        rows (Optional[Tensor]): The row of `x` that each token has; without, tokens are rows.
            shape: (tokens,).
        grids (Sequence[Grid]): The layout of the tokens.
        recurrent_dropout (float): Share of the weights of the state to drop.
        RETURNS (Tensor): States in document order. shape: (tokens, n_hidden * directions).
        """
        forward = drop_recurrent(self.left_to_right, recurrent_dropout)
        states = self._run(forward, x, rows, [grid.forward for grid in grids], grids)
        if self.right_to_left is None:
            return states
        backward = drop_recurrent(self.right_to_left, recurrent_dropout)
        reverse = self._run(backward, x, rows, [grid.backward for grid in grids], grids)
        return torch.cat([states, reverse], dim=1)

    def directions(self) -> list[nn.RNNBase]:
        """The cell of each direction, left to right first."""
        cells = self.left_to_right, self.right_to_left
        return [cell for cell in cells if cell is not None]

    def _run(
        self,
        cell: Callable[[Tensor], tuple[Tensor, Any]],
        x: Tensor,
        rows: Tensor | None,
        layouts: Sequence[Tensor],
        grids: Sequence[Grid],
    ) -> Tensor:
        states, tokens = [], []
        for layout, grid in zip(layouts, grids, strict=True):
            flat = layout.flatten()
            inputs = x.index_select(0, flat if rows is None else rows[flat])
            outputs, _ = cell(inputs.view(*layout.shape, -1))
            states.append(outputs.flatten(0, 1).index_select(0, grid.cells))
            tokens.append(flat[grid.cells])
        return torch.cat(states).index_select(0, inverse(torch.cat(tokens)))


class RecurrentEncoder(Learner):
    """Recurrent layers, one on another, with locked dropout before, between and after them.

    cell (str): Kind of cell, see `cells.CELLS`.
    n_in (int): Width of the input.
    n_hidden (int): Width of the state per direction.
    depth (int): Number of layers.
    bidirectional (bool): Whether every layer reads both ways.
    skip (bool): Add each layer's input to its output, through a projection where widths differ.
        He et al. 2016, https://arxiv.org/abs/1512.03385
    clip_value (Optional[float]): Largest size of a single gradient.
    clip_norm (Optional[float]): Largest norm of all gradients together. Pascanu, Mikolov and
        Bengio 2013, https://arxiv.org/abs/1211.5063
    """

    def __init__(
        self,
        *,
        cell: str,
        n_in: int,
        n_hidden: int,
        depth: int = 1,
        bidirectional: bool = True,
        skip: bool = False,
        clip_value: float | None = None,
        clip_norm: float | None = None,
    ) -> None:
        super().__init__()
        self.clip_value = clip_value
        self.clip_norm = clip_norm
        self.n_out = n_hidden * (2 if bidirectional else 1)
        widths = [n_in] + [self.n_out] * (depth - 1)
        self.layers = nn.ModuleList(
            RecurrentLayer(cell=cell, n_in=width, n_hidden=n_hidden, bidirectional=bidirectional)
            for width in widths
        )
        self.shortcuts = nn.ModuleList(
            nn.Identity() if width == self.n_out else nn.Linear(width, self.n_out, bias=False)
            for width in (widths if skip else [])
        )

    def forward(
        self,
        x: Tensor,
        rows: Tensor | None,
        grids: Sequence[Grid],
        sequence: Tensor,
        *,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
    ) -> Tensor:
        """Encode tokens in context.

        x (Tensor): Vectors. shape: (rows, n_in).
        rows (Optional[Tensor]): The row of `x` that each token has; without, tokens are rows.
            shape: (tokens,).
        grids (Sequence[Grid]): The layout of the tokens.
        sequence (Tensor): The sequence that each token is of, ascending. shape: (tokens,).
        dropout (float): Rate of the locked dropout.
        recurrent_dropout (float): Share of the weights of the state to drop.
        RETURNS (Tensor): States in document order. shape: (tokens, n_out).
        """
        n_sequences = int(sequence[-1]) + 1 if dropout > 0.0 else 0
        for i, layer in enumerate(self.layers):
            if rows is not None and (dropout > 0.0 or self.shortcuts):
                x, rows = x.index_select(0, rows), None
            x = locked_dropout(x, sequence, n_sequences, dropout)
            states = layer(x, rows, grids, recurrent_dropout=recurrent_dropout)
            x, rows = self.add_shortcut(i, x, rows, states), None
        return locked_dropout(x, sequence, n_sequences, dropout)

    def recurrent_layers(self) -> list[RecurrentLayer]:
        """The layers, the first one first."""
        return list(cast(Iterable[RecurrentLayer], self.layers))

    def cells(self) -> list[nn.RNNBase]:
        """The cells of all layers and directions."""
        return [cell for layer in self.recurrent_layers() for cell in layer.directions()]

    def add_shortcut(self, layer: int, x: Tensor, rows: Tensor | None, states: Tensor) -> Tensor:
        """Add a layer's input to its output, if layers have shortcuts.

        layer (int): Number of the layer, from 0.
        x (Tensor): Its input. shape: (rows, width).
        rows (Optional[Tensor]): The row of each token; without, tokens are rows. shape: (tokens,).
        states (Tensor): Its output. shape: (tokens, n_out).
        RETURNS (Tensor): shape: (tokens, n_out).
        """
        if not self.shortcuts:
            return states
        return states + self.shortcuts[layer](x if rows is None else x.index_select(0, rows))

    def clip_gradients(self) -> None:
        """Bound the gradients gathered so far, first one by one, then all together."""
        learning = [weights for weights in self.parameters() if weights.grad is not None]
        if self.clip_value is not None and learning:  # torch takes no empty list
            nn.utils.clip_grad_value_(learning, self.clip_value)
        if self.clip_norm is not None:
            nn.utils.clip_grad_norm_(learning, self.clip_norm)
