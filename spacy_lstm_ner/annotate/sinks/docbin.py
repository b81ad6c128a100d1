"""Documents of spaCy, with what the pipeline set; other columns are in their user data."""

from collections.abc import Iterable
from typing import Any, BinaryIO

import pyarrow as pa
from spacy.tokens import Doc, DocBin
from spacy.tokens.doc import DOCBIN_ALL_ATTRS

from .sink import Found, Sink, records_of, told

# Types that MessagePack has.
_PLAIN = (type(None), bool, int, float, bytes)


def _write(file: BinaryIO, found: Iterable[Found], schema: pa.Schema) -> None:
    docbin = DocBin(attrs=DOCBIN_ALL_ATTRS, store_user_data=True)
    for rows, docs in found:
        for record, doc in zip(records_of(rows), docs, strict=True):
            _drop_stale_groups(doc)
            doc.user_data.update(_storable(record))
            docbin.add(doc)
    file.write(docbin.to_bytes())


def _drop_stale_groups(doc: Doc) -> None:
    """Drop groups of spans that a component which merged tokens has left beyond the end.

    spaCy does not move them, and cannot store them.
    """
    for key in list(doc.spans):
        try:
            list(doc.spans[key])
        except IndexError:
            del doc.spans[key]


def _storable(value: Any) -> Any:
    """A value with what MessagePack has no type for as text."""
    if isinstance(value, dict):
        return {key: _storable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_storable(each) for each in value]
    if isinstance(value, str):  # half of a surrogate pair is no UTF-8
        return value.encode("utf-8", "backslashreplace").decode()
    fits = not isinstance(value, int) or -(1 << 63) <= value < 1 << 64
    return value if fits and isinstance(value, _PLAIN) else told(value)


DOCBIN = Sink(".spacy", _write, None, is_typed=False)
