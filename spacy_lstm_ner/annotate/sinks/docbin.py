"""Documents of spaCy, with what the pipeline set; other columns are in their user data."""

from collections.abc import Iterable
from typing import BinaryIO

import pyarrow as pa
from spacy.tokens import DocBin
from spacy.tokens.doc import DOCBIN_ALL_ATTRS

from .sink import Found, Sink, records_of


def _write(file: BinaryIO, found: Iterable[Found], schema: pa.Schema) -> None:
    docbin = DocBin(attrs=DOCBIN_ALL_ATTRS, store_user_data=True)
    for rows, docs in found:
        for record, doc in zip(records_of(rows), docs, strict=True):
            doc.user_data.update(record)
            docbin.add(doc)
    file.write(docbin.to_bytes())


DOCBIN = Sink(".spacy", _write, None, is_typed=False)
