"""Why plain recurrent networks forget: how much of a token's loss reaches the states before it.

The gradient of a loss by the state k tokens earlier is a product of k derivatives. Where they are
below 1 it vanishes with k, and the network does not learn what depends on words so far back; where
they are above 1 it explodes, and the network learns nothing (Bengio, Simard and Frasconi 1994,
https://doi.org/10.1109/72.279181; Pascanu, Mikolov and Bengio 2013,
https://arxiv.org/abs/1211.5063).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
import torch
from spacy.language import Language
from spacy.training import Example
from torch import Tensor
from torch.nn.functional import pad

from ..nn.lstm.reference import unroll_encoder
from ..nn.lstm.through_time import gradient_norms
from ..types import Doubles, Ints
from . import drawing
from .encoders import DIRECTIONS, find_encoder
from .token_loss import make_loss_gradient

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Longer documents are read in windows of as many tokens: no lag is longer.
LONGEST = 256
# Lags at which fewer tokens have an earlier state are left out.
FEWEST = 30
# The regime goes by what is left after so many tokens: less than a tenth, or more than ten times.
DISTANCE, CHANGE = 20, 10.0
# Names of more models than that stand beside a panel.
MOST_INSIDE = 3
# What is smaller is not drawn.
SMALLEST = 1e-12


@dataclass(frozen=True)
class Flow:
    """How gradients flow back through one layer in one direction.

    They are relative to the gradient at the token itself, so that tokens and models compare.

    layer (int): Its number, from 1.
    direction (str): How it reads: "left to right" or "right to left".
    tokens (Ints): How many tokens have a state so many tokens back, by lag from 0. shape: (lags,).
    low, median, high (Doubles): Quartiles over these tokens. shape: (lags,).
    """

    layer: int
    direction: str
    tokens: Ints
    low: Doubles
    median: Doubles
    high: Doubles

    @property
    def rate(self) -> float:
        """The factor per token: that of the exponential that fits the medians best, or NaN."""
        lags = np.flatnonzero(self.median > 0)
        lags = lags[lags > 0]
        if len(lags) < 2:
            return float("nan")
        slope, _ = np.polyfit(lags, np.log(self.median[lags]), 1)
        return float(np.exp(slope))

    @property
    def regime(self) -> str:
        """The rate in a word."""
        change = self.rate**DISTANCE
        if np.isnan(change):
            return "unknown"
        if change < 1 / CHANGE:
            return "vanishing"
        return "exploding" if change > CHANGE else "stable"


def gradient_flow(
    nlp: Language, examples: Iterable[Example], *, name: str | None = None
) -> list[Flow]:
    """Measure how gradients flow back through the encoder of a pipeline.

    nlp (Language): The pipeline.
    examples (Iterable[Example]): Documents as the component with the encoder is to see them, and
        their annotation. Of longer documents than LONGEST, windows of that many tokens.
    name (Optional[str]): The component, if several have an encoder.
    RETURNS (List[Flow]): Layer by layer, left to right first.
    RAISES (ValueError): There is no encoder.
    """
    place = find_encoder(nlp, name)
    loss_gradient = make_loss_gradient(nlp, place)
    exact = place.exact()
    found: list[list[list[Tensor]]] = []
    for example in examples:
        (vectors,) = place.read([example.predicted])
        windows = vectors.split(LONGEST)
        with torch.no_grad():
            states = [unroll_encoder(exact, window).states for window in windows]
        d_states = loss_gradient(example, torch.cat(states)).split(LONGEST)
        for window, d_window in zip(windows, d_states, strict=True):
            found.append(gradient_norms(exact, window, d_window))
    return [
        _summarize([window[layer][i] for window in found], layer + 1, direction)
        for layer, directions in enumerate(found[0] if found else [])
        for i, direction in enumerate(DIRECTIONS[: len(directions)])
    ]


def _summarize(windows: Sequence[Tensor], layer: int, direction: str) -> Flow:
    """Put together what was measured in windows. shape of each: (tokens, lags)."""
    most = max(len(norms) for norms in windows)
    rows = torch.cat(
        [pad(norms / norms[:, :1], (0, most - len(norms)), value=torch.nan) for norms in windows]
    )
    relative = rows.masked_fill(rows.isinf(), torch.nan).numpy()  # no gradient at the token itself
    tokens = np.count_nonzero(~np.isnan(relative), axis=0)
    # One lag after the other: numpy gives nothing for no lags at all.
    columns = relative[:, tokens >= FEWEST].T
    quartiles = np.array([np.nanquantile(column, (0.25, 0.5, 0.75)) for column in columns])
    low, median, high = quartiles.reshape(-1, 3).T
    return Flow(layer, direction, tokens[tokens >= FEWEST], low, median, high)


def draw(flows: Mapping[str, Sequence[Flow]]) -> "Figure":
    """Draw flows: a panel for each layer and direction, in it a curve for each model.

    flows (Mapping[str, Sequence[Flow]]): What `gradient_flow` gave, by the name of the model.
    RETURNS (Figure): The figure, of matplotlib. The band around a curve is half of the tokens.
    RAISES (ValueError): Matplotlib is not installed.
    """
    panels = list(
        dict.fromkeys((flow.layer, flow.direction) for one in flows.values() for flow in one)
    )
    width = 4.5 if len(flows) <= MOST_INSIDE else 6.5
    figure, all_axes = drawing.figure(1.0 + width * len(panels), 4.2, columns=len(panels))
    for axes, (layer, direction) in zip(all_axes, panels, strict=True):
        for (name, of_model), color in zip(flows.items(), cycle(drawing.COLORS)):
            for flow in of_model:
                if (flow.layer, flow.direction) == (layer, direction):
                    _draw_flow(axes, flow, name, color)
        axes.set(yscale="log", xlabel="tokens back, in the order of reading")
        axes.set_title(f"layer {layer}, {direction}", fontsize=10)
        inside = len(flows) <= MOST_INSIDE
        place = {"loc": "lower left"} if inside else {"loc": "upper left", "bbox_to_anchor": (1, 1)}
        axes.legend(frameon=False, fontsize=8, **place)
    low, high = all_axes[0].get_ylim()  # which all panels share
    all_axes[0].set_ylim(max(SMALLEST, low), min(1 / SMALLEST, high))
    all_axes[0].set_ylabel("gradient, relative to that at the token")
    return figure


def _draw_flow(axes: "Axes", flow: Flow, name: str, color: str) -> None:
    lags = np.arange(len(flow.median))
    # There is no rate where nothing flows, or over too few tokens.
    told = name if np.isnan(flow.rate) else f"{name}: {flow.rate:.2f} a token"
    axes.plot(lags, flow.median, color=color, linewidth=1.4, label=told)
    axes.fill_between(lags, flow.low, flow.high, color=color, alpha=0.12, linewidth=0)
