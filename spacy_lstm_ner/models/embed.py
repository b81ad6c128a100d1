"""Embedding layers, which depend on a word's form alone and compute every form once."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any, TypeAlias

import numpy as np
import torch
from spacy.attrs import ORTH
from spacy.tokens import Doc
from spacy.vocab import Vocab
from thinc.api import Model
from thinc.types import Floats2d

from ..errors import CodedError, Errors
from ..nn.embedding import LexicalEmbedding, TypeFeatures
from ..nn.words import WordTable
from .features import FeatureReader, make_vocabulary
from .shim import ModuleShim, get_shim, own_shim
from .util import check_range, get_own_rate
from .vectors import TokenVectors, in_form_of

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
    """Embed the words of a vocabulary, hashed features, spelling and static vectors, side by side.

    word_width (int): Width of the vectors of the vocabulary's words, which are looked up by NORM; 0
        for none.
    min_count (int): Words that occur less often in the training data are not in the vocabulary;
        all of those are `<UNK>`.
    word_dropout (float): In training, the share of the words that are taken for `<UNK>`.
    attrs (Sequence[str]): Lexical attributes to embed, such as "PREFIX", "SUFFIX" and "SHAPE".
    rows (Sequence[int]): Rows of each attribute's hash table.
    widths (Sequence[int]): Width of each attribute's vectors.
    char_width (int): Filters over the characters; 0 for none.
    vector_width (int): Width that the pipeline's static vectors are projected to; 0 for none.
    RETURNS (Model[List[Doc], List[Floats2d]]): The layer.
    """
    if not len(attrs) == len(rows) == len(widths):
        raise CodedError(Errors.E031.format(attrs=len(attrs), rows=len(rows), widths=len(widths)))
    check_range(0, math.inf, word_width=word_width, char_width=char_width)
    check_range(0, math.inf, vector_width=vector_width, min_count=min_count)
    check_range(1, math.inf, rows=rows, widths=widths)
    check_range(0, 1, word_dropout=word_dropout)
    if not (word_width or attrs or char_width or vector_width):
        raise CodedError(Errors.E035)
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
    """Embed the words of a vocabulary: `<PAD>` is 0, `<UNK>` 1, then those of the training data.

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
    """Let the embeddings in a model count the words of training data, for their vocabulary.

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
        },
        shims=[ModuleShim(LexicalEmbedding, name=name, config={**settings, **asdict(reader)})],
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
        settings["words"] = make_vocabulary(counts, min_count=model.attrs["min_count"])
        model.attrs["word_counts"] = Counter()
    if model.attrs["reader"].vectors:
        width = X[0].vocab.vectors_length if X else 0
        if not width:
            raise CodedError(Errors.E032.format(width=settings["vectors_out"]))
        settings["vectors_in"] = width
    own_shim(model).build(**settings)


def forward(
    model: EmbedT, docs: list[Doc], is_train: bool
) -> tuple[Sequence[Floats2d], Callable[[Sequence[Any]], list[Doc]]]:
    """Embed the tokens of documents, each distinct word once."""
    lengths = [len(doc) for doc in docs]
    words = _read_orths(docs)
    if not words:
        empty = torch.zeros(0, model.get_dim("nO"), device=get_shim(model).device)
        return in_form_of(docs, TokenVectors(empty, lengths)), _pass_nothing
    vocab = docs[0].vocab
    if is_train:
        vectors, backprop = _embed_to_train(model, words, vocab, lengths)
    else:
        vectors, backprop = _embed_to_predict(model, words, vocab, lengths), _pass_nothing
    return in_form_of(docs, vectors), backprop


def _embed_to_train(
    model: EmbedT, words: list[int], vocab: Vocab, lengths: list[int]
) -> tuple[TokenVectors, Callable[[Sequence[Any]], list[Doc]]]:
    shim = get_shim(model)
    index = {word: i for i, word in enumerate(dict.fromkeys(words))}
    indices = torch.tensor([index[word] for word in words], device=shim.device)
    features = _read_features(model, list(index), vocab)
    values = shim.module(features, dropout=get_own_rate(model, "word_dropout"))

    def backprop(d_vectors: Sequence[Any]) -> list[Doc]:
        d_tokens = TokenVectors.of(d_vectors, values.device).tokens()
        shim.backward([values], [torch.zeros_like(values).index_add_(0, indices, d_tokens)])
        return []

    return TokenVectors(values.detach(), lengths, indices), backprop


def _embed_to_predict(
    model: EmbedT, words: list[int], vocab: Vocab, lengths: list[int]
) -> TokenVectors:
    """Look words up among those seen since the weights last changed."""
    shim = get_shim(model)
    table = shim.cached("words", WordTable)
    rows = table.rows(vocab, vocab.vectors)
    found = rows.find(words)
    if None in found:
        rows, new = table.make_room(rows, words)
        if new:  # else another thread has added them meanwhile
            with torch.no_grad():
                rows.add(new, shim.module(_read_features(model, new, vocab)))
        found = rows.find(words)
    values = rows.vectors.tensor
    indices = torch.from_numpy(np.array(found, dtype=np.int64)).to(values.device)
    return TokenVectors(values, lengths, indices, words=rows)


def _read_orths(docs: list[Doc]) -> list[int]:
    arrays = [doc.to_array(ORTH) for doc in docs if len(doc)]
    return np.concatenate(arrays).tolist() if arrays else []


def _read_features(model: EmbedT, words: list[int], vocab: Vocab) -> TypeFeatures:
    shim = get_shim(model)
    expected = shim.cfg.get("vectors_in", 0)
    if model.attrs["reader"].vectors and vocab.vectors_length != expected:
        raise CodedError(Errors.E037.format(expected=expected, found=vocab.vectors_length))
    embedding = shim.module.words
    numbers = {} if embedding is None else embedding.numbers
    return model.attrs["reader"](words, vocab, numbers).to(shim.device)


def _pass_nothing(d_vectors: Sequence[Any]) -> list[Doc]:
    return []
