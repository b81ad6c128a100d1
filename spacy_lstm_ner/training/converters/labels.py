"""Choosing and renaming labels on the way in."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from ...errors import CodedError, Errors, shorten
from ...tags import MISSING, OUTSIDE
from .problems import NO_TEXT

_NOT = "!"  # spaCy takes "!PER" for "no PER", and its training stops at such an entity


class LabelMap:
    """Decides what becomes of each label of a source.

    rename (Mapping[str, str]): New names of labels.
    drop (Collection[str]): Labels whose entities are left out.
    upper (bool): Whether to write all names in capitals.
    RAISES (ValueError): A new name is none that a label can have.
    """

    def __init__(
        self,
        *,
        rename: Mapping[str, str] | None = None,
        drop: Collection[str] = (),
        upper: bool = False,
    ) -> None:
        self.rename = dict(rename or {})
        self.drop = set(drop)
        self.upper = upper
        self.seen: Counter[str] = Counter()
        check_names(self.rename)

    def __call__(self, label: str, *, mentions: int = 1) -> str | None:
        """The new name of a label, None if it is dropped. It counts as that of so many mentions."""
        self.seen[label] += mentions
        return self.name(label)

    def name(self, label: str) -> str | None:
        """The same, without counting it."""
        if label in self.drop:
            return None
        label = self.rename.get(label, label)
        return label.upper() if self.upper else label

    def check(self) -> None:
        """See that every label that was to be renamed or dropped occurred, and can be written.

        RAISES (ValueError): One did not, or cannot.
        """
        unknown = sorted((set(self.rename) | self.drop) - set(self.seen))
        if unknown:
            raise CodedError(
                Errors.E102.format(unknown=", ".join(unknown), seen=", ".join(sorted(self.seen)))
            )
        names = {label: self.name(label) for label in sorted(self.seen)}
        check_names({label: name for label, name in names.items() if name is not None})


def check_names(names: Mapping[str, str]) -> None:
    """See that labels can have the names that they are to be written with.

    names (Mapping[str, str]): The names by the labels of the source.
    RAISES (ValueError): They cannot.
    """
    wrong = [f"{label!r} as {name!r}" for label, name in names.items() if not _is_name(name)]
    if wrong:
        raise CodedError(Errors.E267.format(wrong=shorten(", ".join(wrong))))


def _is_name(name: Any) -> bool:
    """Whether a label can have a name, as `Errors.E267` says. Python may give what is no string."""
    if not isinstance(name, str) or name in ("", OUTSIDE, MISSING) or NO_TEXT.search(name):
        return False
    return name == name.strip() and not name.startswith(_NOT)
