"""Forecasts of entities, and what came of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..nn.crf.selection import choose_spans
from ..tags import Spans
from ..types import Bools, Doubles, Ints
from .calibration import Calibration, cuts_of
from .guarantee import Count
from .reliability import Forecasts


@dataclass(frozen=True)
class Outcomes:
    """All likely spans of annotated text.

    labels (Sequence[str]): The labels of the model.
    spans (Spans): The spans, with tokens counted over all documents.
    probability (Doubles): The probability of each. shape: (spans,).
    right (Bools): Whether each is annotated. shape: (spans,).
    predicted (Bools): Whether each is on the best path. shape: (spans,).
    document (Ints): The number of each span's document. shape: (spans,).
    mentions (Ints): How many annotated entities each label has in each document, likely or not.
        shape: (documents, labels).
    """

    labels: Sequence[str]
    spans: Spans
    probability: Doubles
    right: Bools
    predicted: Bools
    document: Ints
    mentions: Ints

    @classmethod
    def join(cls, parts: "Sequence[Outcomes]") -> "Outcomes":
        """Those of several batches of documents, of one model."""
        token = np.cumsum([0, *(part.spans.end.max(initial=0) for part in parts)])
        number = np.cumsum([0, *(len(part.mentions) for part in parts)])
        pairs = list(zip(parts, token[:-1], number[:-1], strict=True))
        return cls(
            labels=parts[0].labels,
            spans=Spans(
                np.concatenate([part.spans.start + first for part, first, _ in pairs]),
                np.concatenate([part.spans.end + first for part, first, _ in pairs]),
                np.concatenate([part.spans.label for part in parts]),
            ),
            probability=np.concatenate([part.probability for part in parts]),
            right=np.concatenate([part.right for part in parts]),
            predicted=np.concatenate([part.predicted for part in parts]),
            document=np.concatenate([part.document + first for part, _, first in pairs]),
            mentions=np.concatenate([part.mentions for part in parts]),
        )

    @property
    def predictions(self) -> Forecasts:
        """The spans on the best path."""
        return Forecasts(self.probability[self.predicted], self.right[self.predicted])

    def of_documents(self, chosen: Bools) -> "Outcomes":
        """Those of some of the documents. shape: (documents,)."""
        kept = chosen[self.document]
        return replace(
            self,
            spans=self.spans.where(kept),
            probability=self.probability[kept],
            right=self.right[kept],
            predicted=self.predicted[kept],
            document=self.document[kept],
            mentions=self.mentions * chosen[:, None],
        )

    def corrected(self, calibration: Calibration) -> "Outcomes":
        """The same with probabilities that are corrected, at the temperature that they have."""
        length = self.spans.end - self.spans.start
        probability = calibration.correct(
            self.probability, labels=self.labels, label=self.spans.label, length=length
        )
        return replace(self, probability=probability)

    def chosen(self, cuts: Mapping[str, float]) -> Bools:
        """Whether each span is predicted at an operating point, see `Point`. shape: (spans,)."""
        of_label = cuts_of(cuts, self.labels)
        return choose_spans(self.spans, self.probability - of_label[self.spans.label])

    def precision(self, chosen: Bools, label: str = "") -> Count:
        """Count predicted entities, and the right ones among them.

        chosen (Bools): Whether each span is predicted. shape: (spans,).
        label (str): Which label's to count; all if empty.
        """
        mask = chosen & self._has(label)
        return Count(int(mask.sum()), int((mask & self.right).sum()))

    def recall(self, chosen: Bools, label: str = "") -> Count:
        """Count annotated entities, and those among them that are predicted; as `precision`."""
        mentions = self.mentions.sum(0)
        total = mentions[self.labels.index(label)] if label else mentions.sum()
        return Count(int(total), self.precision(chosen, label).right)

    def _has(self, label: str) -> Bools:
        if not label:
            return np.ones(len(self.right), dtype=bool)
        return self.spans.label == self.labels.index(label)
