"""What came of trainings with several seeds: mean and deviation of each measure."""

import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from ...errors import CodedError, Errors
from ..outputs import replaced
from .training import Training

# Measures of a training: what `spacy evaluate` says, minutes and steps.
Measures: TypeAlias = Mapping[str, Any]
ENTITIES = ("ents_f", "ents_p", "ents_r")
OTHERS = ("steps", "minutes", "speed")
PER_TYPE = "ents_per_type"
HEADER = ("config", "seeds", "F1 (%)", "precision", "recall", "steps", "minutes", "words/s")
FORMATS = (",.0f", ",.1f", ",.0f")  # of OTHERS


class Spread(NamedTuple):
    """Mean and deviation of a measure over seeds.

    mean (float): The mean.
    deviation (Optional[float]): The standard deviation of a sample; None of a single value.
    """

    mean: float
    deviation: float | None


@dataclass(frozen=True)
class Result:
    """What came of a config.

    runs (Mapping[int, Measures]): Of each training that is done, by its seed.
    """

    runs: Mapping[int, Measures]

    def spread(self, name: str) -> Spread | None:
        """Mean and deviation of a measure, over the trainings that have it; None if none has."""
        return _spread(run.get(name) for run in self.runs.values())

    def spread_of_label(self, label: str, name: str) -> Spread | None:
        """The same of a measure of a label: "f", "p" or "r"."""
        return _spread(_of_labels(run).get(label, {}).get(name) for run in self.runs.values())

    @property
    def labels(self) -> list[str]:
        """The labels that a training has a measure of."""
        return sorted({label for run in self.runs.values() for label in _of_labels(run)})

    def to_json(self) -> dict[str, Any]:
        """The numbers, as they can be written to a file."""
        names = (*ENTITIES, *OTHERS)
        return {
            **{name: _told(self.spread(name)) for name in names},
            PER_TYPE: {
                label: {name: _told(self.spread_of_label(label, name)) for name in ("p", "r", "f")}
                for label in self.labels
            },
            "seeds": self.runs,
        }


def read_results(trainings: Sequence[Training]) -> Result:
    """What came of trainings by one config, those that are done.

    RAISES (ValueError): A file cannot be read.
    """
    return Result({one.seed: _read(one.scores) for one in trainings if one.is_done})


def write_results(path: Path, results: Mapping[str, Result]) -> None:
    """Write what came of each config, by its name."""
    told = {name: result.to_json() for name, result in results.items()}
    with replaced(path) as file:
        file.write(json.dumps(told, indent=2, ensure_ascii=False).encode() + b"\n")


def rows_of(results: Mapping[str, Result]) -> Iterator[tuple[str, ...]]:
    """The rows of a table, one for each config, under HEADER."""
    for name, result in results.items():
        entities = (_percent(result.spread(key)) for key in ENTITIES)
        others = (_mean(result.spread(key), f) for key, f in zip(OTHERS, FORMATS, strict=True))
        yield (name, str(len(result.runs)), *entities, *others)


def _read(path: Path) -> Measures:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise CodedError(Errors.E344.format(path=path, error=error)) from error


def _of_labels(run: Measures) -> Mapping[str, Mapping[str, float]]:
    return run.get(PER_TYPE) or {}


def _spread(values: Iterator[float | None]) -> Spread | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    return Spread(statistics.mean(known), statistics.stdev(known) if len(known) > 1 else None)


def _told(spread: Spread | None) -> dict[str, float | None] | None:
    return None if spread is None else spread._asdict()


def _percent(spread: Spread | None) -> str:
    if spread is None:
        return "-"
    mean = f"{100 * spread.mean:.2f}"
    return mean if spread.deviation is None else f"{mean} ± {100 * spread.deviation:.2f}"


def _mean(spread: Spread | None, format: str) -> str:
    return "-" if spread is None else f"{spread.mean:{format}}"
