"""The recognizer of a pipeline that a command works on, and pipelines that it writes."""

import tempfile
from pathlib import Path

from spacy.language import Language

from ..errors import CodedError, Errors
from ..pipeline.loading import told_components
from ..pipeline.lstm_ner import LSTMEntityRecognizer


def find_recognizer(nlp: Language, model: str, name: str | None) -> LSTMEntityRecognizer:
    """The component of a pipeline that is an `lstm_ner`.

    nlp (Language): The pipeline.
    model (str): What it was loaded from, for the messages of errors.
    name (Optional[str]): The component's name, if there are several.
    RAISES (ValueError): There is none, or several, or none of that name.
    """
    found = {key: pipe for key, pipe in nlp.pipeline if isinstance(pipe, LSTMEntityRecognizer)}
    if not found or (name is not None and name not in found):
        raise CodedError(Errors.E164.format(model=model, components=told_components(nlp)))
    if name is None and len(found) > 1:
        raise CodedError(Errors.E165.format(model=model, names=", ".join(found)))
    return found[name] if name is not None else next(iter(found.values()))


def write_pipeline(nlp: Language, path: Path, extra: dict[str, bytes]) -> None:
    """Write a pipeline and files beside its own: all of it, or nothing.

    nlp (Language): The pipeline.
    path (Path): Its folder. A pipeline that is there, with nothing else beside it, is replaced.
    extra (Dict[str, bytes]): What each further file is to hold, by its path in the folder.
    RAISES (ValueError): It cannot be written, or something else is there.
    """
    if path.exists() and not _may_replace(path, {*nlp.component_names, *map(_first, extra)}):
        raise CodedError(Errors.E167.format(path=path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as folder:
            new, old = Path(folder) / "new", Path(folder) / "old"
            nlp.to_disk(new)
            for name, content in extra.items():
                (new / name).parent.mkdir(parents=True, exist_ok=True)
                (new / name).write_bytes(content)
            if path.exists():
                path.rename(old)
            try:
                new.rename(path)
            except BaseException:
                if old.exists():
                    old.rename(path)
                raise
    except (OSError, ValueError) as error:
        raise CodedError(Errors.E166.format(path=path, error=error)) from error


def _may_replace(path: Path, parts: set[str]) -> bool:
    """Whether a folder is empty, or holds a pipeline with the given parts and nothing else."""
    if not path.is_dir():
        return False
    # A component's part is a folder, or a file whose name can have an ending, such as .json.
    found = {entry.stem if entry.stem in parts else entry.name for entry in path.iterdir()}
    needed = {"config.cfg", "meta.json", "tokenizer", "vocab"}
    return not found or needed <= found <= needed | parts


def _first(name: str) -> str:
    return name.split("/")[0]
