"""A moving average of a module's weights, which predicts better than the weights of the last step.

Polyak and Juditsky 1992, https://doi.org/10.1137/0330046. How far back it reaches grows with
training, as in the averages that thinc's optimizer can keep.
"""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

MAX_DECAY = 0.9999


class MovingAverage:
    """The average of a module in training, as a module of its own.

    module (nn.Module): The module, after the first step that counts.
    """

    def __init__(self, module: nn.Module) -> None:
        self.module = copy.deepcopy(module)
        self._steps = 1

    def update(self, module: nn.Module) -> None:
        """Take in the weights of the module after a step of training."""
        self._steps += 1
        decay = min((1 + self._steps) / (10 + self._steps), MAX_DECAY)
        with torch.no_grad():
            pairs = zip(self.module.parameters(), module.parameters(), strict=True)
            for mean, weights in pairs:
                mean.lerp_(weights, 1 - decay)

    def grown(self, larger: nn.Module, into: Callable[[Any, Any], None]) -> "MovingAverage":
        """The average of a larger module that the module has become.

        larger (nn.Module): The larger module.
        into (Callable[[nn.Module, nn.Module], None]): Gives a larger module, which comes first, the
            weights of a smaller one.
        """
        average = MovingAverage(larger)
        into(average.module, self.module)
        average._steps = self._steps
        return average
