"""A share of every batch for each process."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from zlib import crc32

from spacy.training import Example
from thinc.api import get_torch_default_device

from ..errors import CodedError, Errors
from .processes import agree, count, rank

Batches = Iterable[list[Example]]

_share: float | None = None


def share_of_batch() -> float:
    """Which part of the batch that is learned now this process has."""
    return 1.0 / count() if _share is None else _share


def make_share_batcher(
    # Not of Batcher: where a config is checked before anything is made, this is a block of it.
    batcher: Any,
) -> Callable[[Iterable[Example]], Iterator[list[Example]]]:
    """Divide each batch among the processes that train together.

    All of them read the whole corpus in the same order, so all make the same number of steps, and
    a step is that of the whole batch. Shares have about as many words each.

    batcher (Callable[[Iterable[Example]], Iterable[List[Example]]]): Makes batches.
    RETURNS (Callable[[Iterable[Example]], Iterator[List[Example]]]): Makes shares of batches.
    """

    def share(examples: Iterable[Example]) -> Iterator[list[Example]]:
        global _share
        for batch in _of_at_least(count(), batcher(examples)):
            _check(batch)
            ordered = sorted(batch, key=len, reverse=True)
            own = ordered[rank() :: count()]
            _share = len(own) / len(batch)
            yield own

    return share


def _of_at_least(least: int, batches: Batches) -> Iterator[list[Example]]:
    """Batches, where those of too few examples go together with others."""
    waiting: list[Example] = []
    for batch in batches:
        if len(waiting) >= least and len(batch) >= least:
            yield waiting
            waiting = []
        waiting += batch
    if len(waiting) < least:
        raise CodedError(Errors.E322.format(examples=len(waiting), processes=least))
    yield waiting


def _check(batch: list[Example]) -> None:
    """See that all processes have the same batch."""
    if count() > 1:
        number = crc32("\n".join(example.text for example in batch).encode())
        if not agree(number, get_torch_default_device()):
            raise CodedError(Errors.E323)
