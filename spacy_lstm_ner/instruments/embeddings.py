"""What words and spellings an embedding holds for alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import Model

from ..errors import CodedError, Errors
from ..models.embed import is_embed
from ..models.shim import own_shim
from ..models.vocabulary import PAD, UNK
from ..types import Doubles

# Words that are embedded at once.
BATCH = 4096


class Neighbor(NamedTuple):
    """A word that is near another.

    word (str): The word.
    similarity (float): The cosine of the angle between both vectors, 1 for the same direction.
    """

    word: str
    similarity: float


@dataclass(frozen=True)
class Neighborhood:
    """What is near a word, nearest first.

    known (bool): Whether the word has a vector of its own. If not, it has that of all unknown
        words, and `words` is empty.
    words (List[Neighbor]): By the vectors of the vocabulary: words that are used alike.
    spellings (List[Neighbor]): By prefix, suffix, shape and characters: words that look alike.
    """

    known: bool
    words: list[Neighbor]
    spellings: list[Neighbor]


def neighborhood(
    nlp: Language, word: str, *, count: int = 10, name: str | None = None
) -> Neighborhood:
    """Find what is near a word, among the words of the vocabulary.

    The vocabulary holds words without their capitals. For spellings, they are written as the word
    is: capitalized, in capitals, or as they are.

    nlp (Language): The pipeline.
    word (str): The word.
    count (int): Most neighbors of each kind.
    name (Optional[str]): The component, if several have an embedding with a vocabulary.
    RETURNS (Neighborhood): What is near it.
    RAISES (ValueError): There is no embedding with a vocabulary, or several.
    """
    layer = _find(nlp, name)
    module = own_shim(layer).predictor
    known = [entry for entry in module.words.numbers if entry not in (PAD, UNK)]
    width = module.words.table.weight.shape[1]
    spelled = sum(part.table.embedding_dim for part in module.hashed)
    spelled += module.characters.filters.out_channels if module.characters else 0
    reader = layer.attrs["reader"]
    (key,) = reader.read_words(Doc(nlp.vocab, words=[word]))
    by_use = _embed(nlp, layer, known)[:, :width]
    own = known.index(key) if key in known else None
    cased = [_case_of(word)(entry) for entry in known]
    columns = slice(width, width + spelled)
    (target,) = _embed(nlp, layer, [word])[:, columns]
    return Neighborhood(
        known=own is not None,
        words=[] if own is None else _nearest(by_use[own], by_use, known, {key}, count),
        spellings=_nearest(
            target, _embed(nlp, layer, cased)[:, columns], cased, {word}, count if spelled else 0
        ),
    )


def _find(nlp: Language, name: str | None) -> Model[Any, Any]:
    """The embedding of a component that has a vocabulary."""
    found = {
        key: layer
        for key, pipe in nlp.pipeline
        if isinstance(model := getattr(pipe, "model", None), Model)
        for layer in model.walk()
        if is_embed(layer) and getattr(own_shim(layer).module, "words", None) is not None
    }
    if name in found or (name is None and len(found) == 1):
        return found[name] if name is not None else next(iter(found.values()))
    components = ", ".join(found or nlp.pipe_names) or "none"
    raise CodedError((Errors.E201 if found else Errors.E200).format(components=components))


def _embed(nlp: Language, layer: Model[Any, Any], words: list[str]) -> Doubles:
    """Vectors of words by themselves. shape: (words, width)."""
    docs = [Doc(nlp.vocab, words=words[i : i + BATCH]) for i in range(0, len(words), BATCH)]
    vectors = layer.predict(docs)
    return np.concatenate([np.asarray(part, dtype=np.float64) for part in vectors])


def _case_of(word: str) -> Callable[[str], str]:
    """How to write other words as a word is written."""
    if word.isupper() and len(word) > 1:
        return str.upper
    return str.capitalize if word[:1].isupper() else str


def _nearest(
    target: Doubles, vectors: Doubles, words: Sequence[str], leave_out: set[str], count: int
) -> list[Neighbor]:
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(target)
    cosine = vectors @ target / np.maximum(lengths, 1e-12)
    order = np.argsort(-cosine, kind="stable").tolist()
    near = (Neighbor(words[i], float(cosine[i])) for i in order if words[i] not in leave_out)
    return [neighbor for neighbor, _ in zip(near, range(count), strict=False)]
