"""Options of commands that name labels."""

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
