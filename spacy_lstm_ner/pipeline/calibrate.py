"""Fitting the calibration of a component on annotated text that it was not trained on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from spacy.training import Example

from ..errors import CodedError, Errors
from ..training.calibration import Calibration
from ..training.operating_points import fit_point
from ..training.outcomes import Outcomes
from ..training.recalibration import fit_lines, fit_temperature
from ..types import Doubles
from .annotation import reference_labels
from .lstm_ner import LSTMEntityRecognizer
from .observing import observe
from .policy import PROMISED

# With fewer mentions, the temperature would be that of chance.
FEWEST = 50


@dataclass(frozen=True)
class Wish:
    """What is to be promised.

    kind (str): "precision" or "recall".
    level (float): How much of it.
    confidence (float): The probability with which the promise is to hold.
    per_label (bool): Whether for each label, or for all entities together.
    RAISES (ValueError): The kind is another, or a number is not between 0 and 1.
    """

    kind: str
    level: float
    confidence: float
    per_label: bool

    def __post_init__(self) -> None:
        if self.kind not in PROMISED:
            expected = " or ".join(f'"{kind}"' for kind in PROMISED)
            message = Errors.E034.format(name="kind", value=repr(self.kind), expected=expected)
            raise CodedError(message)
        for name, value in ((self.kind, self.level), ("confidence", self.confidence)):
            if not 0.0 < value < 1.0:  # neither of which can be promised
                expected = "a number between 0 and 1, such as 0.95"
                raise CodedError(Errors.E034.format(name=name, value=value, expected=expected))


@dataclass(frozen=True)
class Fit:
    """What was fitted, and what difference it makes.

    calibration (Calibration): What was fitted.
    before (Outcomes): With probabilities as they were.
    after (Outcomes): With probabilities that are corrected by what was fitted on the other half of
        the documents.
    """

    calibration: Calibration
    before: Outcomes
    after: Outcomes


def calibrate(
    ner: LSTMEntityRecognizer,
    examples: Iterable[Example],
    *,
    wishes: Sequence[Wish] = (),
    text: str = "",
) -> Fit:
    """Fit the calibration of a component, and set it.

    The most probable readings stay what they are; operating points that were fitted before do not.

    ner (LSTMEntityRecognizer): The component. If anything is wrong, it stays what it was.
    examples (Iterable[Example]): Annotated documents that the component was not trained on; the
        predicted ones as earlier components leave them.
    wishes (Sequence[Wish]): What is to be promised, of each kind once.
    text (str): The name of the documents, for the record.
    RETURNS (Fit): What was fitted.
    RAISES (ValueError): The annotation has no entities, or labels that the component lacks, or it
        is too little for a promise.
    """
    ner.require_initialized()
    examples = list(examples)
    _check_labels(ner, examples)
    observations = observe(ner.model, ner.scheme, examples)
    before = Outcomes.join([seen.outcomes(1.0) for seen in observations]) if observations else None
    mentions = int(before.mentions.sum()) if before is not None else 0
    if before is None or mentions < FEWEST:
        raise CodedError(Errors.E168.format(name=ner.name, found=mentions, needed=FEWEST))
    temperature = fit_temperature(lambda factor: sum(seen.loss(factor) for seen in observations))
    scaled = Outcomes.join([seen.outcomes(temperature) for seen in observations])
    calibration = _fit(scaled, temperature)
    corrected = scaled.corrected(calibration)
    points = {
        wish.kind: fit_point(
            corrected, wish.kind, wish.level, wish.confidence, per_label=wish.per_label, text=text
        )
        for wish in wishes
    }
    ner.calibration = replace(calibration, points=points)
    return Fit(ner.calibration, before, _cross_fitted(scaled, temperature))


def _fit(outcomes: Outcomes, temperature: float) -> Calibration:
    return fit_lines(
        temperature, outcomes.spans, outcomes.probability, outcomes.right, outcomes.labels
    )


def _cross_fitted(outcomes: Outcomes, temperature: float) -> Outcomes:
    """Correct each half of the documents by what was fitted on the other half."""
    halves = np.arange(len(outcomes.mentions)) % 2 == 0, np.arange(len(outcomes.mentions)) % 2 == 1
    probability: Doubles = np.empty_like(outcomes.probability)
    for half, other in (halves, halves[::-1]):
        fitted = _fit(outcomes.of_documents(other), temperature)
        corrected = outcomes.corrected(fitted).probability
        here = half[outcomes.document]
        probability[here] = corrected[here]
    return replace(outcomes, probability=probability)


def _check_labels(ner: LSTMEntityRecognizer, examples: Sequence[Example]) -> None:
    found = reference_labels(examples)
    known = ner.scheme.labels
    unknown = [label for label in found if label not in known]
    if unknown:
        message = Errors.E163.format(
            name=ner.name, unknown=", ".join(unknown), labels=", ".join(known)
        )
        raise CodedError(message)
    if not found:
        raise CodedError(Errors.E162.format(name=ner.name, labels=", ".join(known)))
