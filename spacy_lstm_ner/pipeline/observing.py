"""Annotated documents beside what a component forecasts of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from spacy.training import Example

from ..models.tagger import TaggerT
from ..nn.crf.lattice import Lattice
from ..tags import Spans, TagScheme
from ..training.calibration import UNCORRECTED
from ..training.outcomes import Outcomes
from ..types import Bools, Ints
from .annotation import Annotation, read_annotation, trim_whitespace
from .batching import by_tokens, most_tokens, score
from .evidence import Evidence, possible_readings, reference_evidence
from .forecast import Forecast

# Spans of less probability are not looked at.
LEAST = 0.01


@dataclass(frozen=True)
class Observation:
    """A batch of documents.

    lattice (Lattice): What is possible in them, as in a prediction.
    annotation (Annotation): What earlier components set on them.
    gold (Evidence): What their annotation says; nothing of what was set before.
    """

    lattice: Lattice
    annotation: Annotation
    gold: Evidence

    def loss(self, factor: float) -> float:
        """Negative log-likelihood of the annotation with scores that are multiplied."""
        found = self.lattice.scale(factor).log_probability(self.gold.mask)
        return -float(found[torch.isfinite(found)].double().sum())

    def outcomes(self, temperature: float) -> Outcomes:
        """All spans that are likely or predicted, with what came of them.

        Left out are entities that were set before, and whatever has a token of which the annotation
        does not say whether it is in an entity of that label.

        temperature (float): What to divide scores by.
        """
        scheme, annotation = self.lattice.scheme, self.annotation
        space = annotation.free_space
        forecast = Forecast(self.lattice.scale(1.0 / temperature), space, UNCORRECTED)
        best = trim_whitespace(self.lattice.best(), space, annotation.last, scheme)
        predicted = self._known(scheme.decode(best))
        spans = _union(self._known(forecast.likely(LEAST)[0]), predicted)
        tags = np.where(self.gold.sure, self.gold.mask.argmax(1), 0)  # (tokens,)
        gold = self._known(scheme.decode(tags))
        ends = np.cumsum(self.lattice.lengths)
        mentions = np.zeros((len(ends), len(scheme.labels)), dtype=np.int64)
        np.add.at(mentions, (np.searchsorted(ends, gold.start, side="right"), gold.label), 1)
        return Outcomes(
            labels=scheme.labels,
            spans=spans,
            probability=forecast.probability(spans),
            right=_among(spans, gold),
            predicted=_among(spans, predicted),
            document=np.searchsorted(ends, spans.start, side="right"),
            mentions=mentions,
        )

    def _known(self, spans: Spans) -> Spans:
        """Spans of whose label every token is annotated, and none was set before."""
        before = self._unknown_before
        return spans.where(before[spans.start, spans.label] == before[spans.end, spans.label])

    @cached_property
    def _unknown_before(self) -> Ints:
        """How many tokens before each, and before the end, tell nothing of each label.

        shape: (tokens + 1, labels).
        """
        unknown = self.gold.silent | self.annotation.preset[:, None]  # (tokens, labels)
        return np.pad(unknown, ((1, 0), (0, 0))).cumsum(0)


def observe(model: TaggerT, scheme: TagScheme, examples: Iterable[Example]) -> list[Observation]:
    """Score annotated documents as for a prediction.

    model (Model[List[Doc], List[Floats2d]]): The tagger.
    scheme (TagScheme): Its tags.
    examples (Iterable[Example]): Documents as earlier components leave them, and their annotation.
    RETURNS (List[Observation]): Batches of them.
    """
    examples = [eg for eg in examples if len(eg.predicted)]
    observations, end = [], 0
    for docs in by_tokens([eg.predicted for eg in examples], max_tokens=most_tokens(scheme)):
        start, end = end, end + len(docs)
        annotation = read_annotation(docs)
        gold = reference_evidence(examples[start:end], scheme)
        gold.mask[annotation.preset] = True
        lattice = possible_readings(score(model, docs), annotation, scheme)
        observations.append(Observation(lattice, annotation, gold))
    return observations


def _union(one: Spans, other: Spans) -> Spans:
    rows = np.concatenate([np.stack(one, axis=1), np.stack(other, axis=1)])
    return Spans(*np.unique(rows, axis=0).T)


def _among(spans: Spans, others: Spans) -> Bools:
    """Whether each of some spans is among others. shape: (spans,)."""
    known = set(zip(*(column.tolist() for column in others), strict=True))
    rows = zip(*(column.tolist() for column in spans), strict=True)
    return np.array([row in known for row in rows], dtype=bool)
