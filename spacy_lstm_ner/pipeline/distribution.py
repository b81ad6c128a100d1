"""What a component holds possible in one document, and how likely it is."""

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from numbers import Integral
from typing import NamedTuple

import numpy as np
from spacy.tokens import Doc, Span

from ..errors import CodedError, Errors
from ..settings import check_number
from ..tags import Spans
from ..types import Doubles, Ints
from .annotation import trim_whitespace
from .possibilities import Possibilities


class Reading(NamedTuple):
    """One way to read a document.

    entities (List[Span]): All entities, those that were given among them.
    probability (float): That all of it is right.
    """

    entities: list[Span]
    probability: float


class Distribution:
    """Everything that may be found in a document, as `LSTMEntityRecognizer.ask` gives it.

    doc (Doc): The document.
    possible (Possibilities): What is possible in it.
    given (Sequence[Span]): The entities that are known.
    unlikeness (Callable[[Doc], float]): How unlike the training text a document is.
    """

    def __init__(
        self,
        doc: Doc,
        possible: Possibilities,
        given: Sequence[Span],
        unlikeness: Callable[[Doc], float],
    ) -> None:
        self.doc = doc
        self._unlikeness = unlikeness
        self._annotation, self._given = possible.annotation, given
        self._space = possible.annotation.free_space
        self._lattice, self._forecast = possible.calibrated, possible.forecast

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the model."""
        return self._lattice.scheme.labels

    def probability(self, span: Span | tuple[int, int] | None, label: str | None = None) -> float:
        """The probability that exactly these tokens are an entity of exactly this label.

        span (Union[Span, Tuple[int, int], None]): A span of the document, or its first character
            and the one after its last. None, which `doc.char_span` gives where characters are not
            those of tokens, is an error that says so.
        label (Optional[str]): The label; that of the span if not given.
        RETURNS (float): The probability.
        RAISES (ValueError): Characters do not begin and end with tokens, the span is empty or of
            another document, there is no label, or the model does not have it.
        """
        found = self._span(span)
        label = found.label_ if label is None else label
        if not label:
            raise CodedError(Errors.E159.format(text=found.text, labels=", ".join(self.labels)))
        for given in self._given:
            if (given.start, given.end, given.label_) == (found.start, found.end, label):
                return 1.0
        if label not in self.labels:
            raise CodedError(Errors.E156.format(label=label, labels=", ".join(self.labels)))
        columns = [[found.start], [found.end], [self.labels.index(label)]]
        return float(self._forecast.probability(Spans(*np.array(columns)))[0])

    def candidates(self, min_probability: float = 0.1) -> list[tuple[Span, float]]:
        """Every span and label that is likely enough, overlapping ones too.

        min_probability (float): The least probability, above 0.
        RETURNS (List[Tuple[Span, float]]): Spans of the document by where they start, each with its
            probability.
        RAISES (ValueError): The number is no probability above 0.
        """
        check_number("min_probability", min_probability, 0, 1, above=True)
        if not len(self.doc):
            return []
        spans, chance = self._forecast.likely(min_probability)
        return list(zip(self._as_spans(spans), chance.tolist(), strict=True))

    def best(self, n: int) -> list[Reading]:
        """The most probable readings of the whole document, best first.

        n (int): How many, at least 1.
        RETURNS (List[Reading]): As many as there are, at most n.
        RAISES (ValueError): The number is less than 1.
        """
        if not isinstance(n, Integral) or n < 1:
            expected = "a whole number of 1 or more"
            raise CodedError(Errors.E034.format(name="n", value=repr(n), expected=expected))
        if not len(self.doc):
            return [Reading([], 1.0)]
        scheme = self._lattice.scheme
        if scheme.scheme == "bio" and bool(self._space.any()):
            readings = [
                Reading(self._entities(tags), self._with_space(tags)) for tags in self._trimmed(n)
            ]
            return sorted(readings, key=lambda reading: -reading.probability)[:n]
        (found,) = self._lattice.best_k(n)
        return [Reading(self._entities(tags), _share(log_p)) for tags, log_p in found]

    def _trimmed(self, n: int) -> list[Ints]:
        """The tags of at least so many readings, if there are as many.

        In "bio", those of several tag sequences differ in whitespace after entities alone.
        """
        last, scheme = self._annotation.last, self._lattice.scheme
        asked = 4 * n
        while True:
            (found,) = self._lattice.best_k(asked)
            trimmed = (trim_whitespace(tags, self._space, last, scheme) for tags, _ in found)
            each_once = {tags.tobytes(): tags for tags in trimmed}
            if len(each_once) >= n or len(found) < asked:
                return list(each_once.values())
            asked *= 2

    @cached_property
    def token_labels(self) -> Doubles:
        """Probability that each token is outside of entities, and in one of each label.

        shape: (tokens, 1 + labels), the labels in the order of `labels`.
        """
        if not len(self.doc):
            return np.zeros((0, 1 + len(self.labels)))
        marginals = self._lattice.marginals().cpu().numpy()  # (tokens, tags)
        columns = self._lattice.scheme.label_of_tag + 1
        return marginals @ np.eye(1 + len(self.labels))[columns]

    @cached_property
    def uncertainty(self) -> float:
        """Entropy of the readings, in nats: 0 if one is certain, log(n) if n are equally likely."""
        return float(self._lattice.entropy()[0]) if len(self.doc) else 0.0

    @property
    def unlikeness(self) -> float:
        """The share of the document's tokens that are words which the model does not know.

        It is from 0 to 1, see `LSTMEntityRecognizer.unlikeness`.

        RAISES (ValueError): The model has no vocabulary.
        """
        return self._unlikeness(self.doc)

    def _span(self, span: Span | tuple[int, int] | None) -> Span:
        match span:
            case (Integral() as start, Integral() as end):  # numpy's integers too
                if (found := self.doc.char_span(int(start), int(end))) is None:
                    raise CodedError(Errors.E155.format(start=start, end=end))
                return found
            case Span() if span.doc is self.doc and len(span):
                return span
        raise CodedError(Errors.E157.format(span=repr(span)))

    def _as_spans(self, spans: Spans) -> list[Span]:
        rows = zip(spans.start.tolist(), spans.end.tolist(), spans.label.tolist(), strict=True)
        return [Span(self.doc, start, end, self.labels[label]) for start, end, label in rows]

    def _entities(self, tags: Ints) -> list[Span]:
        """The entities of a tag sequence, and those given that the model has no label for."""
        found = self._as_spans(self._lattice.scheme.decode(tags))
        others = [span for span in self._given if span.label_ not in self.labels]
        return sorted([*found, *others], key=lambda span: span.start)

    def _with_space(self, tags: Ints) -> float:
        """Probability of a sequence, whether or not its entities go on into the whitespace."""
        scheme = self._lattice.scheme
        allowed = tags[:, None] == np.arange(len(scheme))  # (tokens, tags)
        inside = scheme.tags_with("I")
        goes_on = 0  # the tag that would take whitespace into the entity before it
        for i, tag in enumerate(tags.tolist()):
            if tag:
                goes_on = inside[scheme.label_of_tag[tag]]
            elif goes_on and self._space[i]:
                allowed[i, goes_on] = True
            else:
                goes_on = 0
        return _share(float(self._lattice.log_probability(allowed)[0]))


def _share(log_probability: float) -> float:
    """A probability, of whose log the last digit may make it more than 1."""
    return min(1.0, math.exp(log_probability))
