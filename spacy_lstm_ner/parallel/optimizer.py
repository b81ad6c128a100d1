"""An optimizer that steps by what all processes have learned of a batch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet
from zlib import crc32

import numpy as np
import torch
from thinc.api import Optimizer, xp2torch
from torch import nn

from ..errors import CodedError, Errors
from ..types import Exchange
from .blocks import check_blocks, note_block
from .gradients import add_up_gradients
from .processes import add_up, agree, count, exchange, rank


class DataParallel(Optimizer):
    """Another optimizer, which gets gradients that are added up over all processes.

    All start from the same weights and make the same steps, so they stay the same.

    optimizer (Optimizer): The optimizer whose place this takes.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        for name in Optimizer.__slots__:
            setattr(self, name, getattr(optimizer, name))
        self._known: WeakSet[nn.Module] = WeakSet()
        self._begun = self._added_up = False

    def __call__(
        self, key: tuple[int, str], weights: Any, gradient: Any, *, lr_scale: float = 1.0
    ) -> tuple[Any, Any]:
        """Change weights by a gradient, as any optimizer does.

        RAISES (ValueError): The processes do not change the same weights, or one has ended.
        """
        if not self._added_up and count() > 1:
            self._begin()
            self._add_up(key, weights, gradient)
        return super().__call__(key, weights, gradient, lr_scale=lr_scale)

    @contextmanager
    def added_up(
        self, module: nn.Module, *, gather: Callable[[Exchange], None] | None = None
    ) -> Iterator[None]:
        """Within, the gradients of a module are those of all processes, and are not added again.

        All go at once, which takes less time than one by one, and who bounds them has them whole.

        module (nn.Module): The module.
        gather (Optional[Callable]): Is given the function by which processes exchange what else
            they have.
        RAISES (ValueError): The processes do not have the same module, or one has ended.
        """
        if count() > 1:
            self._begin()
            add_up_gradients(module, self._number(module))
            self._known.add(module)
            if gather is not None:
                gather(exchange)
        self._added_up = True
        try:
            yield
        finally:
            self._added_up = False

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            check_blocks()
            _draw_own_noise()  # not before the first step: weights are drawn before it

    def _add_up(self, key: tuple[int, str], weights: Any, gradient: Any) -> None:
        tensor = xp2torch(gradient)
        number = _digest(key[1], weights, whole=key not in self.nr_update)
        if not agree(number, tensor.device):
            raise CodedError(Errors.E321.format(name=key[1], shape=tuple(gradient.shape)))
        together = tensor.contiguous()
        add_up(together)
        if together is not tensor:
            tensor.copy_(together)

    def _number(self, module: nn.Module) -> int:
        """What tells a module from another, and at first its weights too."""
        number, first = 0, module not in self._known
        for name, weights in module.named_parameters():
            number = _digest(name, weights.detach(), whole=first, before=number)
        return number


def make_data_parallel(optimizer: Optimizer) -> DataParallel:
    """Train with several processes, which torch's launcher starts: `torchrun ... -m spacy train`.

    Gradients are added up before the optimizer steps, whichever component they are of: as they are
    over the documents of a batch, and over the parts of a batch with `accumulate_gradient`.

    optimizer (Optimizer): The optimizer.
    RETURNS (DataParallel): The optimizer, of all processes together.
    """
    note_block("training.optimizer")
    return DataParallel(optimizer)


def _draw_own_noise() -> None:
    """Let what is random in a step differ; all processes have drawn the same so far."""
    seed = int(np.random.randint(2**31)) + rank()
    np.random.seed(seed)
    torch.manual_seed(seed)


def _digest(name: str, weights: Any, *, whole: bool, before: int = 0) -> int:
    """What tells weights from others: their name and shape, as a whole what is in them too."""
    number = crc32(f"{name} {tuple(weights.shape)}".encode(), before)
    return crc32(_bytes(weights), number) if whole else number


def _bytes(array: Any) -> bytes:
    return array.cpu().numpy().tobytes() if isinstance(array, torch.Tensor) else array.tobytes()
