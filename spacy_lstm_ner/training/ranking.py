"""The order in which to annotate texts, so that the first ones teach most.

Uncertainty sampling with diversity: a text is worth what a model is in doubt about in it (Settles
2009, https://minds.wisconsin.edu/handle/1793/60660), less where the words in doubt are those of
texts that are in more doubt themselves. One sort, one pass and another sort: texts are compared
with a count of words, never with each other.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from ..types import Doubles, Ints


def rank(
    uncertainty: Doubles, tokens: Ints, doubtful: Sequence[Iterable[str]], *, length: float = 0.5
) -> Ints:
    """Order texts by what annotating them would teach.

    Entropy grows with the length of a text, as do the time to annotate it and what is learned.
    Divided by the root of the length, it favours long texts less than it does by itself.

    uncertainty (Doubles): Entropy of the readings of each text. shape: (texts,).
    tokens (Ints): Tokens of each text. shape: (texts,).
    doubtful (Sequence[Iterable[str]]): Of each text, the words of spans that may be entities.
    length (float): Power of the length that uncertainty is divided by.
    RETURNS (Ints): Numbers of the texts, the most useful first; equals stay in their order.
        shape: (texts,).
    """
    value = uncertainty / np.maximum(tokens, 1) ** length
    order = _falling(value)
    return _falling(value * _novelty(order, doubtful))


def _novelty(order: Ints, doubtful: Sequence[Iterable[str]]) -> Doubles:
    """How new what a text is in doubt about is after the texts before it. shape: (texts,).

    A word counts 1 where it is first, then 1/2, 1/3 and so on; a text, the mean of its words.
    """
    novelty = np.ones(len(order))
    seen: Counter[str] = Counter()
    for text in order.tolist():
        words = set(doubtful[text])
        if words:
            # Summed as sorted, since sets have another order in every process.
            novelty[text] = sum(sorted(1.0 / (1 + seen[word]) for word in words)) / len(words)
            seen.update(words)
    return novelty


def _falling(value: Doubles) -> Ints:
    return np.argsort(-value, kind="stable")
