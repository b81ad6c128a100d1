"""Features of word types: numbers that the embeddings look up."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from spacy.attrs import IDS, intify_attr
from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..errors import CodedError, Errors
from ..nn.embedding import UNKNOWN, TypeFeatures
from ..types import Floats, Ids, Ints

HASHES = 2  # table rows that each hashed feature is the sum of
# Attributes of a word's form. Tests such as LIKE_NUM, and those that `Vocab.add_flag` numbers, are
# more of them. All others depend on a token's context, and words by themselves have none.
FORMS = ("ORTH", "NORM", "LOWER", "PREFIX", "SUFFIX", "SHAPE", "LENGTH")
_FLAGS = {IDS[name] for name in IDS if name.startswith(("IS_", "LIKE_", "FLAG"))}
_LEXICAL = {IDS[name] for name in FORMS} | _FLAGS


def check_attrs(attrs: Sequence[str]) -> None:
    """Check that attributes are those of words.

    RAISES (ValueError): One is unknown, or depends on a token's context.
    """
    for name in attrs:
        if intify_attr(name) not in _LEXICAL:
            raise CodedError(Errors.E038.format(name=name, options=", ".join(FORMS)))


@dataclass(frozen=True)
class FeatureReader:
    """Reads what embeddings need of a word, from its form alone.

    word_attr (str): The attribute that the vocabulary is made of: "ORTH", the text as it stands, or
        "NORM".
    attrs (Sequence[str]): Lexical attributes to hash, such as "PREFIX" or "SHAPE".
    rows (Sequence[int]): Table rows of each attribute.
    characters (int): Number of characters told apart, 0 to read none. Beyond it they share numbers.
    max_characters (int): Characters read of a word, half of them from its end.
    vectors (bool): Whether to read static vectors.
    """

    word_attr: str = "NORM"
    attrs: Sequence[str] = ()
    rows: Sequence[int] = ()
    characters: int = 0
    max_characters: int = 0
    vectors: bool = False

    def __call__(
        self, orths: Sequence[int], vocab: Vocab, numbers: Mapping[str, int]
    ) -> TypeFeatures:
        """Read the features of word types.

        orths (Sequence[int]): Ids of the words in the vocabulary's string store.
        vocab (Vocab): The vocabulary.
        numbers (Mapping[str, int]): The number of each word of the vocabulary; empty to read none.
        RETURNS (TypeFeatures): One row per word.
        """
        types = _make_types(orths, vocab)
        none = torch.zeros(len(types), 0, dtype=torch.long)
        reads_vectors = self._reads_vectors(vocab)
        vectors = self._vectors(types) if reads_vectors else np.zeros((len(types), 0), np.float32)
        return TypeFeatures(
            torch.from_numpy(self._numbers(types, numbers)) if numbers else none,
            torch.from_numpy(self._hashes(types)) if self.attrs else none.unsqueeze(2),
            torch.from_numpy(self._spellings([t.text for t in types])) if self.characters else none,
            torch.from_numpy(vectors),
        )

    def read_words(self, doc: Doc) -> list[str]:
        """The words of a document as the vocabulary knows them."""
        attr = np.asarray(doc.to_array("ORTH"), dtype=np.uint64).tolist()
        if self.word_attr == "NORM":
            # The norm of the form, not of the token, which a tokenizer's exceptions may change.
            return [doc.vocab[orth].norm_ for orth in attr]
        return [doc.vocab.strings[orth] for orth in attr]

    def read_keys(self, orths: Sequence[int], vocab: Vocab) -> Ids:
        """The ids of words as the vocabulary knows them. shape: (types,)."""
        return self._keys(_make_types(orths, vocab))

    def identify(self, orths: Sequence[int], vocab: Vocab) -> list[Hashable]:
        """A key for each word that is another one when the vocabulary says other things of it.

        Norms, flags and static vectors may be set at any time; forms follow from the text.
        """
        known: list[Sequence[Hashable]] = [orths]
        if self.word_attr == "NORM" or "NORM" in self.attrs:
            known.append([vocab[orth].norm for orth in orths])
        if flags := [attr for attr in self.attrs if intify_attr(attr) in _FLAGS]:
            values = _make_types(orths, vocab).to_array([*flags]).reshape(len(orths), len(flags))
            known.append([tuple(row) for row in values.tolist()])
        if self._reads_vectors(vocab):
            vectors = self._vectors(_make_types(orths, vocab))
            known.append([hash(row.tobytes()) for row in vectors])
        return list(zip(*known, strict=True))

    def _keys(self, types: Doc) -> Ids:
        # These tokens come from no tokenizer, so that their norms are those of their forms.
        return np.asarray(types.to_array(self.word_attr), dtype=np.uint64)

    def _numbers(self, types: Doc, numbers: Mapping[str, int]) -> Ints:
        strings, keys = types.vocab.strings, self._keys(types).tolist()
        return np.array([numbers.get(strings[key], UNKNOWN) for key in keys], dtype=np.int64)

    def _hashes(self, types: Doc) -> Ints:
        """Table rows of each attribute. shape: (types, attributes, HASHES)."""
        array = types.to_array(list(self.attrs))
        values = np.asarray(array, dtype=np.uint64).reshape(len(types), len(self.attrs))
        rows = np.array(self.rows, dtype=np.uint64)
        hashed = [_mix(values, seed) % rows for seed in range(HASHES)]
        return np.stack(hashed, axis=2).astype(np.int64)

    def _spellings(self, texts: Sequence[str]) -> Ints:
        """Numbers of characters, 0 after the last. shape: (types, longest)."""
        head = self.max_characters - self.max_characters // 2
        tail = self.max_characters // 2
        cut = [t if len(t) <= head + tail else t[:head] + t[-tail:] for t in texts]
        encoded = "".join(cut).encode("utf-32-le")
        codes = np.frombuffer(encoded, dtype=np.uint32).astype(np.int64)
        length = np.array([len(text) for text in cut], dtype=np.int64)
        spellings = np.zeros((len(cut), max(1, length.max(initial=0))), dtype=np.int64)
        filled = np.arange(spellings.shape[1]) < length[:, None]
        spellings[filled] = 1 + codes % (self.characters - 1)
        return spellings

    def _reads_vectors(self, vocab: Vocab) -> bool:
        return self.vectors and vocab.vectors_length > 0

    def _vectors(self, types: Doc) -> Floats:
        vectors = types.vocab.vectors
        keys = np.asarray(types.to_array(vectors.attr), dtype=np.uint64).tolist()
        if vectors.mode == "floret":
            return _to_numpy(vectors.get_batch(keys))
        rows = vectors.find(keys=keys)
        known = rows >= 0
        found = np.zeros((len(keys), vectors.shape[1]), dtype=np.float32)
        found[known] = _to_numpy(vectors.data[rows[known]])
        return found


def _make_types(orths: Sequence[int], vocab: Vocab) -> Doc:
    """A document of word types, which gives their attributes in one call."""
    return Doc(vocab, words=[vocab.strings[orth] for orth in orths])


def _mix(values: Ids, seed: int) -> Ids:
    """Scramble the bits of hashes, differently for every seed (splitmix64's finalizer).

    Steele, Lea and Flood 2014, https://doi.org/10.1145/2660193.2660195
    """
    mixed = values + np.uint64(0x9E3779B97F4A7C15 * (seed + 1) % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _to_numpy(array: Floats) -> Floats:
    """An array on the CPU, wherever the vectors are."""
    return np.asarray(array.get() if hasattr(array, "get") else array, dtype=np.float32)
