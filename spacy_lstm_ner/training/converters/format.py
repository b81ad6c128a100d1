"""What a format of annotation consists of."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from .annotated import Annotated
from .labels import LabelMap
from .problems import Problems
from .splits import PublishedSplit
from .tokenizer import Tokenizer

T = TypeVar("T")


def option(default: T, help: str) -> T:
    """Declare an option of a format, a field that `convert` takes as an argument and as a flag."""
    return field(default=default, metadata={"help": help})


@dataclass
class Format(ABC):
    """Reads the files of one format. Its options are its fields; its docstring is its help.

    suffixes (Tuple[str, ...]): What names of such files end in, in small letters.
    beside (Tuple[str, ...]): What names of files end in that are read along with one of the same
        name, and are no files of the format by themselves.
    any_text (bool): Whether any text can be read as the format, also one that nobody has annotated:
        `recognizes` says then whether there is something of the format in it.
    published_split (Optional[PublishedSplit]): The split of the source that results are published
        on. `convert` knows it by the name of the format.
    encoding (str): Encoding of the files.
    """

    suffixes: ClassVar[tuple[str, ...]]
    beside: ClassVar[tuple[str, ...]] = ()
    any_text: ClassVar[bool] = False
    published_split: ClassVar[PublishedSplit | None] = None

    encoding: str = option("utf-8", "Encoding of the files")

    @abstractmethod
    def read(
        self, path: Path, tokenizer: Tokenizer, labels: LabelMap, problems: Problems
    ) -> Iterator[Annotated]:
        """Read a file.

        path (Path): The file.
        tokenizer (Tokenizer): Gives the vocabulary, and tokenizes what is running text.
        labels (LabelMap): Which labels to keep, and as what.
        problems (Problems): Collects errors.
        YIELDS (Annotated): The documents.
        """

    @classmethod
    def recognizes(cls, text: str) -> bool:
        """Whether a file is of the format, where its name could be that of another as well.

        text (str): What is in the file.
        """
        return True

    @classmethod
    def options(cls) -> dict[str, Field[Any]]:
        """The options of the format by name."""
        return {option.name: option for option in fields(cls) if option.init}
