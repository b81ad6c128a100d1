"""A share of every batch for each process."""

import random
from collections.abc import Callable, Iterable, Iterator
from itertools import cycle
from typing import Any
from zlib import crc32

from spacy.training import Example
from thinc.api import get_torch_default_device

from ..errors import CodedError, Errors
from .blocks import check_blocks, note_block
from .processes import agree, count, rank

Batches = Iterable[list[Example]]

_share = 1.0


def share_of_batch() -> float:
    """Which part of the batch that is learned now this process has."""
    return _share


def make_share_batcher(
    # Any: a config is checked with its blocks as they are written, before they are made.
    batcher: Any,
) -> Callable[[Iterable[Example]], Iterator[list[Example]]]:
    """Divide each batch among the processes that train together.

    All of them read the whole corpus in the same order, so all make the same number of steps, and
    a step is that of the whole batch. Shares have about as many words each.

    batcher (Callable[[Iterable[Example]], Iterable[List[Example]]]): Makes batches.
    RETURNS (Callable[[Iterable[Example]], Iterator[List[Example]]]): Makes shares of batches.
    """
    note_block("training.batcher")

    def share(examples: Iterable[Example]) -> Iterator[list[Example]]:
        global _share
        for batch in _read_alike(_of_at_least(count(), batcher(examples))):
            _check(batch)
            own = _deal(batch)
            _share = len(own) / len(batch)
            yield own

    return share


def _read_alike(batches: Iterator[list[Example]]) -> Iterator[list[Example]]:
    """Batches, read with random numbers that are the same in all processes.

    Python's are what corpora are shuffled and augmented by; what components draw of them between
    two batches depends on the share.
    """
    alike = random.getstate()
    while True:
        own = random.getstate()
        random.setstate(alike)
        batch = next(batches, None)
        alike = random.getstate()
        if batch is None:
            return  # the corpus is shuffled next
        random.setstate(own)
        yield batch


def _deal(batch: list[Example]) -> list[Example]:
    """The share of this process: of the longest first, back and forth, so that none has more."""
    ordered = sorted(batch, key=len, reverse=True)
    turns, own = [*range(count()), *reversed(range(count()))], rank()
    return [example for example, turn in zip(ordered, cycle(turns), strict=False) if turn == own]


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
        check_blocks()
        number = crc32("\n".join(example.text for example in batch).encode())
        if not agree(number, get_torch_default_device()):
            raise CodedError(Errors.E323)
