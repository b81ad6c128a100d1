"""A batch of Arrow in, the same rows with their entities out."""

from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
from spacy.language import Language

from ..errors import CodedError, Errors
from ..pipeline.loading import load_entity_finder
from ..pipeline.version import check_version
from .documents import Failure, Input, Output, entities_of, process
from .memory import bounded

# The type of a column of entities. Places count characters.
ENTITIES = pa.list_(
    pa.struct(
        [
            pa.field("start", pa.int32(), nullable=False),
            pa.field("end", pa.int32(), nullable=False),
            pa.field("label", pa.string(), nullable=False),
            pa.field("text", pa.string(), nullable=False),
            pa.field("probability", pa.float32()),
        ]
    )
)
# What the columns are called that are added.
ENTS, ERROR = "ents", "error"
ADDED = pa.schema([(ENTS, ENTITIES), (ERROR, pa.string())])

# Engines have one or the other.
BatchT = TypeVar("BatchT", pa.RecordBatch, pa.Table)


def arrow(
    model: str | Path | Language,
    batch: BatchT,
    *,
    text: str = "text",
    version: str | None = None,
) -> BatchT:
    """Find the entities of the texts in a batch.

    A pipeline that is given by name is loaded once in each process. Nothing else is kept from one
    call to the next, so batches may come in any order, to any process.

    model (Union[str, Path, Language]): The pipeline, its folder or the name of its package.
    batch (Union[pyarrow.RecordBatch, pyarrow.Table]): Rows with a text each.
    text (str): The column with the texts, strings.
    version (Optional[str]): What `version_of(model)` is where the work was begun, to be sure that
        each machine has the same pipeline.
    RETURNS (Union[pyarrow.RecordBatch, pyarrow.Table]): The rows, with two columns more. "ents" has
        a list of structs: start and end, in characters; label; text; and the probability, where
        the pipeline gives one. "error" says why a row has no such list, and is null elsewhere.
    RAISES (ValueError): The batch has no such column, or has columns of these names; or the
        pipeline is another, cannot be loaded, or finds no entities.
    """
    check_schema(batch.schema, text)
    nlp = model if isinstance(model, Language) else _load(str(model), version)
    with bounded(nlp):
        outputs = process(nlp, texts_of(batch, text))
        return _add_entities(batch, outputs)


def check_schema(schema: pa.Schema, text: str, *, place: str = "The batch") -> None:
    """See that rows have texts, and room for what is found in them.

    schema (pyarrow.Schema): Their columns.
    text (str): The column with the texts.
    place (str): What has the columns, for messages.
    RAISES (ValueError): There is no such column of strings, or a name is taken.
    """
    if text not in schema.names or not _is_text(schema.field(text).type):
        columns = ", ".join(f"{field.name} ({field.type})" for field in schema) or "none"
        raise CodedError(Errors.E284.format(place=place, text=text, columns=columns))
    taken = [name for name in ADDED.names if name in schema.names]
    if taken:
        raise CodedError(Errors.E285.format(place=place, name=taken[0]))


def texts_of(batch: pa.RecordBatch | pa.Table, text: str) -> list[Input]:
    """The texts in a batch."""
    column = batch.column(text)
    return [Failure(Errors.E286) if one is None else one for one in column.to_pylist()]


def _add_entities(batch: BatchT, outputs: list[Output]) -> BatchT:
    """The rows of a batch with what was found in each, or why nothing was."""
    found = [None if isinstance(one, Failure) else entities_of(one) for one in outputs]
    errors = [one.message if isinstance(one, Failure) else None for one in outputs]
    columns = [*batch.columns, pa.array(found, ENTITIES), pa.array(errors, pa.string())]
    schema = pa.schema([*batch.schema, *ADDED], metadata=batch.schema.metadata)
    return type(batch).from_arrays(columns, schema=schema)


def _is_text(of_type: Any) -> bool:
    if pa.types.is_dictionary(of_type):
        of_type = of_type.value_type
    return bool(
        pa.types.is_string(of_type)
        or pa.types.is_large_string(of_type)
        or pa.types.is_string_view(of_type)
    )


@cache
def _load(model: str, version: str | None) -> Language:
    if version is not None:
        check_version(model, version)
    return load_entity_finder(model)
