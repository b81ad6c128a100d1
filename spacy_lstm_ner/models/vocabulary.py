"""Which words have a vector of their own, and how training takes further ones in.

A word is taken in when it was seen often enough in different places. A place is told by the words
around it, so that a text that is read again, as in every epoch, brings nothing new.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ..types import Ids, Ints

PAD, UNK = "<PAD>", "<UNK>"
# Words on either side that tell a place.
AROUND = 2


def make_vocabulary(counts: Mapping[str, int], *, min_count: int, max_words: int) -> list[str]:
    """The words of a vocabulary: padding, the unknown word, then the others by falling count.

    counts (Mapping[str, int]): How often each word occurs.
    min_count (int): Words that occur less often stay unknown.
    max_words (int): Most words, padding and the unknown word aside.
    RETURNS (List[str]): The words.
    """
    known = [w for w, count in counts.items() if count >= min_count and w not in (PAD, UNK)]
    by_count = sorted(sorted(known), key=counts.__getitem__, reverse=True)
    return [PAD, UNK, *by_count[:max_words]]


class Newcomers:
    """Words that training has met, but not yet often enough to take them in.

    As many words are remembered as a vocabulary may have; then those that were met first are
    forgotten.

    min_count (int): In how many places a word must be seen.
    max_words (int): Most words to remember.
    """

    def __init__(self, *, min_count: int, max_words: int) -> None:
        self.min_count = min_count
        self.max_words = max_words
        self._places: dict[str, set[bytes]] = {}

    def see(self, sightings: Iterable[tuple[str, bytes]]) -> list[str]:
        """Meet words that are not in the vocabulary.

        sightings (Iterable[Tuple[str, bytes]]): Each word and its place.
        RETURNS (List[str]): The words that have been seen often enough now.
        """
        enough: dict[str, None] = {}
        for word, place in sightings:
            seen = self._places.setdefault(word, set())
            seen.add(place)
            if len(seen) >= self.min_count:
                enough[word] = None
        for word in enough:
            del self._places[word]
        for word in list(self._places)[: max(0, len(self._places) - self.max_words)]:
            del self._places[word]
        return list(enough)


def places(words: Ids, lengths: Sequence[int], tokens: Ints) -> list[bytes]:
    """What tells where tokens stand: the words around them, within their document.

    words (Ids): The word of each token of a batch, in document order. shape: (tokens,).
    lengths (Sequence[int]): Tokens of each document.
    tokens (Ints): Positions of the tokens that are asked for.
    RETURNS (List[bytes]): A place for each of these.
    """
    # Each document between words that are none, so that its neighbours are not seen.
    document = np.repeat(np.arange(len(lengths)), lengths)
    position = np.arange(len(words)) + AROUND * (1 + document)
    padded = np.zeros(len(words) + AROUND * (1 + len(lengths)), dtype=np.uint64)
    padded[position] = words
    around = position[tokens, None] + np.arange(-AROUND, AROUND + 1)  # (asked for, words)
    return [row.tobytes() for row in padded[around]]
