"""Documents of spaCy, whose tokens are kept."""

from collections.abc import Iterator
from copy import copy
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
from spacy.language import Language
from spacy.tokens import Doc, DocBin

from ...training.labelling import bare
from .source import BLOCK, Block, Range, Source, Wanted, by_number, in_blocks

# What a DocBin has of each document.
_LISTS = ("tokens", "spaces", "cats", "span_groups", "flags", "user_data")
# Bytes of a document, about.
_DOC_BYTES = 100


def _schema(path: Path, wanted: Wanted) -> pa.Schema:
    return pa.schema([(wanted.text, pa.string())])


def _split(path: Path, size: int) -> list[Range]:
    return by_number(len(_load(path)), max(BLOCK, size // _DOC_BYTES))


def _read(path: Path, span: Range, wanted: Wanted, nlp: Language) -> Iterator[Block]:
    docs = (bare(doc, nlp.vocab) for doc in _docs(path, span, nlp))
    rows = ((doc, {wanted.text: doc.text}) for doc in docs)
    return in_blocks((doc, record, i) for i, (doc, record) in enumerate(rows, start=span.first))


def _docs(path: Path, span: Range, nlp: Language) -> Iterator[Doc]:
    part = copy(_load(path))
    for name in _LISTS:
        setattr(part, name, getattr(part, name)[span.start : span.stop])
    return part.get_docs(nlp.vocab)


@lru_cache(maxsize=1)
def _load(path: Path) -> DocBin:
    return DocBin().from_disk(path)


DOCBIN = Source(_schema, _split, _read)
