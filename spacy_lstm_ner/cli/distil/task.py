"""What is to be distilled, where it goes, and what is read before anything is made."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training.loop import DIR_MODEL_BEST
from wasabi import msg

from ...errors import CodedError, Errors
from ...pipeline.version import version_of
from ...training.labelling import Survey, survey
from ...training.voting import Naming
from ..examples import read_docs
from ..lock import was_locked
from ..manifest import Facts, check_folder, fingerprint
from ..texts import read_pool

# On these of the facts depends what the teachers label, and so everything.
BASIC = ("teachers", "versions", "exclude", "raw")
# Texts that it takes at least, so that there is one to train on and one to measure with.
FEWEST = 2


@dataclass(frozen=True)
class Task:
    """What is to be done.

    teachers (Sequence[str]): Pipelines, each its folder or the name of its package.
    raw (Path): Text for them to label.
    output (Path): The folder for everything that is made.
    naming (Naming): What becomes of their labels.
    exclude (Sequence[str]): Components of the teachers to leave out.
    gold (Optional[Path]): Annotated text to train on as well, most at the end.
    dev (Optional[Path]): Annotated text to choose the best weights by.
    config (Optional[Path]): Config of the student; None for the component's default settings.
    steps (Optional[int]): Steps to train on labelled text; None to go by its size.
    gpu (int): GPU to work on, -1 for none.
    """

    teachers: Sequence[str]
    raw: Path
    output: Path
    naming: Naming = field(default_factory=Naming)
    exclude: Sequence[str] = ()
    gold: Path | None = None
    dev: Path | None = None
    config: Path | None = None
    steps: int | None = None
    gpu: int = -1

    @cached_property
    def versions(self) -> list[str]:
        """What tells each teacher from others, which is as much to read as it is large."""
        return [version_of(teacher) for teacher in self.teachers]

    @property
    def manifest(self) -> Path:
        """Says what training was begun with."""
        return self.output / "manifest.json"

    @property
    def student(self) -> Path:
        """The trained pipeline."""
        return self.output / DIR_MODEL_BEST

    @property
    def stages(self) -> tuple[Path, Path]:
        """Where training on labelled text ends, and training on gold text."""
        return self.output / "stage-1", self.output / "stage-2"

    @property
    def train(self) -> Path:
        """What is trained on first: labelled text, and gold text beside it."""
        return self.output / "train.spacy"

    @property
    def heldout(self) -> Path:
        """Labelled text that is not trained on."""
        return self.output / "heldout.spacy"

    @property
    def labels(self) -> Path:
        """Where the labels of the teachers are."""
        return self.output / "labelled"

    def labelled(self, number: int, what: str = "raw") -> Path:
        """Where the labels of a teacher are, by its number."""
        return self.labels / f"teacher-{number}" / what


def check_output(task: Task) -> None:
    """See that everything can go where it is to go.

    RAISES (ValueError): There is a file, or a folder with something else; or two teachers are one.
    """
    check_folder(task.output, begun=task.manifest.exists() or was_locked(task.labels))
    if len(set(task.teachers)) < len(task.teachers):
        (twice, _), *_ = Counter(task.teachers).most_common()
        raise CodedError(Errors.E223.format(teacher=twice))


def read_texts(task: Task, nlp: Language) -> list[str | Doc]:
    """Read the raw text, but for texts that are whitespace.

    RAISES (ValueError): It cannot be read, or there are too few.
    """
    inputs, total = read_pool(task.raw, nlp)
    texts = [text for text, _ in inputs if str(text).strip()]
    if len(texts) < total:
        msg.info(f"Skipped {total - len(texts):,} texts without a word")
    if len(texts) < FEWEST:
        message = Errors.E219.format(path=task.raw, texts=len(texts), needed=FEWEST)
        raise CodedError(message)
    return texts


def read_gold(path: Path, nlp: Language) -> Survey:
    """Count what there is in annotated text.

    RAISES (ValueError): It cannot be read, or has no entities.
    """
    found = survey(read_docs(nlp, path))
    if not found.labels:
        raise CodedError(Errors.E216.format(path=path))
    return found


def facts_of(task: Task) -> Facts:
    """What training depends on, for the manifest."""
    paths = {"raw": task.raw, "gold": task.gold, "dev": task.dev, "config": task.config}
    return {
        "teachers": list(task.teachers),
        "versions": task.versions,
        "exclude": list(task.exclude),
        "map": dict(task.naming.rename),
        "drop": sorted(task.naming.drop),
        "unknown": sorted(task.naming.unknown),
        "steps": task.steps,
        **{name: None if path is None else fingerprint(path) for name, path in paths.items()},
    }
