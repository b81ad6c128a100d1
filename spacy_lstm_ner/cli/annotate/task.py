"""What is to be annotated, and where what is made goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...annotate.sinks import SINKS
from ...annotate.sinks.sink import Sink
from ...errors import CodedError, Errors

# The format of a folder, where nothing is said.
FORMAT = "parquet"


@dataclass(frozen=True)
class Task:
    """What is to be done.

    model (str): The folder of a pipeline, or the name of its package.
    input (str): A file, a folder or a pattern.
    output (Path): A file, if its name ends as one of the formats; otherwise a folder.
    text (str): The column of the texts.
    id (Optional[str]): The column that names rows; None for "id", if there is one.
    columns (Optional[Sequence[str]]): What else to keep; None for everything.
    format (Optional[str]): Of the files in a folder; None for FORMAT.
    workers (Optional[int]): How many processes; None for as many as there are cores.
    engine (str): What runs them, one of ENGINES.
    address (Optional[str]): The cluster that they run on; None for this machine.
    resume (bool): Whether to go on with what was begun.
    """

    model: str
    input: str
    output: Path
    text: str = "text"
    id: str | None = None
    columns: Sequence[str] | None = None
    format: str | None = None
    workers: int | None = None
    engine: str = "local"
    address: str | None = None
    resume: bool = False

    @property
    def is_file(self) -> bool:
        """Whether the output is one file."""
        return any(self.output.suffix == sink.ending for sink in SINKS.values())

    @property
    def sink(self) -> Sink:
        """The format of the output.

        RAISES (ValueError): There is none of this name, the output is named as another, or it
            cannot be one file.
        """
        name = self.output.suffix[1:] if self.is_file else self.format or FORMAT
        if name not in SINKS:
            raise CodedError(Errors.E174.format(format=name, formats=", ".join(SINKS)))
        if self.format not in (None, name):
            raise CodedError(Errors.E299.format(path=self.output, ending=name, format=self.format))
        if self.is_file and SINKS[name].join is None:
            raise CodedError(Errors.E298.format(path=self.output))
        return SINKS[name]

    @property
    def folder(self) -> Path:
        """Where the parts go."""
        return self.output.with_name(f"{self.output.name}.parts") if self.is_file else self.output

    @property
    def work(self) -> Path:
        """What is there until everything is done; engines that read folders pass by such names."""
        return self.folder / "_work"

    @property
    def manifest(self) -> Path:
        """Says what the work was begun with."""
        return self.work / "manifest.json"

    @property
    def summary(self) -> Path:
        """Says what a folder was made with, and how much is in it."""
        return self.output / "_annotated.json"

    @property
    def failures(self) -> Path:
        """The rows that failed, and why."""
        if self.is_file:
            return self.output.with_name(f"{self.output.name}.errors.jsonl")
        return self.output / "_errors.jsonl"

    def part(self, number: int) -> Path:
        """The file of a part."""
        return self.folder / f"part-{number:06}{self.sink.ending}"

    def failures_of(self, number: int) -> Path:
        """The rows of a part that failed."""
        return self.work / f"errors-{number:06}.jsonl"

    def ids(self, number: int) -> Path:
        """What tells the ids of a part from others."""
        return self.work / f"ids-{number:06}"

    def done(self, number: int) -> Path:
        """Says that a part is whole, and how much is in it."""
        return self.work / f"done-{number:06}.json"

    def forget(self) -> None:
        """Remove all parts, and what is said of them; that they are whole, first."""
        for name in ("done-*", "ids-*", "errors-*"):
            for path in self.work.glob(name):
                path.unlink()
        for path in self.folder.glob("part-*"):
            path.unlink()


def check_output(task: Task) -> None:
    """See that everything can go where it is to go.

    RAISES (ValueError): Something is there, or work that was begun and is not to be gone on with.
    """
    finished = task.output if task.is_file else task.summary
    if finished.exists():
        raise CodedError(Errors.E300.format(path=task.output))
    if task.manifest.exists() and not task.resume:
        raise CodedError(Errors.E301.format(path=task.folder))
