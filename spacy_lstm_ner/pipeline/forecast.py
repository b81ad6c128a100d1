"""Probabilities of entities, as they would be set on documents."""

from collections.abc import Iterator

import numpy as np

from ..nn.crf.lattice import Lattice
from ..tags import Spans
from ..training.calibration import Calibration
from ..types import Bools, Doubles, Ints


def calibrated(lattice: Lattice, preset: Bools, calibration: Calibration) -> Lattice:
    """A lattice at the temperature that was fitted.

    Labels that were added since then have no part in it, but for entities that were set before: at
    another temperature they would no longer be as unlikely as `add_label` makes them.

    lattice (Lattice): What is possible in documents, and its scores.
    preset (Bools): Whether each token is in an entity, or blocked. shape: (tokens,).
    calibration (Calibration): What was fitted.
    RETURNS (Lattice): The lattice that probabilities are those of.
    """
    added = [label for label in lattice.scheme.labels if label not in calibration.lines]
    if calibration.lines and added:
        lattice = lattice.restrict(preset[:, None] | ~lattice.scheme.tags_of(added))
    return lattice.scale(1.0 / calibration.temperature)


class Forecast:
    """The probabilities of spans of a batch of documents.

    In a document of several windows (see `nn.windows`), a probability is that of the window that
    decides over the span's first token.

    lattice (Lattice): What is possible in the documents, as `calibrated` gives it.
    space (Bools): Whether each token is whitespace that is taken off the end of an entity, see
        `trim_whitespace`. shape: (tokens,).
    calibration (Calibration): Corrects probabilities.
    """

    def __init__(self, lattice: Lattice, space: Bools, calibration: Calibration) -> None:
        self._lattice = lattice
        self._calibration = calibration
        # In "biluo", whitespace is never an entity's last token, so that nothing is taken off.
        self._trims = lattice.scheme.scheme == "bio" and bool(space.any())
        self._space = space
        self._text_ends = np.cumsum(lattice.lengths)

    def probability(self, spans: Spans) -> Doubles:
        """Probability that exactly these tokens are an entity of exactly this label.

        spans (Spans): Tokens counted over all documents; each span within one. They may overlap.
        RETURNS (Doubles): shape: (spans,).
        """
        found = self._lattice.span_marginals(spans)
        if self._trims:
            for number, longer in self._with_space(spans):
                found[number] += self._lattice.span_marginals(longer)
            found[self._space[spans.end - 1]] = 0.0
        return self._correct(spans, found)

    def likely(self, probability: float) -> tuple[Spans, Doubles]:
        """Every span and label whose probability is at least a given one, overlapping ones too.

        probability (float): More than 0, at most 1.
        RETURNS (Tuple[Spans, Doubles]): The spans by start, end and label, and the probability of
            each. shape: (spans,).
        """
        least = self._calibration.uncorrected(probability)
        if self._trims:
            spans, _ = self._lattice.likely_spans(least / (1 + _longest_run(self._space)))
            spans = self._trimmed(spans)
            found = self.probability(spans)
        else:
            spans, found = self._lattice.likely_spans(least)
            found = self._correct(spans, found)
        enough = found >= probability
        return spans.where(enough), found[enough]

    def _correct(self, spans: Spans, probability: Doubles) -> Doubles:
        return self._calibration.correct(
            np.minimum(probability, 1.0),  # a sum may be above it in the last digit
            labels=self._lattice.scheme.labels,
            label=spans.label,
            length=spans.end - spans.start,
        )

    def _with_space(self, spans: Spans) -> Iterator[tuple[Ints, Spans]]:
        """Spans that go on into the whitespace after them: by one token, then by two, and so on.

        YIELDS (Tuple[Ints, Spans]): Which of the spans, and how they then are.
        """
        number, end = np.arange(len(spans.end)), spans.end
        follows = np.append(self._space, False)  # whether a token is whitespace of the same text
        follows[self._text_ends] = False
        while (goes_on := follows[end]).any():
            number, end = number[goes_on], end[goes_on] + 1
            yield number, Spans(spans.start[number], end, spans.label[number])

    def _trimmed(self, spans: Spans) -> Spans:
        """Spans with whitespace taken off their ends, each once."""
        end = spans.end
        while (ends_in_space := self._space[end - 1]).any():
            end = end - ends_in_space
        unique = np.unique(np.stack([spans.start, end, spans.label], axis=1), axis=0)
        return Spans(*unique.T)


def _longest_run(flags: Bools) -> int:
    """The most tokens in a row that have a flag."""
    edges = np.flatnonzero(np.diff(flags, prepend=False, append=False))
    return int((edges[1::2] - edges[::2]).max(initial=0))
