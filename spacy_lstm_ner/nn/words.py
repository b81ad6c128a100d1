"""What depends on a word alone, computed once for each word.

A word's row is its vector; beside it stands what other layers derive from that, such as the word's
share of the LSTM's gates. Rows are only ever added, until the table is full or is told to forget,
which whoever owns it does when the weights change that the rows were computed with.

Threads may share a table. A reader looks words up first and takes the rows afterwards, and a row is
there before its word is. New rows are computed outside of the lock: of two threads that meet a word
at once, both compute it, and one row is kept. A thread that began before the table forgot goes on
with the rows that it began with.
"""

from collections.abc import Callable, Hashable, Sequence
from operator import is_
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from ..locks import make_lock

# Most words in a table. In the default model a word takes 4 KiB, three quarters of it its share of
# the gates: this many take 128 MiB.
MAX_WORDS = 32768

# Held while rows are added, never while they are computed.
_ADDING = make_lock()


class Rows:
    """A matrix that grows. Rows never change; adding some seldom copies those before."""

    def __init__(self) -> None:
        self._room = torch.empty(0, 0)
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def tensor(self) -> Tensor:
        """The rows so far. shape: (rows, width)."""
        length = self._length  # before the room, which may be changed for a larger one meanwhile
        return self._room[:length]

    def append(self, rows: Tensor) -> None:
        """Add rows. shape: (new rows, width)."""
        total = self._length + len(rows)
        if total > len(self._room):
            # A tensor made in inference mode could not be written to outside of it.
            with torch.inference_mode(False):
                room = rows.new_empty(2 * total, rows.shape[1])
            if self._length:
                room[: self._length] = self.tensor
            self._room = room
        self._room[self._length : total] = rows
        self._length = total


class WordRows:
    """Words, their vectors, and what was derived from those.

    sources (object): What words are read with, such as a vocabulary, told apart by identity.
    """

    def __init__(self, *sources: object) -> None:
        self.sources = sources
        self._index: dict[Hashable, int] = {}
        self.vectors = Rows()
        self._derived: WeakKeyDictionary[object, Rows] = WeakKeyDictionary()

    def __len__(self) -> int:
        return len(self.vectors)

    def find(self, words: Sequence[Hashable]) -> list[int | None]:
        """The row of each word; None for one that has none."""
        return list(map(self._index.get, words))

    def add(self, words: Sequence[Hashable], vectors: Tensor) -> None:
        """Add distinct words, but for those that another thread has added meanwhile.

        words (Sequence[Hashable]): The words.
        vectors (Tensor): Their vectors. shape: (words, width).
        """
        with _ADDING:
            new = [i for i, word in enumerate(words) if word not in self._index]
            first = len(self)
            self.vectors.append(vectors if len(new) == len(words) else vectors[new])
            rows = range(first, first + len(new))
            self._index.update(zip((words[i] for i in new), rows, strict=True))

    def derive(self, owner: object, function: Callable[[Tensor], Tensor]) -> Tensor:
        """Something computed from each row, once, for as long as its owner exists.

        owner (object): Stands for the weights that the function uses, told apart by identity.
        function (Callable[[Tensor], Tensor]): From rows to as many rows.
        RETURNS (Tensor): A row for each row of the vectors. shape: (rows, width).
        """
        derived = self._derived.get(owner)
        if derived is None:
            derived = self._derived.setdefault(owner, Rows())
        vectors = self.vectors.tensor
        if len(derived) < len(vectors):
            new = function(vectors[len(derived) :])
            with _ADDING:
                missing = len(vectors) - len(derived)
                if missing > 0:  # else another thread was faster
                    derived.append(new[-missing:])
        return derived.tensor


class WordTable:
    """The words that were seen since the weights last changed. See the module.

    max_words (int): Most words to keep, but for a batch of each thread.
    """

    def __init__(self, *, max_words: int = MAX_WORDS) -> None:
        self.max_words = max_words
        self._rows = WordRows()

    def rows(self, *sources: object) -> WordRows:
        """The rows of words that are read with given sources; other sources start them afresh."""
        rows = self._rows
        if len(rows.sources) != len(sources) or not all(map(is_, rows.sources, sources)):
            rows = self._rows = WordRows(*sources)
        return rows

    def make_room(
        self, rows: WordRows, words: Sequence[Hashable]
    ) -> tuple[WordRows, list[Hashable]]:
        """Find the words that have no row yet, and where there is room for them.

        rows (WordRows): Rows of this table.
        words (Sequence[Hashable]): All words of a batch.
        RETURNS (Tuple[WordRows, List[Hashable]]): The rows to go on with, and the distinct words
            that are to be added to them. Where they would be too many, the rows are new ones, for
            all words of the batch; and where these alone are too many, the table does not keep
            them.
        """
        distinct = list(dict.fromkeys(words))
        found = zip(distinct, rows.find(distinct), strict=True)
        new = [word for word, row in found if row is None]
        if len(rows) + len(new) <= self.max_words:
            return rows, new
        rows = WordRows(*rows.sources)
        if len(distinct) <= self.max_words:
            self._rows = rows
        return rows, distinct
