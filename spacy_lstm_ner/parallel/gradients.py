"""Gradients of a module that are those of all processes together."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..errors import CodedError, Errors
from .processes import add_up, maximize


def add_up_gradients(module: nn.Module, number: int = 0) -> None:
    """Make each gradient of a module the sum over processes, where any of them has one.

    Of a sparse gradient, only rows are sent that some process has.

    module (nn.Module): The module.
    number (int): What must be the same everywhere, such as a digest of its shapes.
    RAISES (ValueError): It is not, or another process has ended.
    """
    dense, sparse = _of_any(module, number)
    tables = _known_everywhere(sparse)
    values = [_dense_of(weights) for weights in dense]
    values += [_rows_of(weights, rows) for weights, rows in zip(sparse, tables, strict=True)]
    if not values:
        return
    together = torch.cat([value.flatten() for value in values])
    add_up(together)
    sums = together.split([value.numel() for value in values])
    found = [total.view_as(value) for total, value in zip(sums, values, strict=True)]
    for weights, gradient in zip(dense, found, strict=False):
        weights.grad = gradient
    for weights, rows, of_rows in zip(sparse, tables, found[len(dense) :], strict=True):
        weights.grad = torch.sparse_coo_tensor(
            rows[None], of_rows, weights.shape, is_coalesced=True, check_invariants=False
        )


def _of_any(module: nn.Module, number: int) -> tuple[list[Tensor], list[Tensor]]:
    """Weights that have a dense gradient in some process, and those that have a sparse one."""
    parameters = list(module.parameters())
    told = [number, -number]
    for weights in parameters:
        gradient = weights.grad
        told += [gradient is not None and not gradient.is_sparse]
        told += [gradient is not None and gradient.is_sparse]
    device = parameters[0].device if parameters else torch.device("cpu")
    found = torch.tensor(told, dtype=torch.int64, device=device)
    maximize(found)
    largest, smallest, *kinds = found.tolist()
    if largest != -smallest:
        shapes = [tuple(weights.shape) for weights in parameters]
        raise CodedError(Errors.E321.format(name=type(module).__name__, shape=shapes))
    pairs = list(zip(parameters, kinds[::2], kinds[1::2], strict=True))
    return [w for w, dense, _ in pairs if dense], [w for w, _, sparse in pairs if sparse]


def _known_everywhere(sparse: Sequence[Tensor]) -> list[Tensor]:
    """Of each table, the rows of which some process has a gradient. shape: (rows,)."""
    if not sparse:
        return []
    found = torch.cat([torch.zeros(len(w), dtype=torch.int32, device=w.device) for w in sparse])
    marks = found.split([len(w) for w in sparse])
    for weights, mark in zip(sparse, marks, strict=True):
        if weights.grad is not None:
            weights.grad = weights.grad.coalesce()
            mark[weights.grad.indices()[0]] = 1
    add_up(found)
    return [mark.nonzero().flatten() for mark in marks]


def _dense_of(weights: Tensor) -> Tensor:
    return torch.zeros_like(weights) if weights.grad is None else weights.grad


def _rows_of(weights: Tensor, rows: Tensor) -> Tensor:
    """Some rows of a sparse gradient, which is coalesced. shape: (rows, width)."""
    values = weights.new_zeros(len(rows), *weights.shape[1:])
    if weights.grad is not None:
        own = weights.grad
        values[torch.searchsorted(rows, own.indices()[0])] = own.values()
    return values
