"""What the training text says of a sequence of words."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from spacy.tokens import Doc

# The text of each token.
Words: TypeAlias = tuple[str, ...]


@dataclass
class Seen:
    """How often words occur in training, and as what.

    labels (Counter[str]): How often as an entity of each label.
    part (int): How often in an entity that has other words too, or only some of these.
    outside (int): How often outside of entities.
    as_written (bool): Whether capitals count. They do not if the words never occur as written.
    """

    labels: Counter[str] = field(default_factory=Counter)
    part: int = 0
    outside: int = 0
    as_written: bool = True

    def __bool__(self) -> bool:
        return bool(self.labels or self.part or self.outside)

    @property
    def entities(self) -> int:
        """How often as an entity of any label."""
        return self.labels.total()


def look_up(words: Iterable[Words], docs: Iterable[Doc]) -> dict[Words, Seen]:
    """Count how sequences of words are annotated in training.

    words (Iterable[Words]): The sequences.
    docs (Iterable[Doc]): The training text. Tokens without annotation do not count.
    RETURNS (Dict[Words, Seen]): What each was seen as.
    """
    exact = {key: Seen() for key in words}
    lower = {_lower(key): Seen(as_written=False) for key in exact}
    lengths: dict[str, set[int]] = defaultdict(set)  # of sequences that begin with a word
    for key in lower:
        lengths[key[0]].add(len(key))
    for doc in docs:
        _count(doc, lengths, exact, lower)
    return {key: seen or lower[_lower(key)] for key, seen in exact.items()}


def _count(
    doc: Doc,
    lengths: Mapping[str, Iterable[int]],
    exact: Mapping[Words, Seen],
    lower: Mapping[Words, Seen],
) -> None:
    words = tuple(token.text for token in doc)
    lowered = _lower(words)
    entities = {(ent.start, ent.end): ent.label_ for ent in doc.ents}
    iob = [token.ent_iob for token in doc]
    for start, word in enumerate(lowered):
        for end in (start + length for length in lengths.get(word, ())):
            if lowered[start:end] in lower and end <= len(words) and all(iob[start:end]):
                label = entities.get((start, end))
                inside = any(doc[i].ent_type for i in range(start, end))
                for seen in (exact.get(words[start:end]), lower[lowered[start:end]]):
                    if seen is not None:
                        _add(seen, label, inside)


def _add(seen: Seen, label: str | None, inside: bool) -> None:
    if label is not None:
        seen.labels[label] += 1
    elif inside:
        seen.part += 1
    else:
        seen.outside += 1


def _lower(words: Words) -> Words:
    return tuple(word.lower() for word in words)
