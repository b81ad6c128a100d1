"""Embeddings of word types: everything that depends on a word's form alone."""

from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..types import Exchange
from .learner import Learner
from .packing import inverse

# Numbers of the two entries that every vocabulary starts with.
PADDING, UNKNOWN = 0, 1
# Words whose spellings are looked at together, so that responses stay in the cache.
SPELLINGS = 256
# Rows of a growing table that an optimizer steps together: a step takes time by the words of a
# batch, not of the table, and what the optimizer keeps of a block outlives the table's growth.
BLOCK = 128


class TypeFeatures(NamedTuple):
    """What the embeddings read of each distinct word.

    words (Tensor): Number of the word in a vocabulary. shape: (types,).
    hashes (Tensor): Table rows of each hashed feature. shape: (types, features, hashes).
    characters (Tensor): Number of each character, 0 after the last. shape: (types, characters).
    vectors (Tensor): Static vector. shape: (types, width).

    A feature that no embedding reads has no columns.
    """

    words: Tensor
    hashes: Tensor
    characters: Tensor
    vectors: Tensor

    def to(self, device: torch.device) -> "TypeFeatures":
        """Move the features to a device."""
        return TypeFeatures(*(tensor.to(device) for tensor in self))


class GrowingTable(nn.Module):
    """Rows to look up, to which more can be added. Gradients are sparse: of the rows looked up.

    It holds whole blocks, which an optimizer steps one by one (`BLOCK`). Rows beyond its length are
    spare: they look as a new row will look at first, and are not saved.

    length (int): Number of rows; the first is padding, which stays zero.
    width (int): Width of the rows.
    """

    def __init__(self, length: int, width: int) -> None:
        super().__init__()
        self.length = length
        self.weight = nn.Parameter(torch.zeros(_whole_blocks(length), width))
        nn.init.uniform_(self.weight.data[PADDING + 1 : length], -0.1, 0.1)

    def forward(self, rows: Tensor) -> Tensor:
        """Look rows up. shape: (n,) -> (n, width)."""
        return functional.embedding(rows, self.weight, padding_idx=PADDING, sparse=True)

    def extend(self, count: int, *, like: int) -> None:
        """Add rows, and let all that may be added later start as a given one."""
        with torch.no_grad():
            start = self.weight[like].clone()
            missing = max(0, _whole_blocks(self.length + count) - len(self.weight))
            if missing:
                self.weight = nn.Parameter(torch.cat([self.weight, start.expand(missing, -1)]))
            self.weight[self.length :] = start
            self.length += count

    def _save_to_state_dict(
        self, destination: dict[str, Tensor], prefix: str, keep_vars: bool
    ) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        name = f"{prefix}weight"
        destination[name] = destination[name][: self.length]

    def _load_from_state_dict(self, state_dict: dict[str, Tensor], prefix: str, *args: Any) -> None:
        name = f"{prefix}weight"
        spare = self.weight.data[self.length :]
        super()._load_from_state_dict(
            {**state_dict, name: torch.cat([state_dict[name], spare])}, prefix, *args
        )


class WordEmbedding(nn.Module):
    """Vectors of the words of a vocabulary, which may grow between the steps of training.

    words (Sequence[str]): The words; the first is padding, whose vector stays zero, the second
        stands for every word that is not among them.
    width (int): Width of the vectors.
    """

    def __init__(self, *, words: Sequence[str], width: int) -> None:
        super().__init__()
        self.numbers = {word: i for i, word in enumerate(words)}
        self.table = GrowingTable(len(words), width)
        self._awaited: dict[str, None] = {}

    def forward(self, words: Tensor) -> Tensor:
        """Look words up. shape: (types,) -> (types, width)."""
        return self.table(words)

    def count(self) -> int:
        """Number of words, those that are expected among them; padding and unknown are none."""
        return len(self.numbers) + len(self._awaited) - 2

    def expect(self, words: Iterable[str]) -> None:
        """Take words in when the vocabulary grows next."""
        self._awaited.update(dict.fromkeys(words))

    def gather(self, exchange: Exchange) -> None:
        """Expect what any process expects, see `LexicalEmbedding.gather`."""
        of_each = exchange(list(self._awaited))
        self._awaited = {}  # so that all have them in one order
        for words in of_each:
            self.expect(words)

    def grow(self, average: "WordEmbedding | None" = None) -> None:
        """Take in the words that are expected; they start with the vector of the unknown word.

        average (Optional[WordEmbedding]): An average of this one, which is to grow as well.
        """
        new = [word for word in self._awaited if word not in self.numbers]
        self._awaited = {}
        for embedding in (average, self):
            if embedding is not None:
                embedding.table.extend(len(new), like=UNKNOWN)
                embedding.numbers.update(zip(new, count(len(embedding.numbers))))


class HashEmbedding(nn.Module):
    """Vectors of features without a vocabulary: each feature is the sum of several rows.

    Two features that share one row differ in the others. Svenstrup et al. 2017,
    https://arxiv.org/abs/1709.03933

    rows (int): Rows of the table.
    width (int): Width of the vectors.
    """

    def __init__(self, *, rows: int, width: int) -> None:
        super().__init__()
        self.table = nn.Embedding(rows, width)
        nn.init.uniform_(self.table.weight, -0.1, 0.1)

    def forward(self, rows: Tensor) -> Tensor:
        """Look rows up. shape: (types, hashes) -> (types, width)."""
        return self.table(rows).sum(dim=1)


class CharacterCNN(nn.Module):
    """Vectors of spellings: the strongest response of each filter anywhere in a word.

    Ma and Hovy 2016, https://arxiv.org/abs/1603.01354

    characters (int): Number of characters; character 0 is padding.
    n_char (int): Width of a character's vector.
    width (int): Number of filters.
    window (int): Characters that a filter sees, an odd number.
    """

    def __init__(self, *, characters: int, n_char: int, width: int, window: int = 3) -> None:
        super().__init__()
        self.window = window
        self.table = nn.Embedding(characters, n_char, padding_idx=0)
        nn.init.uniform_(self.table.weight[1:].data, -0.3, 0.3)
        self.filters = nn.Conv1d(n_char, width, window, padding=window // 2)

    def forward(self, characters: Tensor) -> Tensor:
        """Embed spellings. shape: (types, characters) -> (types, width)."""
        lengths = (characters != 0).sum(dim=1)
        order = lengths.argsort()
        responses = [
            self._respond(characters[words, : max(1, int(lengths[words[-1]]))])
            for words in order.split(SPELLINGS)
        ]
        return torch.cat(responses).index_select(0, inverse(order))

    def _respond(self, characters: Tensor) -> Tensor:
        """Embed spellings of similar length. shape: (types, characters) -> (types, width)."""
        # Positions first: one matrix product applies the filters to all windows, and the maximum
        # is taken over long rows. Four times as fast as torch's convolution.
        n_positions = characters.shape[1]
        margin = self.window // 2
        vectors = self.table(functional.pad(characters, (margin, margin)).t())
        windows = torch.cat([vectors[i : i + n_positions] for i in range(self.window)], dim=2)
        weights = self.filters.weight.transpose(1, 2).flatten(1)
        responses = functional.linear(windows, weights, self.filters.bias)
        beyond = (characters.t() == 0).unsqueeze(2)
        return torch.relu(responses.masked_fill(beyond, -torch.inf).amax(dim=0))


class LexicalEmbedding(Learner):
    """Several embeddings of a word side by side.

    words (Sequence[str]): The vocabulary, see `WordEmbedding`; empty for none.
    word_width (int): Width of their vectors.
    rows (Sequence[int]): Table rows of each hashed feature.
    widths (Sequence[int]): Width of each hashed feature's vectors.
    characters (int): Number of characters told apart, 0 for none.
    n_char (int): Width of a character's vector.
    char_width (int): Number of character filters.
    char_window (int): Characters that a filter sees, an odd number.
    vectors_in (int): Width of the static vectors, 0 for none.
    vectors_out (int): Width that they are projected to.
    """

    def __init__(
        self,
        *,
        words: Sequence[str] = (),
        word_width: int = 0,
        rows: Sequence[int] = (),
        widths: Sequence[int] = (),
        characters: int = 0,
        n_char: int = 0,
        char_width: int = 0,
        char_window: int = 3,
        vectors_in: int = 0,
        vectors_out: int = 0,
    ) -> None:
        super().__init__()
        self.words = WordEmbedding(words=words, width=word_width) if words else None
        self.hashed = nn.ModuleList(
            HashEmbedding(rows=n, width=width) for n, width in zip(rows, widths, strict=True)
        )
        self.characters = (
            CharacterCNN(characters=characters, n_char=n_char, width=char_width, window=char_window)
            if characters
            else None
        )
        self.vectors = nn.Linear(vectors_in, vectors_out, bias=False) if vectors_in else None

    def forward(self, features: TypeFeatures, *, dropout: float = 0.0) -> Tensor:
        """Embed word types.

        features (TypeFeatures): The features of each type.
        dropout (float): Share of the words to take for the unknown word.
        RETURNS (Tensor): One vector per type. shape: (types, width).
        """
        parts = []
        if self.words is not None:
            words = features.words
            if dropout > 0.0:  # prediction leaves the random numbers of training alone
                hidden = torch.rand(len(words), device=words.device) < dropout
                words = words.masked_fill(hidden, UNKNOWN)
            parts.append(self.words(words))
        for i, embedding in enumerate(self.hashed):
            parts.append(embedding(features.hashes[:, i]))
        if self.characters is not None:
            parts.append(self.characters(features.characters))
        if self.vectors is not None:
            parts.append(self.vectors(features.vectors))
        return torch.cat(parts, dim=1)

    def gather(self, exchange: Exchange) -> None:
        """Hear which words other processes have met, that train the same weights.

        exchange (Callable[[List[str]], List[List[str]]]): Gives what each process has.
        """
        if self.words is not None:
            self.words.gather(exchange)

    def finish_update(self, average: "LexicalEmbedding | None" = None) -> None:
        """Take in the words that training has met often enough by now.

        average (Optional[LexicalEmbedding]): An average of this one, which is to take them in too.
        """
        if self.words is not None:
            self.words.grow(None if average is None else average.words)

    def grown(self) -> dict[str, Any]:
        """What training has changed of the settings that this was made with."""
        return {} if self.words is None else {"words": list(self.words.numbers)}


def _whole_blocks(rows: int) -> int:
    return -(-rows // BLOCK) * BLOCK
