"""The config of trainings, kept beside them so that all of them are by the same."""

from pathlib import Path

from spacy.util import dict_to_dot, load_config
from thinc.api import Config

from ...errors import CodedError, Errors
from ..manifest import differences
from ..outputs import replaced


def keep_config(config: Config, path: Path) -> None:
    """Write the config of trainings, or see that it is the one that is there.

    config (Config): The config, its variables not filled in.
    path (Path): Its file, in the folder of the trainings.
    RAISES (ValueError): There is another one, or it cannot be read or written.
    """
    text = config.to_str(interpolate=False)
    if not path.exists():
        with replaced(path) as file:
            file.write(text.encode())
    elif path.read_text(encoding="utf-8") != text:
        raise CodedError(
            Errors.E341.format(folder=path.parent, differences=_differences(path, config))
        )


def _differences(path: Path, config: Config) -> str:
    try:
        kept = dict_to_dot(load_config(path))
    except ValueError as error:
        return f"its {path.name} cannot be read ({error})"
    now = dict_to_dot(config)
    return "; ".join(differences(kept, {**dict.fromkeys(kept), **now}))
