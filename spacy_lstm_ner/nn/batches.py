"""Batches of bounded size."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

ItemT = TypeVar("ItemT")


def batched(
    items: Iterable[ItemT], size: Callable[[ItemT], int], *, most: int
) -> Iterator[list[ItemT]]:
    """Batch items in their order; one that is too large is a batch of its own.

    items (Iterable[ItemT]): The items.
    size (Callable[[ItemT], int]): How large one is.
    most (int): How large a batch of several may be.
    YIELDS (List[ItemT]): The batches, none of them empty.
    """
    batch: list[ItemT] = []
    total = 0
    for item in items:
        length = size(item)
        if batch and total + length > most:
            yield batch
            batch, total = [], 0
        batch.append(item)
        total += length
    if batch:
        yield batch
