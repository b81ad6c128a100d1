"""Entities that are probably annotated wrongly.

A pipeline reads documents that it was not trained on. Where it holds something else for most
probable than what is annotated, one of the two is wrong, and it says how sure it is.

As in CrossWeigh (Wang et al. 2019, https://aclanthology.org/D19-1519), this is done in folds, in
several rounds if wanted, and a document counts less in training for each round that contradicts it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from .readings import Mention, Reading

# How many tokens are told on either side.
CONTEXT = 15
# What is left of a document's weight after each round that contradicts it, as in CrossWeigh.
LEFT = 0.7


@dataclass(frozen=True)
class Believed:
    """An entity that a pipeline holds for most probable where something else is annotated.

    start, end (int): Its first character, and the one after its last.
    first_token, end_token (int): Its first token, and the one after its last.
    text (str): Its text.
    label (str): Its label.
    probability (Optional[float]): Its probability; None if an earlier component set it.
    """

    start: int
    end: int
    first_token: int
    end_token: int
    text: str
    label: str
    probability: float | None


@dataclass(frozen=True)
class Suspect:
    """A place that is probably annotated wrongly.

    document (int): The number of its document, from 1.
    start, end (int): Its first character, and the one after its last.
    first_token, end_token (int): Its first token, and the one after its last.
    text (str): Its text.
    left, right (str): The text before and after it, CONTEXT tokens of each.
    annotated (Optional[str]): The label that it is annotated with; None if it is no entity.
    believed (Sequence[Believed]): The entities there that the pipeline believes in; none if it
        believes in none.
    probability (float): That of the annotation: of the entity that is annotated, or if none is, of
        anything else than the one that is believed in.
    score (float): The probability that the annotation is wrong, on average over the rounds; a round
        that does not contradict it counts 0.
    rounds (int): How many rounds contradict it.
    """

    document: int
    start: int
    end: int
    first_token: int
    end_token: int
    text: str
    left: str
    right: str
    annotated: str | None
    believed: Sequence[Believed]
    probability: float
    score: float
    rounds: int = 1

    def to_json(self) -> dict[str, Any]:
        """What there is to say of it, as JSON has it."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "Suspect":
        """Read what `to_json` wrote."""
        believed = [Believed(**each) for each in record["believed"]]
        return cls(**{**record, "believed": believed})

    @property
    def place(self) -> tuple[int, int, int, str, bool]:
        """What tells it from others of its corpus."""
        label = self.annotated or self.believed[0].label
        return self.document, self.start, self.end, label, self.annotated is None


def find_suspects(reading: Reading) -> Iterator[Suspect]:
    """The places of a document where its annotation is contradicted.

    These are the entities that are annotated and not read, and those that are read and overlap no
    annotated one. Where nothing is annotated, one that an earlier component set with a label which
    the recognizer does not have says nothing about the annotation.

    reading (Reading): The document, as a pipeline reads it that was not trained on it.
    """
    for annotated, read in reading.groups():
        for mention in annotated:
            if not mention.right and mention.probability is not None:
                instead = [each for each in read if each.overlap(mention)]
                yield _suspect(reading, mention, mention.label, instead, mention.probability)
        for mention in read if not annotated else ():
            if mention.probability is not None:
                yield _suspect(reading, mention, None, [mention], 1.0 - mention.probability)


def _suspect(
    reading: Reading,
    mention: Mention,
    annotated: str | None,
    believed: Sequence[Mention],
    probability: float,
) -> Suspect:
    first, end = mention.start, mention.end
    return Suspect(
        document=reading.number,
        **_place(reading, mention),
        left=reading.text(max(0, first - CONTEXT), first),
        # The space between is with the words that follow.
        right=reading.spaces[end - 1] + reading.text(end, end + CONTEXT),
        annotated=annotated,
        believed=[
            Believed(**_place(reading, each), label=each.label, probability=each.probability)
            for each in believed
        ],
        probability=probability,
        score=1.0 - probability,
    )


def _place(reading: Reading, mention: Mention) -> dict[str, Any]:
    text = reading.text(mention.start, mention.end).removesuffix(reading.spaces[mention.end - 1])
    start = len(reading.text(0, mention.start))
    return {
        "start": start,
        "end": start + len(text),
        "first_token": mention.start,
        "end_token": mention.end,
        "text": text,
    }


def join_rounds(rounds: Sequence[Sequence[Suspect]]) -> list[Suspect]:
    """What several rounds find, the most probable errors first.

    rounds (Sequence[Sequence[Suspect]]): What each of them found in the whole corpus.
    RETURNS (List[Suspect]): Each place once, as the round sees it that is surest of an error.
    """
    places: dict[tuple[int, int, int, str, bool], list[Suspect]] = defaultdict(list)
    for found in rounds:
        for suspect in found:
            places[suspect.place].append(suspect)
    joined = [
        replace(
            max(group, key=lambda each: each.score),
            score=sum(each.score for each in group) / len(rounds),
            rounds=len(group),
        )
        for group in places.values()
    ]
    return sorted(joined, key=lambda each: (-each.score, each.document, each.start))


def weights_left(rounds: Sequence[Sequence[Suspect]]) -> dict[int, float]:
    """By what to multiply the weights of documents, by their numbers; those not contradicted aside.

    rounds (Sequence[Sequence[Suspect]]): What each of them found in the whole corpus.
    RETURNS (Dict[int, float]): 0.7 to the power of the number of rounds that contradict it.
    """
    count = Counter(number for found in rounds for number in {each.document for each in found})
    return {number: LEFT**times for number, times in count.items()}
