"""Embedding layers, which depend on a word's form alone and compute every form once."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
import torch
from spacy.attrs import ORTH
from spacy.tokens import Doc
from spacy.util import logger
from spacy.vocab import Vocab
from thinc.api import Model
from thinc.types import Floats2d

from ..errors import CodedError, Errors
from ..nn.embedding import UNKNOWN, LexicalEmbedding, TypeFeatures
from ..nn.words import WordTable
from ..settings import check_range
from ..types import Bools, Ints
from .case import read_in_any_case
from .features import FeatureReader, check_attrs
from .shim import ModuleShim, get_shim, own_shim
from .util import get_own_rate, neutral_layer
from .vectors import TokenVectors, in_form_of
from .vocabulary import Newcomers, make_vocabulary, places

EmbedT: TypeAlias = Model[list[Doc], Sequence[Floats2d]]
EmbedFunction: TypeAlias = Callable[
    [EmbedT, list[Doc]], tuple[TokenVectors, Callable[[Sequence[Any]], list[Doc]]]
]

# Every character of the Latin, Greek, Cyrillic, Hebrew and Arabic scripts has a number of its own.
_CHARACTERS = {"characters": 2048, "n_char": 32}
# Width that static vectors are projected to, if the config leaves it open.
VECTOR_WIDTH = 64
# Characters read of a word, half of them from its end.
MAX_CHARACTERS = 20
# Most words that have a vector of their own, unless a config says otherwise.
MAX_WORDS = 20000
# Share of the documents that training reads in one case, and words of a vocabulary from which on
# it is so many. On little text it costs: each name is seen so seldom that its case tells most.
CASE_NOISE, LARGE = 0.05, 10_000


def build_lexical_embed(
    *,
    word_width: int,
    min_count: int,
    max_words: int = MAX_WORDS,
    word_dropout: float,
    attrs: Sequence[str],
    rows: Sequence[int],
    widths: Sequence[int],
    char_width: int,
    vector_width: int | None,
    char_window: int = 3,
    case_noise: float | None = 0.0,
) -> EmbedT:
    """Embed the words of a vocabulary, hashed features, spelling and static vectors, side by side.

    word_width (int): Width of the vectors of the vocabulary's words, which are looked up by NORM; 0
        for none.
    min_count (int): Words that occur less often in the training data are not in the vocabulary;
        all of those are `<UNK>`.
    max_words (int): Most words in the vocabulary. Training takes words in that it meets later,
        while there is room.
    word_dropout (float): In training, the share of the words that are taken for `<UNK>`.
    attrs (Sequence[str]): Lexical attributes to embed, such as "PREFIX", "SUFFIX" and "SHAPE".
    rows (Sequence[int]): Rows of each attribute's hash table.
    widths (Sequence[int]): Width of each attribute's vectors.
    char_width (int): Filters over the characters; 0 for none.
    vector_width (Optional[int]): Width that the pipeline's static vectors are projected to; 0 for
        none. If not given, it is decided at initialization: VECTOR_WIDTH, or 0 if there are none.
    char_window (int): Characters that a filter sees, an odd number.
    case_noise (Optional[float]): In training, the share of the documents that are read in lower or
        in upper case. None for CASE_NOISE where the vocabulary is large, and less in proportion
        where it has fewer than LARGE words.
    RETURNS (Model[List[Doc], List[Floats2d]]): The layer.
    """
    if not len(attrs) == len(rows) == len(widths):
        raise CodedError(Errors.E031.format(attrs=len(attrs), rows=len(rows), widths=len(widths)))
    check_range(0, math.inf, word_width=word_width, char_width=char_width)
    check_range(0, math.inf, vector_width=vector_width, min_count=min_count, max_words=max_words)
    check_range(1, math.inf, rows=rows, widths=widths, char_window=char_window)
    if char_window % 2 == 0:
        expected = "an odd number"
        raise CodedError(
            Errors.E034.format(name="char_window", value=char_window, expected=expected)
        )
    check_range(0, 1, word_dropout=word_dropout, case_noise=case_noise)
    if not (word_width or attrs or char_width or vector_width != 0):
        raise CodedError(Errors.E035)
    settings = {"rows": list(rows), "widths": list(widths), "vectors_out": vector_width}
    if char_width:
        settings.update(_CHARACTERS, char_width=char_width, char_window=char_window)
    reader = FeatureReader(
        attrs=tuple(attrs),
        rows=tuple(rows),
        characters=_CHARACTERS["characters"] if char_width else 0,
        max_characters=MAX_CHARACTERS,
        vectors=vector_width != 0,
    )
    width = None if vector_width is None else word_width + sum(widths) + char_width + vector_width
    model = _build_embed("lexical_embed", width, settings, reader)
    model.attrs["case_noise"] = case_noise
    if not word_width:
        return model
    return _add_words(model, word_width, min_count, max_words, word_dropout)


def build_word_embed(*, width: int, min_count: int, max_words: int = MAX_WORDS) -> EmbedT:
    """Embed the words of a vocabulary: `<PAD>` is 0, `<UNK>` 1, then those of the training data.

    width (int): Width of the vectors.
    min_count (int): Words that occur less often in the training data are `<UNK>`, which is how its
        vector is learned.
    max_words (int): Most words in the vocabulary, `<PAD>` and `<UNK>` aside.
    RETURNS (Model[List[Doc], List[Floats2d]]): The layer.
    """
    check_range(1, math.inf, width=width)
    check_range(0, math.inf, min_count=min_count, max_words=max_words)
    model = _build_embed("word_embed", width, {}, FeatureReader(word_attr="ORTH"))
    return _add_words(model, width, min_count, max_words, 0.0)


def build_char_embed(*, width: int) -> EmbedT:
    """Embed words by their characters alone.

    width (int): Width of the vectors: the number of filters.
    RETURNS (Model[List[Doc], List[Floats2d]]): The layer.
    """
    check_range(1, math.inf, width=width)
    settings = {**_CHARACTERS, "char_width": width}
    reader = FeatureReader(characters=_CHARACTERS["characters"], max_characters=MAX_CHARACTERS)
    return _build_embed("char_embed", width, settings, reader)


def is_embed(model: Model[Any, Any]) -> bool:
    """Whether a layer is one of the embeddings of this file."""
    return "reader" in model.attrs


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


def unknown_words(model: Model[Any, Any], docs: Iterable[Doc]) -> Iterator[Bools] | None:
    """Which tokens are words that the vocabulary of the embeddings in a model lacks.

    model (Model): The model, with weights.
    docs (Iterable[Doc]): The documents.
    RETURNS (Optional[Iterator[Bools]]): For each document, shape: (tokens,). None if nothing in the
        model has a vocabulary.
    """
    layers = [node for node in model.walk() if "newcomers" in node.attrs]
    if not layers:
        return None
    # Several embeddings of one model count the same words.
    reader, numbers = layers[0].attrs["reader"], get_shim(layers[0]).module.words.numbers
    return (
        np.array([numbers.get(w, UNKNOWN) == UNKNOWN for w in reader.read_words(doc)], dtype=bool)
        for doc in docs
    )


def _build_embed(
    name: str, width: int | None, settings: dict[str, Any], reader: FeatureReader
) -> EmbedT:
    # What is decided at initialization is among the settings of the module alone.
    config = {**settings, **asdict(reader)}
    config = {key: config[key] for key in config if key != "vectors" and config[key] is not None}
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
        shims=[ModuleShim(LexicalEmbedding, name=name, config=config)],
    )


def _add_words(model: EmbedT, width: int, min_count: int, max_words: int, dropout: float) -> EmbedT:
    model.attrs["settings"]["word_width"] = width
    model.attrs["word_counts"] = Counter()
    model.attrs["newcomers"] = Newcomers(min_count=min_count, max_words=max_words)
    model.attrs["word_dropout"] = dropout
    return model


def init(model: EmbedT, X: list[Doc] | None = None, Y: Any = None) -> None:
    """Build the module, now that the words and the width of the vectors are known."""
    check_attrs(model.attrs["reader"].attrs)  # not before: saved pipelines go on loading
    settings = dict(model.attrs["settings"])
    if "word_counts" in model.attrs:
        if not model.attrs["word_counts"]:
            count_words(model, X or [])
        newcomers: Newcomers = model.attrs["newcomers"]
        settings["words"] = make_vocabulary(
            model.attrs["word_counts"],
            min_count=newcomers.min_count,
            max_words=newcomers.max_words,
        )
        model.attrs["word_counts"] = Counter()
    if model.attrs["reader"].vectors:
        settings.update(_fit_vectors(settings["vectors_out"], X[0].vocab if X else None))
        widths = (settings.get(name, 0) for name in ("word_width", "char_width", "vectors_out"))
        width = sum(widths) + sum(settings["widths"])
        if not width:
            raise CodedError(Errors.E035)
        model.set_dim("nO", width, force=True)
    own_shim(model).build(**settings)


def _fit_vectors(width: int | None, vocab: Vocab | None) -> dict[str, int]:
    """Settings of static vectors: the width of those that there are, and of what they become.

    RAISES (ValueError): They are asked for, and there are none.
    """
    found = 0 if vocab is None else vocab.vectors_length
    if width is None:
        width = VECTOR_WIDTH if found else 0
        if found:
            logger.info("Static vectors of width %d are read; vector_width = 0 leaves them", found)
    if width and not found:
        raise CodedError(Errors.E032.format(width=width))
    return {"vectors_in": found if width else 0, "vectors_out": width}


@neutral_layer
def forward(
    model: EmbedT, docs: list[Doc], is_train: bool
) -> tuple[Sequence[Floats2d], Callable[[Sequence[Any]], list[Doc]]]:
    """Embed the tokens of documents, each distinct word once."""
    embed = _embed_to_train if is_train else _embed_to_predict
    vocabs = list({id(doc.vocab): doc.vocab for doc in docs}.values())
    if len(vocabs) > 1:
        groups = [[i for i, doc in enumerate(docs) if doc.vocab is vocab] for vocab in vocabs]
        vectors, backprop = _embed_groups(model, docs, groups, embed)
    else:
        vectors, backprop = embed(model, docs)
    return in_form_of(docs, vectors), backprop


def _embed_groups(
    model: EmbedT, docs: list[Doc], groups: list[list[int]], embed: EmbedFunction
) -> tuple[TokenVectors, Callable[[Sequence[Any]], list[Doc]]]:
    """Embed documents of several vocabularies, each vocabulary's by themselves."""
    lengths = [len(doc) for doc in docs]
    tokens = torch.arange(sum(lengths)).split(lengths)
    places = [torch.cat([tokens[i] for i in group]) for group in groups]
    parts = [embed(model, [docs[i] for i in group]) for group in groups]
    found = torch.cat([vectors.tokens() for vectors, _ in parts])
    place = torch.cat(places).to(found.device)
    values = torch.empty_like(found).index_copy_(0, place, found)

    def backprop(d_vectors: Sequence[Any]) -> list[Doc]:
        d_tokens = TokenVectors.of(d_vectors, values.device).tokens()
        for (vectors, backprop_part), of_part in zip(parts, places, strict=True):
            backprop_part(TokenVectors(d_tokens[of_part.to(d_tokens.device)], vectors.lengths))
        return []

    return TokenVectors(values, lengths), backprop


def _get_case_noise(model: EmbedT) -> float:
    """The share of documents to read in one case."""
    if model.attrs.get("case_noise", 0.0) is not None or not model.attrs["dropout_rate"]:
        return get_own_rate(model, "case_noise")
    words = get_shim(model).module.words
    return CASE_NOISE if words is None else CASE_NOISE * min(1.0, words.count() / LARGE)


def _embed_to_train(
    model: EmbedT, docs: list[Doc]
) -> tuple[TokenVectors, Callable[[Sequence[Any]], list[Doc]]]:
    shim = get_shim(model)
    read = read_in_any_case(docs, _get_case_noise(model))
    words, lengths = list(chain.from_iterable(read)), [len(doc) for doc in docs]
    if not len(words):
        return _embed_nothing(model, lengths), _pass_nothing
    vocab = docs[0].vocab
    distinct, indices = _number(words)
    features = _read_features(model, shim.module, distinct, vocab)
    _meet(model, distinct, features, vocab, indices, lengths)
    values = shim.module(features, dropout=get_own_rate(model, "word_dropout"))
    rows = torch.from_numpy(indices).to(shim.device)

    def backprop(d_vectors: Sequence[Any]) -> list[Doc]:
        d_tokens = TokenVectors.of(d_vectors, values.device).tokens()
        shim.backward([values], [torch.zeros_like(values).index_add_(0, rows, d_tokens)])
        return []

    return TokenVectors(values.detach(), lengths, rows), backprop


def _meet(
    model: EmbedT,
    words: list[int],
    features: TypeFeatures,
    vocab: Vocab,
    indices: Ints,
    lengths: list[int],
) -> None:
    """Show the vocabulary the words that it lacks. It takes them in when the weights change next.

    words (List[int]): The distinct words.
    features (TypeFeatures): Their features.
    vocab (Vocab): What they are words of.
    indices (Ints): Which of them each token is. shape: (tokens,).
    lengths (List[int]): Tokens of each document.
    """
    embedding = get_shim(model).module.words
    if embedding is None:
        return
    newcomers: Newcomers = model.attrs["newcomers"]
    room = newcomers.max_words - embedding.count()
    if room <= 0:
        return
    unknown = features.words.cpu().numpy() == UNKNOWN  # (types,)
    tokens = np.flatnonzero(unknown[indices])
    if not len(tokens):
        return
    keys = model.attrs["reader"].read_keys(words, vocab)[indices]  # (tokens,)
    names = [vocab.strings[key] for key in keys[tokens].tolist()]
    met = newcomers.see(zip(names, places(keys, lengths, tokens), strict=True))
    embedding.expect(met[:room])


def _embed_to_predict(
    model: EmbedT, docs: list[Doc]
) -> tuple[TokenVectors, Callable[[Sequence[Any]], list[Doc]]]:
    """Look words up among those seen since the weights last changed."""
    shim = get_shim(model)
    words, lengths = _read_orths(docs), [len(doc) for doc in docs]
    if not len(words):
        return _embed_nothing(model, lengths), _pass_nothing
    vocab = docs[0].vocab
    distinct, of_token = _number(words)
    ids = model.attrs["reader"].identify(distinct, vocab)
    table = shim.cached("words", WordTable)
    rows = table.rows(vocab, vocab.vectors)
    found = rows.find(ids)
    if None in found:
        rows, new = table.make_room(rows, ids)
        if new:  # else another thread has added them meanwhile
            word_of = dict(zip(ids, distinct, strict=True))
            with torch.no_grad():
                module, orths = shim.predictor, [word_of[i] for i in new]
                rows.add(new, module(_read_features(model, module, orths, vocab)))
        found = rows.find(ids)
    values = rows.vectors.tensor
    indices = torch.from_numpy(np.array(found, dtype=np.int64)[of_token]).to(values.device)
    return TokenVectors(values, lengths, indices, words=rows), _pass_nothing


def _embed_nothing(model: EmbedT, lengths: list[int]) -> TokenVectors:
    return TokenVectors(torch.zeros(0, model.get_dim("nO"), device=get_shim(model).device), lengths)


def _read_orths(docs: list[Doc]) -> list[int]:
    arrays = [doc.to_array(ORTH) for doc in docs if len(doc)]
    return np.concatenate(arrays).tolist() if arrays else []


def _number(words: Sequence[int]) -> tuple[list[int], Ints]:
    """The distinct words, and which of them each token is. shape: (tokens,)."""
    index: dict[int, int] = {}
    of_token = [index.setdefault(word, len(index)) for word in words]
    return list(index), np.array(of_token, dtype=np.int64)


def _read_features(
    model: EmbedT, module: LexicalEmbedding, words: list[int], vocab: Vocab
) -> TypeFeatures:
    shim = get_shim(model)
    expected = shim.cfg.get("vectors_in", 0)
    if expected and vocab.vectors_length != expected:
        raise CodedError(Errors.E037.format(expected=expected, found=vocab.vectors_length))
    embedding = module.words
    numbers = {} if embedding is None else embedding.numbers
    return model.attrs["reader"](words, vocab, numbers).to(shim.device)


def _pass_nothing(d_vectors: Sequence[Any]) -> list[Doc]:
    return []
