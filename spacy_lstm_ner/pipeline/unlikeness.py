"""How unlike its training text a document is to a component."""

from collections.abc import Iterable, Iterator

import numpy as np
from spacy.attrs import IS_SPACE
from spacy.tokens import Doc

from ..errors import CodedError, Errors
from ..models.embed import unknown_words
from ..models.tagger import TaggerT


def unlikeness(model: TaggerT, docs: Iterable[Doc], *, name: str) -> Iterator[float]:
    """The share of a document's tokens that are words without a vector of their own.

    Words are in the model's vocabulary if its training text has them often enough. Whitespace does
    not count.

    model (Model[List[Doc], List[Floats2d]]): The tagger.
    docs (Iterable[Doc]): The documents.
    name (str): Name of the component, for the messages of errors.
    YIELDS (float): One for each document: from 0, all words are known, to 1, none is. 0 if it has
        no words.
    RAISES (ValueError): The model has no vocabulary.
    """
    docs = list(docs)
    unknown = unknown_words(model, docs)
    if unknown is None:
        raise CodedError(Errors.E170.format(name=name))
    for doc, of_doc in zip(docs, unknown, strict=True):
        words = of_doc[~np.asarray(doc.to_array(IS_SPACE), dtype=bool)]
        yield float(words.mean()) if len(words) else 0.0
