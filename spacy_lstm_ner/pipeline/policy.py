"""Which spans become entities, and what is told of their probabilities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import CodedError, Errors
from ..settings import check_number
from ..training.calibration import Point, cuts_of
from ..types import Doubles

BALANCED = "balanced"
PROMISED = ("precision", "recall")  # modes that `calibrate` fits
MODES = (BALANCED, *PROMISED)
# Spans of less are not looked for: there are no more than a thousand for each entity above it.
LOWEST = 0.001
# The settings of the component that make up a policy, with their defaults.
SETTINGS: Mapping[str, Any] = {
    "mode": BALANCED,
    "threshold": 0.0,
    "spans_key": None,
    "candidates_key": None,
    "min_probability": 0.1,
}


@dataclass(frozen=True)
class Policy:
    """What to decide and what to tell.

    cuts (Optional[Mapping[str, float]]): Probability above which it pays to predict an entity of a
        label; that of "" is meant for all other labels. The spans are chosen that gain most by it
        together. None for the most probable tag sequence instead.
    threshold (float): Entities of lower probability are dropped.
    spans_key (Optional[str]): Where entities go with their probabilities; None if nowhere.
    candidates_key (Optional[str]): Where all likely spans go, overlapping ones too; None if
        nowhere.
    min_probability (float): What a span must have to be likely.
    """

    cuts: Mapping[str, float] | None = None
    threshold: float = 0.0
    spans_key: str | None = None
    candidates_key: str | None = None
    min_probability: float = 0.1

    @classmethod
    def read(
        cls, settings: Mapping[str, Any], points: Mapping[str, Point], *, name: str
    ) -> "Policy":
        """Make a policy of the settings of a component.

        settings (Mapping[str, Any]): The settings, those of SETTINGS among them.
        points (Mapping[str, Point]): The operating points of the modes that were fitted.
        name (str): Name of the component, for the messages of errors.
        RAISES (ValueError): A setting has a value that it cannot have, or the mode was not fitted.
        """
        check_settings(settings, name=name)
        mode = settings["mode"]
        cuts: Mapping[str, float] | None = None
        if not isinstance(mode, str):
            cuts = {"": max(float(mode), LOWEST)}
        elif mode != BALANCED:
            if mode not in points:
                raise CodedError(Errors.E153.format(name=name, mode=mode))
            cuts = points[mode].cuts
        return cls(cuts=cuts, **{key: settings[key] for key in SETTINGS if key != "mode"})

    @property
    def needs_probabilities(self) -> bool:
        """Whether anything depends on them; the best path by itself does not."""
        told = self.spans_key is not None or self.candidates_key is not None
        return told or self.cuts is not None or self.threshold > 0.0

    def cuts_of(self, labels: Sequence[str]) -> Doubles:
        """The cut of each label. shape: (labels,)."""
        assert self.cuts is not None
        return cuts_of(self.cuts, labels)


# The best path, and nothing told of it.
BEST_PATH = Policy()


def check_settings(settings: Mapping[str, Any], *, name: str) -> None:
    """Check all that can be told of the settings without what was fitted.

    settings (Mapping[str, Any]): The settings, those of SETTINGS among them.
    name (str): Name of the component, for the messages of errors.
    RAISES (ValueError): A setting has a value that it cannot have.
    """
    check_number("threshold", settings["threshold"], 0, 1)
    check_number("min_probability", settings["min_probability"], LOWEST, 1)
    keys = settings["spans_key"], settings["candidates_key"]
    for key in keys:
        if key is not None and not (isinstance(key, str) and key):
            raise CodedError(Errors.E150.format(name=name, key=key))
    if keys[0] is not None and keys[0] == keys[1]:
        raise CodedError(Errors.E151.format(name=name, key=keys[0]))
    mode = settings["mode"]
    if not isinstance(mode, str):
        check_number("mode", mode, 0, 1)
    elif mode not in MODES:
        raise CodedError(Errors.E152.format(mode=mode, modes=", ".join(map(repr, MODES))))
