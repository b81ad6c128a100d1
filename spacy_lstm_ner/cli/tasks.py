"""What the commands have in common that write tasks for annotation tools."""

from pathlib import Path

from spacy.language import Language

from ..errors import CodedError, Errors
from ..training.tasks import FORMATS


def check_task_file(path: Path, texts: Path, *, format: str) -> None:
    """See that tasks can be written as asked for.

    path (Path): The file to write.
    texts (Path): The texts that they are made of.
    format (str): What it is to be for, a name of one of FORMATS.
    RAISES (ValueError): There is no such format, or the file is that of the texts.
    """
    if format not in FORMATS:
        raise CodedError(Errors.E174.format(format=format, formats=", ".join(FORMATS)))
    if path.resolve() == texts.resolve():
        raise CodedError(Errors.E175.format(path=path))


def model_name(nlp: Language) -> str:
    """What tasks call a pipeline that predicted, such as "en_core_web_sm-3.8.0"."""
    return "{lang}_{name}-{version}".format(**nlp.meta)
