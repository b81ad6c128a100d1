"""Converting annotation in other formats to `.spacy` files."""

import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from spacy.tokens.doc import DOCBIN_ALL_ATTRS

from ..errors import CodedError, Errors
from ..settings import check_number
from .converters import FORMATS
from .converters.annotated import Annotated
from .converters.format import Format
from .converters.labels import LabelMap
from .converters.problems import NO_TEXT, Problems, list_some, peek
from .converters.records import JSON_SUFFIXES, find_damage
from .converters.splits import divide
from .converters.tokenizer import LazyTokenizer
from .docbin import write_docbins

# What files are called that come with a corpus and are none of its texts, in small letters.
_PAGES = {"readme", "license", "licence", "changelog", "contributing", "citation", "notice"}


@dataclass(frozen=True)
class Summary:
    """What was written to a file.

    documents (int): How many documents.
    tokens (int): How many tokens.
    entities (Counter[str]): How many entities of each label.
    repaired (int): Entities whose first tag had to be repaired.
    lost (List[str]): Mentions that begin or end within a token, are in pieces, or are said to be
        right and wrong, with their place. Their tokens are written as not annotated.
    overlapping (List[str]): Mentions given up for another that they overlap. Tokens that the other
        does not have are written as not annotated.
    skipped (List[str]): Records that say nothing, such as tasks that were ignored.
    """

    documents: int
    tokens: int
    entities: Counter[str]
    repaired: int
    lost: list[str]
    overlapping: list[str]
    skipped: list[str]


def convert(
    input_path: str | Path,
    output_dir: str | Path,
    *,
    format: str = "auto",
    lang: str = "en",
    split: str = "auto",
    rename: Mapping[str, str] | None = None,
    drop: Collection[str] = (),
    upper: bool = False,
    max_lost: float = 0.01,
    **options: Any,
) -> dict[Path, Summary]:
    """Convert annotation to `.spacy` files. If anything is wrong, none is written or replaced.

    Every file of the input gives one of its own name, `a.conll` gives `a.spacy`: files called
    train, dev and test are the splits. If documents name their split, all of a split go to one
    file instead, `train.spacy`, `dev.spacy` or `test.spacy`; a document that names none then
    belongs to the split that its file is called by. No file is written without documents.

    input_path (Union[str, Path]): A file, or a folder, of which all files of the format are read.
    output_dir (Union[str, Path]): Folder for the `.spacy` files. It is made if it does not exist.
    format (str): A name in `FORMATS`, or "auto", which goes by the suffix of each file, and by what
        is in it where formats share one.
    lang (str): Code of the language whose tokenizer to use.
    split (str): "auto" (as described above), "none" (a file for each file, whatever its documents
        name), a format with a published split, or shares such as "70/15/15". The last two divide
        the documents of all files together into train, dev and test, in order.
    rename (Optional[Mapping[str, str]]): New names of labels.
    drop (Collection[str]): Labels whose entities are left out.
    upper (bool): Whether to write all labels in capitals.
    max_lost (float): Share of mentions that may be lost, as `Summary` says, from 0 to 1.
    options (Any): Options of the format, such as `encoding` or `word_column`: the fields of its
        class.
    RETURNS (Dict[Path, Summary]): What was written to each file.
    RAISES (ValueError): An argument or the input is wrong. Everything that is wrong with the files
        is listed at once, with its place.
    """
    input_path, output_dir = Path(input_path), Path(output_dir)
    check_number("max_lost", max_lost, 0, 1)
    tokenizer, problems = LazyTokenizer(lang), Problems()
    format_of = _find_files(input_path, format, problems)
    problems.raise_any()
    readers = _make_readers(set(format_of.values()), options)
    labels = LabelMap(rename=rename, drop=drop, upper=upper)
    files = {
        path: list(readers[name].read(path, tokenizer, labels, problems))
        for path, name in format_of.items()
    }
    problems.raise_any()
    published = {name: f.published_split for name, f in FORMATS.items() if f.published_split}
    parts = divide(files, split, published)
    labels.check()
    _check_lost(list(chain.from_iterable(files.values())), labels.seen.total(), max_lost)
    written = {output_dir / f"{name}.spacy": part for name, part in parts.items()}
    _check_outputs(written, format_of)
    _write(written)
    return {path: _summarize(part) for path, part in written.items()}


def _find_files(path: Path, format: str, problems: Problems) -> dict[Path, str]:
    """The files to read, each with the name of its format."""
    if format not in ("auto", *FORMATS):
        expected = ", ".join(("auto", *FORMATS))
        raise CodedError(Errors.E030.format(name="format", value=format, options=expected))
    try:
        candidates = _list_files(path, format, problems)
    except OSError as error:
        raise CodedError(Errors.E133.format(path=path, error=error.strerror)) from error
    found = {file: _tell_format(file, names, problems) for file, names in candidates.items()}
    _check_texts(found, problems)
    return found


def _list_files(path: Path, format: str, problems: Problems) -> dict[Path, list[str]]:
    """The files to read, each with the formats that it may be of.

    A file that is alone where others of its kind lie beside another, such as a text without its
    annotation, is a problem, unless the format is given.
    """
    if not path.exists():
        raise CodedError(Errors.E106.format(path=path))
    if not path.is_dir():
        _check_is_file(path)
        names = _by_suffix(path) if format == "auto" else [format]
        if not names:
            raise CodedError(Errors.E109.format(path=path, formats=", ".join(FORMATS)))
        return {path: names}
    files = {file: _by_suffix(file) for file in sorted(path.iterdir()) if not file.is_dir()}
    if format != "auto":
        files = {file: [format] for file, names in files.items() if format in names}
    beside = {
        file.with_suffix(suffix): (file.suffix, name)
        for file, names in files.items()
        for name in names
        for suffix in FORMATS[name].beside
    }
    partners = {file.suffix: partner for file, partner in beside.items()}
    chosen = {}
    for file, names in files.items():
        if not names or file in beside:
            continue
        if file.suffix in partners:
            suffix, name = partners[file.suffix]
            problems.add(file, 1, 1, Errors.E259.format(suffix=suffix, format=name))
        else:
            chosen[file] = names
    if not chosen:
        raise CodedError(Errors.E106.format(path=path))
    for file in chosen:
        _check_is_file(file)
    return chosen


def _by_suffix(path: Path) -> list[str]:
    return [name for name, f in FORMATS.items() if path.suffix.lower() in f.suffixes]


def _tell_format(path: Path, names: list[str], problems: Problems) -> str:
    """The one of some formats that a file is of, by what is in it."""
    if len(names) == 1:
        return names[0]
    text = peek(path, problems)
    fitting = [name for name in names if FORMATS[name].recognizes(text)]
    if not fitting and path.suffix.lower() in JSON_SUFFIXES and (damage := find_damage(text)):
        problems.add(path, *damage)
    elif len(fitting) != 1:
        options = " or ".join(fitting or names)
        problems.add(path, 1, 1, Errors.E246.format(path=path, formats=options))
    return (fitting or names)[0]


def _check_texts(format_of: Mapping[Path, str], problems: Problems) -> None:
    """See that texts are annotated: each of them beside files of other formats, else any of them.

    Files that come with a corpus, such as a README, are none of its texts.
    """
    texts = [path for path, name in format_of.items() if FORMATS[name].any_text]
    unmarked = {path for path in texts if _is_unmarked(path, format_of[path], problems)}
    pages = {path for path in texts if path.stem.lower() in _PAGES and len(format_of) > 1}
    among_texts = len(texts) == len(format_of) and len(unmarked) < len(texts)
    for path in sorted(pages if among_texts else pages | unmarked):
        problems.add(path, 1, 1, Errors.E271)


def _is_unmarked(path: Path, name: str, problems: Problems) -> bool:
    text = peek(path, problems)
    if not text.strip() or NO_TEXT.search(text):  # it is empty, or perhaps in another encoding
        return False
    return not FORMATS[name].recognizes(text)


def _check_is_file(path: Path) -> None:
    # A pipe or a device might never end, and a link may lead nowhere.
    if not path.is_file():
        raise CodedError(Errors.E133.format(path=path, error="it is no file, or leads to none"))


def _make_readers(names: Collection[str], options: Mapping[str, Any]) -> dict[str, Format]:
    """A reader for each format, with those of the options that it has."""
    known = {name: FORMATS[name].options() for name in sorted(names)}
    for option in options:
        if not any(option in of_format for of_format in known.values()):
            listed = "; ".join(f"{name}: {', '.join(found)}" for name, found in known.items())
            raise CodedError(Errors.E123.format(option=option, options=listed))
    return {
        name: FORMATS[name](**{option: options[option] for option in of_format.keys() & options})
        for name, of_format in known.items()
    }


def _check_lost(documents: Sequence[Annotated], total: int, max_lost: float) -> None:
    lost = [place for document in documents for place in document.lost]
    if len(lost) > max_lost * total:
        raise CodedError(
            Errors.E108.format(
                lost=len(lost),
                total=total,
                share=len(lost) / total,
                allowed=max_lost,
                places=list_some(lost),
            )
        )


def _check_outputs(written: Iterable[Path], read: Iterable[Path]) -> None:
    inputs = {_real(path) for path in read}
    for path in written:
        if _real(path) in inputs:
            raise CodedError(Errors.E254.format(path=path))


def _real(path: Path) -> str:
    try:
        return os.path.realpath(path)
    except ValueError:  # it can be no path, as writing will say
        return str(path)


def _write(parts: Mapping[Path, Sequence[Annotated]]) -> None:
    docs = {path: [document.doc for document in part] for path, part in parts.items()}
    if any(document.whole for part in parts.values() for document in part):
        write_docbins(docs, attrs=DOCBIN_ALL_ATTRS, store_user_data=True)
    else:
        write_docbins(docs)


def _summarize(documents: Sequence[Annotated]) -> Summary:
    return Summary(
        documents=len(documents),
        tokens=sum(len(document.doc) for document in documents),
        entities=Counter(ent.label_ for document in documents for ent in document.doc.ents),
        repaired=sum(document.repaired for document in documents),
        lost=[place for document in documents for place in document.lost],
        overlapping=[place for document in documents for place in document.overlapping],
        skipped=[place for document in documents for place in document.skipped],
    )
