"""Embedding layers, which depend on a word's form alone and compute every form once."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import torch
from spacy.attrs import ORTH
from spacy.tokens import Doc
from spacy.vectors import BaseVectors
from spacy.vocab import Vocab
from thinc.api import Model
from thinc.types import Floats2d
from torch import Tensor

from ..errors import Errors
from ..nn.embedding import LexicalEmbedding, TypeFeatures
from .features import FeatureReader, number_words
from .precision import Precision, resolve_precision
from .shim import ModuleShim
from .util import check_range, get_shim, own_shim
from .vectors import GrowingTable, TokenVectors, hand_over

# With more word types than that, remembering starts afresh at the next batch. In the default model
# a type takes 4 KiB, three quarters of it its part of the gates: this many take 128 MiB.
REMEMBERED_TYPES = 32768

EmbedT: TypeAlias = Model[list[Doc], Sequence[Floats2d]]


# Every character of the Latin, Greek, Cyrillic, Hebrew and Arabic scripts has a number of its own.
_CHARACTERS = {"characters": 2048, "n_char": 32}
# Characters read of a word, half of them from its end.
MAX_CHARACTERS = 20


def build_lexical_embed(
    *,
    word_width: int,
    min_count: int,
    word_dropout: float,
    attrs: Sequence[str],
    rows: Sequence[int],
    widths: Sequence[int],
    char_width: int,
    vector_width: int,
) -> EmbedT:
    """Embed words by number, hashed features, spelling and static vectors, side by side.

    word_width (int): Width of the vectors of numbered words, told apart by NORM; 0 for none.
    min_count (int): Words that occur less often in the training data are `<UNK>`.
    word_dropout (float): In training, the share of the words that are taken for `<UNK>`.
    attrs (Sequence[str]): Lexical attributes to embed, such as "PREFIX", "SUFFIX" and "SHAPE".
    rows (Sequence[int]): Rows of each attribute's hash table.
    widths (Sequence[int]): Width of each attribute's vectors.
    char_width (int): Filters over the characters; 0 for none.
    vector_width (int): Width that the pipeline's static vectors are projected to; 0 for none.
    RETURNS (Model[List[Doc], List[Floats2d]]): The layer.
    """
    if not len(attrs) == len(rows) == len(widths):
        raise ValueError(Errors.E031.format(attrs=len(attrs), rows=len(rows), widths=len(widths)))
    check_range(0, math.inf, word_width=word_width, char_width=char_width)
    check_range(0, math.inf, vector_width=vector_width, min_count=min_count)
    check_range(1, math.inf, rows=rows, widths=widths)
    check_range(0, 1, word_dropout=word_dropout)
    if not (word_width or attrs or char_width or vector_width):
        raise ValueError(Errors.E035)
    settings = {"rows": list(rows), "widths": list(widths), "vectors_out": vector_width}
    if char_width:
        settings.update(_CHARACTERS, char_width=char_width)
    reader = FeatureReader(
        attrs=tuple(attrs),
        rows=tuple(rows),
        characters=_CHARACTERS["characters"] if char_width else 0,
        max_characters=MAX_CHARACTERS,
        vectors=vector_width > 0,
    )
    width = word_width + sum(widths) + char_width + vector_width
    model = _build_embed("lexical_embed", width, settings, reader)
    return _add_words(model, word_width, min_count, word_dropout) if word_width else model


def build_word_embed(*, width: int, min_count: int) -> EmbedT:
    """Embed numbered words: `<PAD>` is 0, `<UNK>` 1, then the words of the training data.

    width (int): Width of the vectors.
    min_count (int): Words that occur less often in the training data are `<UNK>`, which is how its
        vector is learned.
    RETURNS (Model[List[Doc], List[Floats2d]]): The layer.
    """
    check_range(1, math.inf, width=width)
    check_range(0, math.inf, min_count=min_count)
    model = _build_embed("word_embed", width, {}, FeatureReader(word_attr="ORTH"))
    return _add_words(model, width, min_count, 0.0)


def build_char_embed(*, width: int) -> EmbedT:
    """Embed words by their characters alone.

    width (int): Width of the vectors: the number of filters.
    RETURNS (Model[List[Doc], List[Floats2d]]): The layer.
    """
    check_range(1, math.inf, width=width)
    settings = {**_CHARACTERS, "char_width": width}
    reader = FeatureReader(characters=_CHARACTERS["characters"], max_characters=MAX_CHARACTERS)
    return _build_embed("char_embed", width, settings, reader)


def count_words(model: Model[Any, Any], docs: Iterable[Doc]) -> None:
    """Let the numbered-word embeddings in a model count the words of training data.

    Initialization itself sees a sample of the data only.

    model (Model): The model, before it is initialized.
    docs (Iterable[Doc]): The documents.
    """
    layers = [node for node in model.walk() if "word_counts" in node.attrs]
    for layer in layers:
        layer.attrs["word_counts"] = Counter()
    if layers:
        for doc in docs:
            for layer in layers:
                layer.attrs["word_counts"].update(layer.attrs["reader"].read_words(doc))


def _build_embed(name: str, width: int, settings: dict[str, Any], reader: FeatureReader) -> EmbedT:
    return Model(
        name,
        forward,
        init=init,
        dims={"nO": width},
        attrs={
            "settings": settings,
            "reader": reader,
            "dropout_rate": 0.0,
            "precision": Precision("auto"),
            "whole": False,
        },
        shims=[ModuleShim(LexicalEmbedding)],
    )


def _add_words(model: EmbedT, width: int, min_count: int, dropout: float) -> EmbedT:
    model.attrs["settings"]["word_width"] = width
    model.attrs["word_counts"] = Counter()
    model.attrs["min_count"] = min_count
    model.attrs["word_dropout"] = dropout
    return model


def init(model: EmbedT, X: list[Doc] | None = None, Y: Any = None) -> None:
    """Build the module, now that the words and the width of the vectors are known."""
    settings = dict(model.attrs["settings"])
    if "word_counts" in model.attrs:
        if not model.attrs["word_counts"]:
            count_words(model, X or [])
        counts = model.attrs["word_counts"]
        settings["words"] = number_words(counts, min_count=model.attrs["min_count"])
        model.attrs["word_counts"] = Counter()
    if model.attrs["reader"].vectors:
        width = X[0].vocab.vectors_length if X else 0
        if not width:
            raise ValueError(Errors.E032.format(width=settings["vectors_out"]))
        settings["vectors_in"] = width
    own_shim(model).build(**settings)


def forward(
    model: EmbedT, docs: list[Doc], is_train: bool
) -> tuple[Sequence[Floats2d], Callable[[Sequence[Any]], list[Doc]]]:
    """Embed the tokens of documents, each distinct word once."""
    shim = get_shim(model)
    lengths = [len(doc) for doc in docs]
    orths = _read_orths(docs)
    if not orths:
        empty = torch.zeros(0, model.get_dim("nO"), device=shim.device)
        return hand_over(model, TokenVectors(empty, lengths)), _pass_nothing
    vocab = docs[0].vocab
    if is_train:
        return _embed_to_train(model, orths, vocab, lengths)
    vectors = _embed_to_predict(model, orths, vocab, lengths)
    return hand_over(model, vectors), _pass_nothing


def _embed_to_train(
    model: EmbedT, orths: list[int], vocab: Vocab, lengths: list[int]
) -> tuple[Sequence[Floats2d], Callable[[Sequence[Any]], list[Doc]]]:
    shim = get_shim(model)
    numbering = _Numbering()
    rows = numbering.rows(orths).to(shim.device)
    features = _read_features(model, numbering.keys_in_order, vocab)
    # A run without dropout, such as a rehearsal, hides no words either.
    dropout = model.attrs.get("word_dropout", 0.0) if model.attrs["dropout_rate"] > 0.0 else 0.0
    table = shim.module(features, dropout=dropout)

    def backprop(d_vectors: Sequence[Any]) -> list[Doc]:
        d_tokens = TokenVectors.of(d_vectors, table.device).tokens()
        d_table = torch.zeros_like(table).index_add_(0, rows, d_tokens)
        shim.backward([table], [d_table])
        return []

    return hand_over(model, TokenVectors(table.detach(), lengths, rows)), backprop


def _embed_to_predict(
    model: EmbedT, orths: list[int], vocab: Vocab, lengths: list[int]
) -> TokenVectors:
    """Embed words by a table of those seen since the weights last changed."""
    shim = get_shim(model)
    dtype = resolve_precision(model.attrs["precision"], shim.device)
    # Taken out while it grows: another thread then starts one of its own.
    types = shim.memo.pop("types", None)
    if types is None or not types.serve(vocab):
        types = _RememberedTypes(vocab, vocab.vectors, _Numbering(), GrowingTable())
    table = types.table
    rows = types.numbering.rows(orths).to(shim.device)
    new = types.numbering.keys_in_order[len(table) :]
    if new:
        with torch.no_grad():
            table.append(shim.module(_read_features(model, new, vocab)).to(dtype))
    seen = table.tensor
    shim.memo["types"] = types
    return TokenVectors(seen, lengths, rows, origin=table)


class _Numbering(dict[int, int]):
    """Numbers keys in the order in which they are first asked for."""

    def __init__(self) -> None:
        self.keys_in_order: list[int] = []

    def __missing__(self, key: int) -> int:
        number = self[key] = len(self)
        self.keys_in_order.append(key)
        return number

    def rows(self, keys: list[int]) -> Tensor:
        """The number of each key. shape: (keys,)."""
        numbers = np.array(list(map(self.__getitem__, keys)), dtype=np.int64)
        return torch.from_numpy(numbers)


class _RememberedTypes(NamedTuple):
    """Word types seen since the weights last changed.

    vocab (Vocab): What gave their features.
    vectors (BaseVectors): Its static vectors.
    numbering (_Numbering): Their rows.
    table (GrowingTable): Their vectors.
    """

    vocab: Vocab
    vectors: BaseVectors
    numbering: _Numbering
    table: GrowingTable

    def serve(self, vocab: Vocab) -> bool:
        """Whether documents of a vocabulary can go on with them."""
        same = self.vocab is vocab and self.vectors is vocab.vectors
        return same and len(self.numbering) <= REMEMBERED_TYPES


def _read_orths(docs: list[Doc]) -> list[int]:
    arrays = [doc.to_array(ORTH) for doc in docs if len(doc)]
    return np.concatenate(arrays).tolist() if arrays else []


def _read_features(model: EmbedT, orths: list[int], vocab: Vocab) -> TypeFeatures:
    shim = get_shim(model)
    expected = shim.cfg.get("vectors_in", 0)
    if model.attrs["reader"].vectors and vocab.vectors_length != expected:
        raise ValueError(Errors.E037.format(expected=expected, found=vocab.vectors_length))
    words = shim.module.words
    numbers = {} if words is None else words.numbers
    return model.attrs["reader"](orths, vocab, numbers).to(shim.device)


def _pass_nothing(d_vectors: Sequence[Any]) -> list[Doc]:
    return []
