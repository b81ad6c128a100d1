"""Arguments of commands that have a form of their own."""

from pathlib import Path

import typer


def parse_list(text: str) -> tuple[str, ...]:
    """Names between commas."""
    return tuple(item.strip() for item in text.split(",") if item.strip())


def parse_map(text: str) -> dict[str, str]:
    """Pairs of the form OLD=NEW between commas.

    RAISES (typer.BadParameter): One has another form.
    """
    pairs = [item.partition("=") for item in parse_list(text)]
    wrong = [old for old, equals, new in pairs if not (old and equals and new)]
    if wrong:
        raise typer.BadParameter(f"{wrong[0]!r} is not of the form OLD=NEW", param_hint="--map")
    return {old.strip(): new.strip() for old, _, new in pairs}


def parse_named(item: str) -> tuple[str, str]:
    """A name and a path, of NAME=PATH or of a path alone, which is its own name.

    What is there as it stands is a path, even with a "=" in it.
    """
    name, equals, path = item.partition("=")
    return (name, path) if equals and not Path(item).exists() else (item, item)
