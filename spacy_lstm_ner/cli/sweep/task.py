"""What is to be trained, and where what is made goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spacy.util import load_config
from thinc.api import Config

from ...errors import CodedError, Errors
from ..manifest import Facts, fingerprint
from .training import Training

# The corpora in the section [paths] of a config, as `spacy init config` names them.
CORPORA = ("train", "dev")
SEEDS = ("system.seed", "training.seed")


@dataclass(frozen=True)
class Task:
    """What is to be done.

    configs (Sequence[Path]): Training configs, each with another name of its file.
    output (Path): The folder for everything that is made.
    overrides (Mapping[str, Any]): What to change of each config, by section and key.
    seeds (int): How many trainings there are of each, with the seeds 0, 1 and so on.
    workers (Optional[int]): Trainings at a time; None for as many as there are cores.
    engine (str): What runs them, one of ENGINES.
    address (Optional[str]): The cluster that they run on; None for this machine.
    """

    configs: Sequence[Path]
    output: Path
    overrides: Mapping[str, Any] = field(default_factory=dict)
    seeds: int = 3
    workers: int | None = None
    engine: str = "local"
    address: str | None = None

    @property
    def work(self) -> Path:
        """Is there once a sweep was begun."""
        return self.output / "_work"

    @property
    def results(self) -> Path:
        """What came of all trainings together."""
        return self.output / "results.json"

    def folder(self, name: str) -> Path:
        """Where the trainings by a config are, by its name."""
        return self.output / name

    def config(self, name: str) -> Path:
        """What these trainings go by."""
        return self.folder(name) / "config.cfg"

    def manifest(self, name: str) -> Path:
        """Says which corpora they were begun with."""
        return self.folder(name) / "manifest.json"

    def trainings(self, name: str) -> list[Training]:
        """The trainings by a config."""
        return [
            Training(self.config(name), seed, self.folder(name) / str(seed))
            for seed in range(self.seeds)
        ]


def read_configs(task: Task) -> dict[str, Config]:
    """The configs by their names, with what is to be changed.

    RAISES (ValueError): One cannot be read, two have the same name, or a seed is to be changed.
    """
    for key in SEEDS:
        if key in task.overrides:
            raise CodedError(Errors.E342.format(key=key))
    found: dict[str, Config] = {}
    for path in task.configs:
        if path.stem in found:
            raise CodedError(Errors.E340.format(name=path.stem, path=path))
        try:
            config = load_config(path, dict(task.overrides))
            config.interpolate()
        except Exception as error:  # a config can be of anything
            message = Errors.E343.format(path=path, error=str(error).strip())
            raise CodedError(message) from error
        found[path.stem] = config
    return found


def facts_of(config: Config) -> Facts:
    """What trainings depend on beside their config, for the manifest."""
    paths = config.interpolate().get("paths", {})
    corpora = {f"paths.{name}": Path(paths.get(name) or "") for name in CORPORA}
    return {
        name: fingerprint(path) for name, path in corpora.items() if path.name and path.exists()
    }
