"""What is possible in documents, and how probable each of it is."""

from dataclasses import dataclass
from functools import cached_property

from ..models.scores import Scores
from ..nn.crf.lattice import Lattice
from ..tags import TagScheme
from ..training.calibration import UNCORRECTED, Calibration
from .annotation import Annotation
from .evidence import possible_readings
from .forecast import Forecast, calibrated


@dataclass(frozen=True)
class Possibilities:
    """What is possible in a batch of documents, each with at least one token.

    lattice (Lattice): All tag sequences that go with what is set on the documents, by their scores.
    annotation (Annotation): What is set on them already.
    calibration (Calibration): Corrects probabilities.
    """

    lattice: Lattice
    annotation: Annotation
    calibration: Calibration = UNCORRECTED

    @classmethod
    def of(
        cls,
        scores: Scores,
        annotation: Annotation,
        scheme: TagScheme,
        *,
        calibration: Calibration = UNCORRECTED,
    ) -> "Possibilities":
        """Find what is possible by the scores of documents."""
        return cls(possible_readings(scores, annotation, scheme), annotation, calibration)

    @cached_property
    def calibrated(self) -> Lattice:
        """The tag sequences with their probabilities."""
        return calibrated(self.lattice, self.annotation.preset, self.calibration)

    @cached_property
    def forecast(self) -> Forecast:
        """The probabilities of spans."""
        return Forecast(self.calibrated, self.annotation.free_space, self.calibration)
