"""What is to be cleaned, where what is found goes, and what is read before anything is made."""

from dataclasses import dataclass
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc

from ...errors import CodedError, Errors
from ...training.weights import weights_of
from ..examples import read_docs
from ..lock import was_locked
from ..manifest import Facts, check_folder, fingerprint

# A pipeline is trained on all folds but one.
FEWEST_FOLDS = 2


@dataclass(frozen=True)
class Task:
    """What is to be done.

    corpus (Path): Annotated documents, a .spacy file.
    output (Path): The folder for everything that is made.
    folds (int): Into how many parts the documents are divided, at least 2.
    rounds (int): How often they are divided, each time otherwise, at least 1.
    seed (int): What the divisions are drawn with, 0 or more.
    config (Optional[Path]): Config to train with; None for the component's default settings.
    steps (Optional[int]): Steps of each training; None to go by the size of the text.
    workers (Optional[int]): Trainings at a time; None for as many as there are cores, at most one
        for each fold.
    reweight (bool): Whether to write the corpus with weights.
    """

    corpus: Path
    output: Path
    folds: int = 5
    rounds: int = 1
    seed: int = 0
    config: Path | None = None
    steps: int | None = None
    workers: int | None = None
    reweight: bool = False

    @property
    def manifest(self) -> Path:
        """Says what the folder was begun with."""
        return self.output / "manifest.json"

    @property
    def parts(self) -> Path:
        """Where what is found in each fold is kept."""
        return self.output / "folds"

    @property
    def records(self) -> Path:
        """What was found, one record a line."""
        return self.output / "errors.jsonl"

    @property
    def page(self) -> Path:
        """What was found, to look at."""
        return self.output / "errors.html"

    @property
    def weighted(self) -> Path:
        """The corpus with weights."""
        return self.output / "weighted.spacy"

    def forget(self) -> None:
        """Remove what was found in folds."""
        for path in self.parts.glob("round-*.json"):
            path.unlink()


def check_output(task: Task) -> None:
    """See that everything can go where it is to go.

    RAISES (ValueError): There is a file, or a folder with something else.
    """
    check_folder(task.output, begun=task.manifest.exists() or was_locked(task.parts))


def read_corpus(task: Task) -> list[Doc]:
    """Read the documents.

    RAISES (ValueError): They cannot be read, have no entities, or are too few; or the weight of one
        is none.
    """
    if not task.corpus.is_file():
        raise CodedError(Errors.E141.format(path=task.corpus, error="it is no file"))
    docs = read_docs(Language(), task.corpus)
    if not FEWEST_FOLDS <= task.folds <= len(docs):
        message = Errors.E261.format(path=task.corpus, documents=len(docs), folds=task.folds)
        raise CodedError(message)
    if not any(doc.ents for doc in docs):
        raise CodedError(Errors.E262.format(path=task.corpus, documents=len(docs)))
    weights_of(docs)  # before any training
    return docs


def facts_of(task: Task) -> Facts:
    """What the folds depend on, for the manifest; more rounds go on from those that there are."""
    return {
        "corpus": fingerprint(task.corpus),
        "config": None if task.config is None else fingerprint(task.config),
        "folds": task.folds,
        "seed": task.seed,
        "steps": task.steps,
    }
