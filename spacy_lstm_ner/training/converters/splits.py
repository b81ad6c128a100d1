"""Dividing documents among training, development and test."""

from collections.abc import Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from ...errors import CodedError, Errors
from .annotated import Annotated
from .problems import Problems

SPLITS = ("train", "dev", "test")


class PublishedSplit(NamedTuple):
    """How many documents of a source each split has, in the order of the source.

    left_out (int): Documents at the end of the source that are in none.
    """

    train: int
    dev: int
    test: int
    left_out: int = 0


def divide(
    files: Mapping[Path, Sequence[Annotated]], how: str, published: Mapping[str, PublishedSplit]
) -> dict[str, list[Annotated]]:
    """Divide the documents of several files into parts, keeping their order.

    files (Mapping[Path, Sequence[Annotated]]): The documents of each file.
    how (str): "none", and each file is a part of its own; "auto", the same unless documents name
        their split; the name of a published split; or shares such as "70/15/15". The last two
        divide the documents of all files together.
    published (Mapping[str, PublishedSplit]): The published splits by name.
    RETURNS (Dict[str, List[Annotated]]): Documents by part: "train", "dev" and "test", or the names
        of the files without their suffixes. No part is empty, which would be written in the place
        of another file.
    RAISES (ValueError): The setting is not one of these, or does not fit the documents; or a file
        has none.
    """
    _check_files(files)
    documents = list(chain.from_iterable(files.values()))
    if how == "auto" and any(document.split for document in documents):
        return _by_split(documents)
    if how in ("auto", "none"):
        return _by_file(files)
    if how in published:
        return cut_as_published(documents, published[how], name=how)
    return _cut(documents, _sizes_of_shares(how, len(documents), published))


def cut_as_published(
    documents: Sequence[Annotated], split: PublishedSplit, *, name: str
) -> dict[str, list[Annotated]]:
    """Divide the documents of a source as published.

    documents (Sequence[Annotated]): All of the source's, with or without those to be left out.
    split (PublishedSplit): The published split.
    name (str): Its name.
    RETURNS (Dict[str, List[Annotated]]): Documents by split.
    RAISES (ValueError): There are not as many documents as the source has.
    """
    sizes = split[: len(SPLITS)]
    if len(documents) not in (sum(sizes), sum(split)):
        raise CodedError(Errors.E120.format(name=name, found=len(documents), expected=sum(split)))
    return _cut(documents, sizes)


def _check_files(files: Mapping[Path, Sequence[Annotated]]) -> None:
    """See that every file has documents."""
    problems = Problems()
    for path, documents in files.items():
        if not documents:
            problems.add(path, 1, 1, Errors.E107.format(path=path))
    problems.raise_any()


def _by_split(documents: Sequence[Annotated]) -> dict[str, list[Annotated]]:
    """Documents by the split that they name, or that their file is called by, if there are any."""
    parts: dict[str, list[Annotated]] = {name: [] for name in SPLITS}
    problems = Problems()
    for document in documents:
        split = document.split or document.path.stem
        if split in parts:
            parts[split].append(document)
        else:
            problems.add(document.path, document.line, 1, Errors.E122)
    problems.raise_any()
    return {name: part for name, part in parts.items() if part}


def _by_file(files: Mapping[Path, Sequence[Annotated]]) -> dict[str, list[Annotated]]:
    """Documents by the name of their file."""
    sources: dict[str, Path] = {}
    for path in files:
        earlier = sources.setdefault(path.stem, path)
        if earlier != path:
            raise CodedError(Errors.E124.format(first=earlier, second=path, stem=path.stem))
    return {stem: list(files[path]) for stem, path in sources.items()}


def _sizes_of_shares(how: str, total: int, published: Mapping[str, PublishedSplit]) -> list[int]:
    """How many of so many documents each split gets by shares such as "70/15/15"."""
    shares = [int(s) if s.isdecimal() and len(s) < 10 else -1 for s in how.split("/")]
    if len(shares) != 3 or min(shares) < 0 or not sum(shares):
        raise CodedError(Errors.E121.format(how=how, names=", ".join(["auto", "none", *published])))
    train, dev, _ = shares
    first = total * train // sum(shares)
    second = total * (train + dev) // sum(shares)
    sizes = [first, second - first, total - second]
    parts = zip(SPLITS, shares, sizes, strict=True)
    if empty := [name for name, share, size in parts if share and not size]:
        raise CodedError(Errors.E265.format(how=how, total=total, empty=" and ".join(empty)))
    return sizes


def _cut(documents: Sequence[Annotated], sizes: Sequence[int]) -> dict[str, list[Annotated]]:
    rest = iter(documents)
    parts = zip(SPLITS, sizes, strict=True)
    return {name: list(islice(rest, size)) for name, size in parts if size}
