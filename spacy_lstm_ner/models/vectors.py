"""Vectors of the tokens of a batch, as they travel between layers.

Layers of this package can pass a whole batch on as one tensor; those of spaCy know lists with one
array per document. The form of what a layer gives follows the form of what it was given, so that
neighbours need not know of each other: `DocBatch` asks for the tensor, a plain list for a list.
"""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, cast, overload

import torch
from spacy.tokens import Doc
from thinc.api import Model, torch2xp, xp2torch
from thinc.types import Floats2d
from torch import Tensor

from ..nn.words import WordRows
from .shim import ModuleShim


class DocBatch(list[Doc]):
    """Documents whose vectors are wanted as one `TokenVectors`."""


class ArrayPerDoc(Sequence[Floats2d]):
    """A batch that reads as a list with one array per document, made when it is asked for.

    lengths (Sequence[int]): Tokens of each document.
    """

    lengths: Sequence[int]

    @abstractmethod
    def arrays(self) -> list[Floats2d]:
        """One array per document. shape: (tokens of the document, width)."""

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


class TokenVectors(ArrayPerDoc):
    """One matrix for a whole batch that reads as a list with one array per document.

    Layers that know it take the tensor as it is, without cutting it up and putting it together
    again, and rows may be repeated: a word that occurs often is one row of `values`.

    values (Tensor): The distinct rows. shape: (rows, width).
    lengths (Sequence[int]): Tokens of each document.
    indices (Optional[Tensor]): The row of each token; without, each token has a row of its own.
        shape: (tokens,).
    words (Optional[WordRows]): Where the rows are from, if later batches will bring the same ones
        and more: what is computed of a row alone may be kept there.
    """

    def __init__(
        self,
        values: Tensor,
        lengths: Sequence[int],
        indices: Tensor | None = None,
        *,
        words: WordRows | None = None,
    ) -> None:
        self.values = values
        self.lengths = lengths
        self.indices = indices
        self.words = words
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
        return self.values.shape[1]

    def tokens(self) -> Tensor:
        """One row per token, in document order. shape: (tokens, width)."""
        return self.values if self.indices is None else self.values.index_select(0, self.indices)

    def arrays(self) -> list[Floats2d]:
        """One array per document, of 32-bit floats. shape: (tokens of the document, width)."""
        if self._arrays is None:
            parts = self.tokens().detach().float().split(list(self.lengths))
            self._arrays = [cast(Floats2d, torch2xp(part)) for part in parts]
        return self._arrays


def in_form_of(inputs: Sequence[Any], vectors: TokenVectors) -> Sequence[Floats2d]:
    """Give vectors, or gradients, the form in which a layer's input came."""
    return vectors if isinstance(inputs, TokenVectors | DocBatch) else vectors.arrays()


def speaks_token_vectors(model: Model[Any, Any]) -> bool:
    """Whether all layers of a model are of this package, and so follow the form of their input."""
    if model.layers:
        return all(map(speaks_token_vectors, model.layers))
    return bool(model.shims) and isinstance(model.shims[0], ModuleShim)
