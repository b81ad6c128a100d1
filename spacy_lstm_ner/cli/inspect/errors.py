"""`python -m spacy lstm-ner inspect errors`: a page that shows where a pipeline errs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated as Option
from typing import TypeAlias

import typer
from spacy.language import Language
from spacy.training import Example
from tqdm import tqdm
from wasabi import msg

from ...errors import CodedError, Errors, Warnings
from ...instruments import drawing, errors_page
from ...instruments.errors import Report, inspect_errors
from ...instruments.readings import Reading, read
from ...pipeline.loading import load_pipeline
from ...pipeline.lstm_ner import LSTMEntityRecognizer
from .. import printable
from ..examples import files_of, read_docs, read_files
from ..outputs import replaced
from ..pipelines import find_recognizer
from . import inspect_cli

# A pipeline, the recognizer in it, and the documents of each file for it to read.
Pipeline: TypeAlias = tuple[Language, LSTMEntityRecognizer, dict[str, list[Example]]]


@inspect_cli.command("errors")
def errors_cli(
    model: Option[str, typer.Argument(help="Pipeline: its folder or package name")],
    data_path: Option[Path, typer.Argument(help="Annotated text, as .spacy")],
    output_path: Option[Path, typer.Argument(help="HTML page to write")],
    train_path: Option[
        Path | None, typer.Option("--train", "-t", help="What it was trained on, as .spacy")
    ] = None,
    against: Option[
        str | None, typer.Option("--against", "-a", help="Another pipeline, to compare with")
    ] = None,
    name: Option[
        str | None, typer.Option("--name", "-n", help="Component, if there are several")
    ] = None,
) -> None:
    """Show where a pipeline errs: scores, kinds of errors, and every error in its context.

    The page is one file, which needs no network. With --train it says of every error what the
    training text has of those words.
    """
    try:
        write_page(model, data_path, output_path, train_path=train_path, against=against, name=name)
    except ValueError as error:  # spaCy's too, of a component that was never trained
        msg.fail("Could not inspect errors", printable(error), exits=1)
    msg.good(f"Wrote {printable(output_path)}")


def write_page(
    model: str,
    data_path: Path,
    output_path: Path,
    *,
    train_path: Path | None = None,
    against: str | None = None,
    name: str | None = None,
) -> Report:
    """Write a page that shows where a pipeline errs.

    model (str): The pipeline: its folder or the name of its package.
    data_path (Path): Annotated text, a `.spacy` file or a folder of such.
    output_path (Path): The page. Its folder is made if it does not exist.
    train_path (Optional[Path]): What the pipeline was trained on.
    against (Optional[str]): Another pipeline, to compare with.
    name (Optional[str]): The recognizer's name, if there are several.
    RETURNS (Report): What is on the page.
    RAISES (ValueError): Something cannot be read, or the page not written.
    """
    inputs = [path for path in (data_path, train_path) if path is not None]
    if output_path.resolve() in (file.resolve() for path in inputs for file in files_of(path)):
        raise CodedError(Errors.E192.format(path=output_path))
    pipelines = [_load(source, data_path, name) for source in (model, against) if source]
    if against is not None:
        _check_labels(model, against, pipelines)
    training = None if train_path is None else read_docs(pipelines[0][0], train_path)
    with replaced(output_path) as file:
        readings = [_read(*pipeline) for pipeline in pipelines]
        report = inspect_errors(readings[0], training=training, other=(*readings, None)[1])
        pictures = {}
        if drawing.is_possible():
            pictures = errors_page.draw(report.forecasts)
        else:
            msg.warn(Warnings.W190)
        names = [model, against] if against else [model]
        title = f"Where it errs: {data_path.name}"
        page = errors_page.render_page(report, title, names=names, pictures=pictures)
        file.write(page.encode("utf-8", "backslashreplace"))
    return report


def _load(source: str, data_path: Path, name: str | None) -> Pipeline:
    nlp = load_pipeline(source)
    ner, files = find_recognizer(nlp, source, name), read_files(nlp, data_path)
    if not any(eg.reference.ents for examples in files.values() for eg in examples):
        raise CodedError(Errors.E190.format(number=sum(map(len, files.values()))))
    return nlp, ner, files


def _check_labels(model: str, against: str, pipelines: Sequence[Pipeline]) -> None:
    ours, theirs = (sorted(ner.labels) for _, ner, _ in pipelines)
    if ours != theirs:
        message = Errors.E191.format(
            model=model, against=against, ours=", ".join(ours), theirs=", ".join(theirs)
        )
        raise CodedError(message)


def _read(
    nlp: Language, ner: LSTMEntityRecognizer, files: dict[str, list[Example]]
) -> list[Reading]:
    readings, total = read(nlp, ner, files), sum(map(len, files.values()))
    return list(tqdm(readings, total=total, unit="document", delay=2, leave=False))
