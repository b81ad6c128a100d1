"""From probabilities to entities: which spans a policy takes, and what it tells of them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ..nn.crf.selection import choose_spans
from ..tags import Spans, TagScheme
from ..types import Doubles, Ids, Ints
from .annotation import Annotation, entity_spans, label_ids
from .forecast import Forecast
from .policy import Policy


class Scored(NamedTuple):
    """Spans with their probabilities. shape of each: (spans,).

    start, end (Ints): The first token, and the one after the last.
    label (Ids): Ids of labels in the string store.
    probability (Doubles): Probabilities; 1 for what was set before.
    """

    start: Ints
    end: Ints
    label: Ids
    probability: Doubles

    def take(self, which: Ints | slice) -> "Scored":
        """Some of the spans, by number."""
        return Scored(
            self.start[which], self.end[which], self.label[which], self.probability[which]
        )

    def of_texts(self, lengths: Sequence[int]) -> Iterator["Scored"]:
        """The spans of each text, with tokens counted in it; spans are ordered by start."""
        ends = np.cumsum(lengths)
        places = np.searchsorted(self.start, ends)
        before = np.repeat(ends - np.asarray(lengths), np.diff(places, prepend=0))
        counted = self._replace(start=self.start - before, end=self.end - before)
        first = 0
        for last in places.tolist():
            yield counted.take(slice(first, last))
            first = last


NO_SPANS = Scored(np.zeros(0, int), np.zeros(0, int), np.zeros(0, np.uint64), np.zeros(0))


class Decision(NamedTuple):
    """What a policy makes of a batch of documents.

    tags (Ints): The tag of each token. shape: (tokens,).
    scored (Optional[Scored]): All entities, if the policy tells of them.
    candidates (Optional[Scored]): All likely spans, if the policy tells of them.
    """

    tags: Ints
    scored: Scored | None
    candidates: Scored | None


def decide(
    best: Ints, forecast: Forecast, annotation: Annotation, scheme: TagScheme, policy: Policy
) -> Decision:
    """Choose entities by their probabilities.

    best (Ints): The tags of the best path, presets among them. If the policy has cuts, those of
        presets alone count. shape: (tokens,).
    forecast (Forecast): Gives the probabilities.
    annotation (Annotation): What was set on the documents before, which stays.
    scheme (TagScheme): The tags.
    policy (Policy): Which spans to choose, and what to tell of them.
    """
    if policy.cuts is None:
        spans = scheme.decode(best)
        spans = spans.where(~annotation.preset[spans.start])
        chance = forecast.probability(spans)
        taken = chance >= policy.threshold
    else:
        cuts = policy.cuts_of(scheme.labels)
        spans, chance = _likely(forecast, float(cuts.min()), annotation)
        taken = choose_spans(spans, chance - cuts[spans.label]) & (chance >= policy.threshold)
    spans, chance = spans.where(taken), chance[taken]
    tags = np.where(annotation.preset, best, scheme.encode(spans, len(best)))
    scored = candidates = None
    if policy.spans_key is not None:
        scored = _with_presets(spans, chance, annotation, scheme)
    if policy.candidates_key is not None:
        likely = _likely(forecast, policy.min_probability, annotation)
        candidates = _with_presets(*likely, annotation, scheme)
    return Decision(tags, scored, candidates)


def _likely(
    forecast: Forecast, probability: float, annotation: Annotation
) -> tuple[Spans, Doubles]:
    """The likely spans besides those that were set before."""
    spans, chance = forecast.likely(probability)
    free = ~annotation.preset[spans.start]
    return spans.where(free), chance[free]


def _with_presets(
    spans: Spans, chance: Doubles, annotation: Annotation, scheme: TagScheme
) -> Scored:
    """Spans, and the entities that were set before, which are certain; by start, end and label."""
    scored = Scored(spans.start, spans.end, label_ids(scheme)[spans.label], chance)
    start, end, label = entity_spans(annotation)
    if not len(start):
        return scored
    both = Scored(
        np.concatenate([scored.start, start]),
        np.concatenate([scored.end, end]),
        np.concatenate([scored.label, label]),
        np.concatenate([chance, np.ones(len(start))]),
    )
    return both.take(np.lexsort((both.end, both.start)))
