"""Annotated text that commands read: a `.spacy` file, or a folder of such."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TypeVar

from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training import Corpus, Example
from spacy.training.corpus import FILE_TYPE, walk_corpus
from tqdm import tqdm

from ..errors import CodedError, Errors
from ..pipeline.upstream import upstream_only

ReadT = TypeVar("ReadT", Doc, Example)


def read_examples(nlp: Language, name: str, path: Path, *, limit: int = 0) -> Iterator[Example]:
    """Read annotated text; components before one of a pipeline process what it is to see.

    nlp (Language): The pipeline.
    name (str): The component.
    path (Path): The file, or the folder.
    limit (int): Most documents to read; 0 for all.
    YIELDS (Example): The documents.
    RAISES (ValueError): They cannot be read, or there are none.
    """
    files = read_files(nlp, path, limit=limit)
    examples = list(islice(chain.from_iterable(files.values()), limit or None))
    with upstream_only(nlp, name):
        docs = nlp.pipe(eg.predicted for eg in examples)
        for eg, doc in zip(
            examples, tqdm(docs, total=len(examples), leave=False, delay=2), strict=True
        ):
            eg.predicted = doc
            yield eg


def read_files(nlp: Language, path: Path, *, limit: int = 0) -> dict[str, list[Example]]:
    """Read annotated text for a pipeline to process.

    nlp (Language): The pipeline.
    path (Path): The file, or the folder.
    limit (int): Most documents to read of each file; 0 for all.
    RETURNS (Dict[str, List[Example]]): The documents of each file by its name, at least one.
    RAISES (ValueError): They cannot be read, or there are none.
    """
    return _read(path, lambda file: Corpus(file, limit=limit)(nlp))


def read_docs(nlp: Language, path: Path) -> list[Doc]:
    """Read annotated text as it is, with documents that have no tokens.

    nlp (Language): The pipeline whose vocabulary the documents are to have.
    path (Path): The file, or the folder.
    RETURNS (List[Doc]): The documents, at least one.
    RAISES (ValueError): They cannot be read, or there are none.
    """
    files = _read(path, lambda file: DocBin().from_disk(file).get_docs(nlp.vocab))
    return list(chain.from_iterable(files.values()))


def files_of(path: Path) -> list[Path]:
    """The files that a path leads to: itself, or those in a folder."""
    return list(walk_corpus(path, FILE_TYPE))


def _read(path: Path, read: Callable[[Path], Iterable[ReadT]]) -> dict[str, list[ReadT]]:
    found: dict[str, list[ReadT]] = {}
    for file in files_of(path):
        name = str(file.relative_to(path)) if file != path else file.name
        try:
            found[name] = list(read(file))
        except Exception as error:  # a file can be of anything
            raise CodedError(Errors.E141.format(path=file, error=error)) from error
    if not any(found.values()):
        raise CodedError(Errors.E141.format(path=path, error="it has none"))
    return found
