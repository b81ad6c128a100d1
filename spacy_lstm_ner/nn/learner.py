"""Modules that have a say in how they are trained."""

from typing import Any

from torch import nn

from ..types import Exchange


class Learner(nn.Module):
    """A module whose training calls what is here, in this order; by itself, nothing is special."""

    def gather(self, exchange: Exchange) -> None:
        """Hear of other processes, that train the same weights, what gradients do not say.

        exchange (Callable[[List[str]], List[List[str]]]): Gives what each process has.
        """

    def clip_gradients(self) -> None:
        """Bound the gradients gathered so far."""

    @property
    def step(self) -> float:
        """How long a step of training is, as a multiple of the optimizer's."""
        return 1.0

    def finish_update(self, average: Any = None) -> None:
        """Do what there is to do after a step.

        average (Optional[Learner]): An average of this one, which is to do it too.
        """

    def grown(self) -> dict[str, Any]:
        """What training has changed of the settings that this was made with."""
        return {}
