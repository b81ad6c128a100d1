"""What a component would predict in documents, and what of it is in doubt."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from spacy.tokens import Doc

from .batching import by_tokens, most_tokens
from .decision import NO_SPANS, Scored
from .decoding import decode
from .lstm_ner import LSTMEntityRecognizer
from .policy import Policy

# Spans are in doubt if this is the least probability of either, that they are entities or none.
DOUBT = 0.1


class Outlook(NamedTuple):
    """What is to be expected of a document.

    uncertainty (float): Entropy of its readings, in nats.
    entities (Scored): What is predicted, and what was set before.
    doubtful (Scored): Spans that may or may not be entities, overlapping ones too.
    """

    uncertainty: float
    entities: Scored
    doubtful: Scored


def look_ahead(ner: LSTMEntityRecognizer, docs: Iterable[Doc]) -> Iterator[Outlook]:
    """Find what is to be expected of documents, without changing them.

    ner (LSTMEntityRecognizer): The component, with weights.
    docs (Iterable[Doc]): The documents, as earlier components leave them.
    YIELDS (Outlook): One for each document.
    """
    docs = list(docs)
    telling = replace(ner.policy, spans_key="all", candidates_key="likely", min_probability=DOUBT)
    found = _look(ner, [doc for doc in docs if len(doc)], telling)
    for doc in docs:
        yield next(found) if len(doc) else Outlook(0.0, NO_SPANS, NO_SPANS)


def _look(ner: LSTMEntityRecognizer, docs: list[Doc], policy: Policy) -> Iterator[Outlook]:
    for batch in by_tokens(docs, max_tokens=most_tokens(ner.scheme)):
        possible = ner.look(batch)
        entropy = possible.calibrated.entropy().tolist()
        predictions = decode(possible, policy=policy)
        for uncertainty, prediction in zip(entropy, predictions, strict=True):
            assert prediction.scored is not None
            assert prediction.candidates is not None
            likely = prediction.candidates
            doubtful = likely.take(np.flatnonzero(likely.probability <= 1.0 - DOUBT))
            yield Outlook(uncertainty, prediction.scored, doubtful)
