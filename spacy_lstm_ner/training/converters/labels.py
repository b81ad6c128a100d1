"""Choosing and renaming labels on the way in."""

from collections import Counter
from collections.abc import Collection, Mapping

from ...errors import CodedError, Errors


class LabelMap:
    """Decides what becomes of each label of a source.

    rename (Mapping[str, str]): New names of labels.
    drop (Collection[str]): Labels whose entities are left out.
    upper (bool): Whether to write all names in capitals.
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
        """See that every label that was to be renamed or dropped occurred.

        RAISES (ValueError): One did not.
        """
        unknown = sorted((set(self.rename) | self.drop) - set(self.seen))
        if unknown:
            raise CodedError(
                Errors.E102.format(unknown=", ".join(unknown), seen=", ".join(sorted(self.seen)))
            )
