"""`python -m spacy lstm-ner convert`: annotation in other formats to `.spacy` files."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated as Option

import spacy
import typer
from wasabi import msg

from ..errors import Errors, Warnings
from ..training.converters.annotated import Annotated
from ..training.converters.columns import read_columns
from ..training.converters.gmb import ENCODING, read_gmb
from ..training.converters.inline import read_inline
from ..training.converters.labels import LabelMap
from ..training.converters.problems import SHOWN, Problems
from ..training.converters.splits import split_documents
from ..training.docbin import write_docbins
from . import lstm_ner_cli

SUFFIXES = {
    "gmb": (".csv", ".zip"),
    "columns": (".iob", ".iob2", ".bio", ".conll", ".conll03", ".tsv", ".bioes", ".biluo"),
    "inline": (".md", ".txt"),
}


@lstm_ner_cli.command("convert")
def convert_cli(
    input_path: Option[Path, typer.Argument(help="File to convert, or folder of files")],
    output_dir: Option[Path, typer.Argument(help="Folder for the .spacy files")],
    format: Option[
        str, typer.Option("--format", "-f", help="gmb, columns or inline; auto goes by the file")
    ] = "auto",
    lang: Option[str, typer.Option("--lang", "-l", help="Language whose tokenizer to use")] = "en",
    split: Option[
        str,
        typer.Option(
            "--split",
            "-s",
            help="auto (as the source says), none, gmb (the published split) or e.g. 70/15/15",
        ),
    ] = "auto",
    rename: Option[
        str, typer.Option("--map", "-m", help="Labels to rename, e.g. gpe=GEO,per=PER")
    ] = "",
    drop: Option[str, typer.Option("--drop", "-d", help="Labels to leave out, e.g. nat,eve")] = "",
    labels: Option[
        str, typer.Option("--labels", help="Labels that inline marks may have; any if not given")
    ] = "",
    upper: Option[bool, typer.Option("--upper", "-u", help="Write labels in capitals")] = False,
    max_lost: Option[
        float, typer.Option("--max-lost", help="Share of mentions that may fail to align")
    ] = 0.01,
    encoding: Option[
        str, typer.Option("--encoding", "-e", help="Encoding; by default that of the format")
    ] = "",
    word_column: Option[
        int,
        typer.Option("--word-column", help="Column of the token, from 0; negative from the end"),
    ] = 0,
    tag_column: Option[int, typer.Option("--tag-column", help="Column of the tag")] = -1,
) -> None:
    """Convert annotation to .spacy files and print what was found.

    Reads the Kaggle CSV of the Groningen Meaning Bank (also zipped), one-token-a-line files in any
    of the usual tag schemes, and text with inline marks such as [London](GEO). Nothing is written
    if anything in the input is wrong.
    """
    label_map = LabelMap(rename=_parse_map(rename), drop=_parse_list(drop), upper=upper)
    problems = Problems()
    nlp = spacy.blank(lang)
    documents: list[Annotated] = []
    names: set[str] = set()
    try:
        for path, kind in _find_files(input_path, format):
            if kind == "gmb":
                documents += read_gmb(path, nlp, label_map, problems, encoding=encoding or ENCODING)
            elif kind == "columns":
                documents += read_columns(
                    path,
                    nlp,
                    label_map,
                    problems,
                    encoding=encoding or "utf-8",
                    word_column=word_column,
                    tag_column=tag_column,
                )
            else:
                documents += read_inline(
                    path,
                    nlp,
                    label_map,
                    problems,
                    known_labels=_parse_list(labels) or None,
                    names=names,
                    encoding=encoding or "utf-8",
                )
        problems.raise_any()
        if not documents:
            raise ValueError(Errors.E107.format(format=format))
        label_map.check()
        _check_lost(documents, sum(label_map.seen.values()), max_lost)
        parts = split_documents(documents, split)
        named = {"all": input_path.stem}
        write_docbins(
            {
                output_dir / f"{named.get(name, name)}.spacy": [d.doc for d in part]
                for name, part in parts.items()
            }
        )
    except ValueError as error:
        msg.fail("Could not convert", str(error), exits=1)
    _print_summary(parts)
    msg.good(f"Wrote {len(parts)} file(s) to {output_dir}")


def _find_files(path: Path, kind: str) -> Iterator[tuple[Path, str]]:
    """The files to read, each with its format."""
    if kind not in ("auto", *SUFFIXES):
        raise ValueError(Errors.E030.format(name="format", value=kind, options=("auto", *SUFFIXES)))
    suffixes = [s for k, group in SUFFIXES.items() if kind in ("auto", k) for s in group]
    files = [path]
    if path.is_dir():
        files = [p for p in sorted(path.iterdir()) if p.suffix.lower() in suffixes]
    if not files or not path.exists():
        raise ValueError(Errors.E106.format(path=path))
    for file in files:
        yield file, _guess_format(file) if kind == "auto" else kind


def _guess_format(path: Path) -> str:
    for kind, suffixes in SUFFIXES.items():
        if path.suffix.lower() in suffixes:
            return kind
    raise ValueError(Errors.E109.format(path=path))


def _parse_list(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _parse_map(text: str) -> dict[str, str]:
    pairs = [item.partition("=") for item in _parse_list(text)]
    wrong = [old for old, equals, new in pairs if not (old and equals and new)]
    if wrong:
        raise typer.BadParameter(f"{wrong[0]!r} is not of the form OLD=NEW", param_hint="--map")
    return {old.strip(): new.strip() for old, _, new in pairs}


def _check_lost(documents: list[Annotated], total: int, max_lost: float) -> None:
    lost = [place for document in documents for place in document.lost]
    if not lost:
        return
    places = "\n".join(lost[:SHOWN])
    share = len(lost) / total
    if share > max_lost:
        raise ValueError(
            Errors.E108.format(
                lost=len(lost), total=total, share=share, allowed=max_lost, places=places
            )
        )
    msg.warn(Warnings.W100.format(lost=len(lost), total=total, places=places))


def _print_summary(parts: dict[str, list[Annotated]]) -> None:
    """One row per split: documents, tokens, entities of each label, repairs, losses."""
    counts = {
        name: Counter(ent.label_ for document in part for ent in document.doc.ents)
        for name, part in parts.items()
    }
    labels = sorted(set().union(*counts.values()))
    header = ("split", "documents", "tokens", "entities", *labels, "repaired", "lost")
    rows = [
        (
            name,
            len(part),
            sum(len(document.doc) for document in part),
            counts[name].total(),
            *(counts[name][label] for label in labels),
            sum(document.repaired for document in part),
            sum(len(document.lost) for document in part),
        )
        for name, part in parts.items()
    ]
    msg.table(rows, header=header, divider=True, aligns=("l", *"r" * (len(header) - 1)))
