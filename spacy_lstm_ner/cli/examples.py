"""Annotated text that commands read."""

from collections.abc import Iterator
from pathlib import Path

from spacy.language import Language
from spacy.training import Corpus, Example
from tqdm import tqdm

from ..errors import CodedError, Errors
from ..pipeline.upstream import upstream_only


def read_examples(nlp: Language, name: str, path: Path, *, limit: int = 0) -> Iterator[Example]:
    """Read annotated text; components before one of a pipeline process what it is to see.

    nlp (Language): The pipeline.
    name (str): The component.
    path (Path): A `.spacy` file, or a folder of such.
    limit (int): Most documents to read; 0 for all.
    YIELDS (Example): The documents.
    RAISES (ValueError): They cannot be read, or there are none.
    """
    try:
        examples = list(Corpus(path, limit=limit)(nlp))
    except Exception as error:  # a file can be of anything
        raise CodedError(Errors.E141.format(path=path, error=error)) from error
    if not examples:
        raise CodedError(Errors.E141.format(path=path, error="it has none"))
    with upstream_only(nlp, name):
        docs = nlp.pipe(eg.predicted for eg in examples)
        for eg, doc in zip(
            examples, tqdm(docs, total=len(examples), leave=False, delay=2), strict=True
        ):
            eg.predicted = doc
            yield eg
