"""Vectors of the tokens of a batch, as they travel between layers."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, cast, overload

import torch
from thinc.api import Model, torch2xp, xp2torch
from thinc.types import Floats2d
from torch import Tensor


class GrowingTable:
    """Rows that are added to and never change; adding some seldom copies those before."""

    def __init__(self) -> None:
        self._room = torch.empty(0, 0)
        self._rows = 0

    def __len__(self) -> int:
        return self._rows

    @property
    def tensor(self) -> Tensor:
        """The rows so far. shape: (rows, width)."""
        return self._room[: self._rows]

    def append(self, rows: Tensor) -> None:
        """Add rows. shape: (new rows, width)."""
        total = self._rows + len(rows)
        if total > len(self._room):
            # A tensor made in inference mode could not be written to outside of it.
            with torch.inference_mode(False):
                room = rows.new_empty(2 * total, rows.shape[1])
            if self._rows:
                room[: self._rows] = self.tensor
            self._room = room
        self._room[self._rows : total] = rows
        self._rows = total


class TokenVectors(Sequence[Floats2d]):
    """One matrix for a whole batch that reads as a list with one array per document.

    Layers that know it take the tensor as it is, without cutting it up and putting it together
    again, and may repeat rows: a word type that occurs often is one row of `table`. Other layers
    get the list, see `hand_over`.

    table (Tensor): The distinct rows. shape: (rows, width).
    lengths (Sequence[int]): Tokens of each document.
    rows (Optional[Tensor]): The row of each token; without, each token has a row of its own.
        shape: (tokens,).
    origin (Optional[GrowingTable]): What `table` are all rows of, where later batches will bring
        the same rows and more. What is computed of a row may be kept as long as the origin is.
    """

    def __init__(
        self,
        table: Tensor,
        lengths: Sequence[int],
        rows: Tensor | None = None,
        *,
        origin: GrowingTable | None = None,
    ) -> None:
        self.table = table
        self.lengths = lengths
        self.rows = rows
        self.origin = origin
        self._arrays: list[Floats2d] | None = None

    @classmethod
    def of(cls, vectors: Sequence[Floats2d], device: torch.device) -> "TokenVectors":
        """Take vectors as they are, or put a list of arrays into one tensor on a device."""
        if isinstance(vectors, cls):
            return vectors
        lengths = [len(array) for array in vectors]
        tensors = [xp2torch(array, device=device) for array in vectors]
        return cls(torch.cat(tensors) if tensors else torch.zeros(0, 0, device=device), lengths)

    @property
    def width(self) -> int:
        """Width of each vector."""
        return self.table.shape[1]

    def tokens(self) -> Tensor:
        """One row per token, in document order. shape: (tokens, width)."""
        return self.table if self.rows is None else self.table.index_select(0, self.rows)

    def arrays(self) -> list[Floats2d]:
        """One array per document, of 32-bit floats. shape: (tokens of the document, width)."""
        if self._arrays is None:
            parts = self.tokens().detach().float().split(list(self.lengths))
            self._arrays = [cast(Floats2d, torch2xp(part)) for part in parts]
        return self._arrays

    def __len__(self) -> int:
        return len(self.lengths)

    @overload
    def __getitem__(self, i: int) -> Floats2d: ...

    @overload
    def __getitem__(self, i: slice) -> list[Floats2d]: ...

    def __getitem__(self, i: Any) -> Any:
        return self.arrays()[i]

    def __iter__(self) -> Iterator[Floats2d]:
        return iter(self.arrays())


def hand_over(model: Model[Any, Any], vectors: TokenVectors) -> Sequence[Floats2d]:
    """Give a layer's output the form that the next layer knows: whole, or as a list of arrays."""
    return vectors if model.attrs["whole"] else vectors.arrays()


def in_form_of(inputs: Sequence[Floats2d], gradient: TokenVectors) -> Sequence[Floats2d]:
    """Give a gradient the form in which its layer's input came."""
    return gradient if isinstance(inputs, TokenVectors) else gradient.arrays()


def join_layers(model: Model[Any, Any]) -> None:
    """Let neighbours in a chain that both know token vectors hand them over whole."""
    for layer, following in pairwise(model.layers):
        join_layers(layer)
        last = layer
        while last.layers:
            last = last.layers[-1]
        if "whole" in last.attrs and following.attrs.get("takes_whole"):
            last.attrs["whole"] = True
