"""Noise of letter case, from which training learns to read headlines, shouting and lazy typing.

Mayhew, Tsygankova and Roth 2019, https://aclanthology.org/D19-1650, who train on text with and
without its capitals.
"""

from collections.abc import Callable, Iterator, Sequence

import torch
from spacy.attrs import ORTH
from spacy.tokens import Doc
from spacy.vocab import Vocab


def read_in_any_case(docs: Sequence[Doc], rate: float) -> Iterator[list[int]]:
    """Read the words of documents, now and then of a whole one as if it were in a single case.

    docs (Sequence[Doc]): The documents, which stay as they are.
    rate (float): Share of the documents that are read in lower case or, as often, in upper case.
    YIELDS (List[int]): Hashes of the words of a document. A word that has another norm in the other
        case stays as it is.
    """
    draws = torch.rand(len(docs)).tolist() if rate > 0.0 else [1.0] * len(docs)
    for doc, draw in zip(docs, draws, strict=True):
        words = doc.to_array(ORTH).tolist() if len(doc) else []
        if draw < rate:
            change = str.lower if draw < rate / 2 else str.upper
            words = [_in_case(word, doc.vocab, change) for word in words]
        yield words


def _in_case(word: int, vocab: Vocab, change: Callable[[str], str]) -> int:
    changed = vocab.strings.add(change(vocab.strings[word]))
    # "Straße" would become another word, "STRASSE".
    return changed if vocab[changed].norm == vocab[word].norm else word
