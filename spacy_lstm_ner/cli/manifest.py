"""What a folder was begun with, so that work in it goes on with the same."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from ..errors import CodedError, Errors
from .examples import files_of
from .outputs import replaced

# What work depends on, as JSON has it.
Facts = Mapping[str, Any]


def fits(path: Path, facts: Facts, *, basic: Collection[str] = ()) -> bool:
    """Whether a manifest is there; if it is, it must say the same.

    path (Path): The manifest.
    facts (Facts): What it is to say.
    basic (Collection[str]): The names of facts on which all depends that is in the folder.
    RAISES (ValueError): It says something else, or cannot be read.
    """
    if not path.exists():
        return False
    try:
        known: dict[str, Any] = dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise CodedError(Errors.E222.format(path=path, error=error)) from error
    if changed := differences(known, facts):
        is_basic = any(known.get(name) != facts.get(name) for name in basic)
        raise CodedError(
            Errors.E214.format(
                folder=path.parent,
                differences="; ".join(changed),
                path=path.parent if is_basic else path,
            )
        )
    return True


def begin(path: Path, facts: Facts, forget: Callable[[], None]) -> None:
    """Go on with work that was begun with the same, or begin it.

    path (Path): The manifest.
    facts (Facts): What it is to say.
    forget (Callable[[], None]): Removes what was made before, with a manifest that somebody has
        deleted to begin anew.
    RAISES (ValueError): The work was begun with something else, or the manifest cannot be read or
        written.
    """
    if not fits(path, facts):
        forget()
        write_manifest(path, facts)


def differences(known: Facts, facts: Facts) -> list[str]:
    """What is no longer as it was, in words.

    known (Facts): What was said.
    facts (Facts): What is to be said.
    """
    return [
        f"{name} was {_told(known.get(name))}, now it is {_told(value)}"
        for name, value in facts.items()
        if known.get(name) != value
    ]


def check_folder(path: Path, *, begun: bool) -> None:
    """See that work can go into a folder.

    path (Path): The folder.
    begun (bool): Whether something in it shows that the work was begun there.
    RAISES (ValueError): It is a file, or holds something else.
    """
    if path.exists() and not path.is_dir():
        raise CodedError(Errors.E215.format(path=path, problem="it is a file"))
    if path.is_dir() and any(path.iterdir()) and not begun:
        raise CodedError(Errors.E215.format(path=path, problem="it holds something else"))


def write_manifest(path: Path, facts: Facts) -> None:
    """Write a manifest, whole or not at all."""
    with replaced(path) as file:
        file.write(json.dumps(facts, indent=2, ensure_ascii=False).encode())


def fingerprint(path: Path) -> str:
    """What tells a file, or the `.spacy` files in a folder, from others."""
    digest = hashlib.sha256()
    for file in files_of(path) if path.is_dir() else [path]:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _told(value: Any) -> str:
    is_given = value or value == 0
    return json.dumps(value, ensure_ascii=False) if is_given else "not given"
