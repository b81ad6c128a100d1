"""`python -m spacy lstm-ner convert`: annotation in other formats to `.spacy` files."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated as Option
from typing import Any, get_origin

import typer
from wasabi import msg

from ..errors import Warnings
from ..training.convert import Summary, convert
from ..training.converters import FORMATS
from ..training.converters.problems import list_some
from . import lstm_ner_cli, printable
from .options import parse_list, parse_map

_PUBLISHED = [name for name, format in FORMATS.items() if format.published_split]


def _with_formats(command: Callable[..., None]) -> Callable[..., None]:
    """Complete a command by the table of formats: a flag for each option, and a list in its help.

    The flags take the place of the command's `**options`.
    """
    signature = inspect.signature(command)
    own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    flags = [flag for flag in _flags() if flag.name not in signature.parameters]
    command.__signature__ = signature.replace(parameters=[*own, *flags])  # type: ignore[attr-defined]
    command.__doc__ = "\n\n".join([inspect.getdoc(command) or "", "Formats:", *_formats()])
    return command


def _flags() -> Iterator[inspect.Parameter]:
    """Parameters, as typer reads them, of all options of formats."""
    options = {name: option for f in FORMATS.values() for name, option in f.options().items()}
    for name, option in options.items():
        is_list = get_origin(option.type) is tuple
        info = typer.Option(
            None,  # the format's own default
            help=f"{option.metadata['help']} ({', '.join(_formats_with(name))})",
            parser=parse_list if is_list else None,
        )
        yield inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=info,
            annotation=str if is_list else option.type,
        )


def _formats_with(option: str) -> Iterator[str]:
    """The formats that have an option, each with its default."""
    for name, format in FORMATS.items():
        if option in format.options():
            default = format.options()[option].default
            yield name if default == () else f"{name}: {default} by default"


def _formats() -> Iterator[str]:
    """A paragraph of help for each format."""
    for name, format in FORMATS.items():
        description, *_ = (inspect.getdoc(format) or "").split("\n\n")
        yield f"{name} ({' '.join(format.suffixes)}): {description}"


@lstm_ner_cli.command("convert")
@_with_formats
def convert_cli(
    input_path: Option[Path, typer.Argument(help="File to convert, or folder of files")],
    output_dir: Option[Path, typer.Argument(help="Folder for the .spacy files")],
    format: Option[
        str, typer.Option("--format", "-f", help=f"{', '.join(FORMATS)}; auto goes by the file")
    ] = "auto",
    lang: Option[str, typer.Option("--lang", "-l", help="Language whose tokenizer to use")] = "en",
    split: Option[
        str,
        typer.Option(
            "--split",
            "-s",
            help="auto (as the source says), none (a file for each file), the published split of "
            f"{' or '.join(_PUBLISHED)}, or e.g. 70/15/15",
        ),
    ] = "auto",
    rename: Option[
        str, typer.Option("--map", "-m", help="Labels to rename, e.g. gpe=GEO,per=PER")
    ] = "",
    drop: Option[str, typer.Option("--drop", "-d", help="Labels to leave out, e.g. nat,eve")] = "",
    upper: Option[bool, typer.Option("--upper", "-u", help="Write labels in capitals")] = False,
    max_lost: Option[
        float, typer.Option("--max-lost", help="Share of mentions that may end within a token")
    ] = 0.01,
    encoding: Option[
        str | None,
        typer.Option("--encoding", "-e", help="Encoding; by default that of the format"),
    ] = None,
    **options: Any,
) -> None:
    """Convert annotation to .spacy files and print what was found.

    Every file gives one of its own name, a.conll gives a.spacy: files called train, dev and test
    are the splits. If documents name their split, all of a split go to one file instead,
    train.spacy, dev.spacy or test.spacy; a document that names none then belongs to the split that
    its file is called by.

    Nothing is written if anything in the input is wrong.
    """
    options["encoding"] = encoding
    try:
        written = convert(
            input_path,
            output_dir,
            format=format,
            lang=lang,
            split=split,
            rename=parse_map(rename),
            drop=parse_list(drop),
            upper=upper,
            max_lost=max_lost,
            **{name: value for name, value in options.items() if value is not None},
        )
    except ValueError as error:
        msg.fail("Could not convert", printable(error), exits=1)
    _warn(Warnings.W100, (summary.lost for summary in written.values()))
    _warn(Warnings.W102, (summary.overlapping for summary in written.values()))
    _warn(Warnings.W103, (summary.skipped for summary in written.values()))
    _print_summaries(written)
    msg.good(f"Wrote {len(written)} file(s) to {printable(output_dir)}")


def _warn(message: str, of_files: Iterable[Sequence[str]]) -> None:
    """Say what was left out, if anything was."""
    places = [printable(place) for places in of_files for place in places]
    if places:
        msg.warn(message.format(count=len(places), places=list_some(places)))


def _print_summaries(written: Mapping[Path, Summary]) -> None:
    """One row per file: documents, tokens, entities of each label, repairs, what was left out."""
    summaries = written.values()
    labels = sorted(set().union(*(summary.entities for summary in summaries)))
    columns = {
        "file": [printable(path.name) for path in written],
        "documents": [summary.documents for summary in summaries],
        "tokens": [summary.tokens for summary in summaries],
        "entities": [summary.entities.total() for summary in summaries],
        **{label: [summary.entities[label] for summary in summaries] for label in labels},
        "repaired": [summary.repaired for summary in summaries],
        "lost": [len(summary.lost) for summary in summaries],
    }
    # What few formats have is shown where there is some.
    rare = {
        "overlapping": [len(summary.overlapping) for summary in summaries],
        "skipped": [len(summary.skipped) for summary in summaries],
    }
    columns.update({name: counts for name, counts in rare.items() if any(counts)})
    rows = list(zip(*columns.values(), strict=True))
    msg.table(rows, header=list(columns), divider=True, aligns=("l", *"r" * (len(columns) - 1)))
