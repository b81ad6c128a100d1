"""Changed copies of training documents: other names, other capitals, typing errors.

spaCy augments a corpus once, when it reads it, unless [training] max_epochs is -1. What is changed
is therefore added, and every document stays as it was written too.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..settings import check_range
from .partly import say_as_much
from .weights import set_weight, weight_of

# Words that get a typing error, in a document that gets any.
TYPOS = 0.1
# Shorter words are told apart by every letter.
MIN_LETTERS = 4
# Most mentions of a label that are remembered to draw from.
MAX_MENTIONS = 10_000


class Word(NamedTuple):
    """A token: its text, whether a space follows, and its annotation as in `Token.ent_iob_`."""

    text: str
    space: bool
    iob: str
    label: str


Change: TypeAlias = Callable[[Sequence[Word]], list[Word]]


def make_augmenter(
    *, mention_level: float = 0.0, case_level: float = 0.0, typo_level: float = 0.0
) -> Callable[[Language, Example], Iterator[Example]]:
    """Add changed copies of documents to a corpus.

    They have entities, the document's weight and what it was annotated for, and nothing else.

    mention_level (float): Share of the documents of which there is a copy with other entities, each
        drawn from those of its label that were read before. Dai and Adel 2020,
        https://aclanthology.org/2020.coling-main.343
    case_level (float): Share with a copy in small letters, in capitals, or in Title Case.
    typo_level (float): Share with a copy in which a word in ten has a typing error.
    RETURNS (Callable[[Language, Example], Iterator[Example]]): The augmenter.
    RAISES (ValueError): A share is not from 0 to 1.
    """
    check_range(0, 1, mention_level=mention_level, case_level=case_level, typo_level=typo_level)
    mentions = Mentions()
    changes = ((mention_level, mentions.replace), (case_level, change_case), (typo_level, mistype))

    def augment(nlp: Language, example: Example) -> Iterator[Example]:
        yield example
        words = read_words(example.reference)
        for level, change in changes:
            if random.random() < level and (changed := change(words)) != words:
                copy = make_example(
                    nlp, changed, unknown_spaces=example.reference.has_unknown_spaces
                )
                say_the_same(example.reference, copy.reference)
                yield copy
        mentions.remember(words)

    return augment


def say_the_same(doc: Doc, copy: Doc) -> None:
    """Say of a copy what is said of a document as a whole: its annotated labels, and its weight."""
    say_as_much(doc, copy)
    weight = weight_of(doc)
    if weight != 1:
        set_weight(copy, weight)


class Mentions:
    """Entities of each label, to put in place of others."""

    def __init__(self) -> None:
        self._of_label: dict[str, list[list[Word]]] = defaultdict(list)

    def remember(self, words: Sequence[Word]) -> None:
        """Remember the entities of a document."""
        for mention in entities(words):
            known = self._of_label[mention[0].label]
            if len(known) < MAX_MENTIONS:
                known.append(mention)
            else:
                known[random.randrange(MAX_MENTIONS)] = mention

    def replace(self, words: Sequence[Word]) -> list[Word]:
        """Put a remembered entity of the same label in place of each."""
        changed: list[Word] = []
        for mention in segments(words):
            known = self._of_label.get(mention[0].label) if mention[0].iob == "B" else None
            if known:
                chosen = random.choice(known)
                # What follows is as far away as it was.
                changed += [*chosen[:-1], chosen[-1]._replace(space=mention[-1].space)]
            else:
                changed += mention
        return changed


def change_case(words: Sequence[Word]) -> list[Word]:
    """Write all words in small letters, in capitals, or each with a capital."""
    change = random.choice((str.lower, str.upper, str.capitalize))
    # Where no space is before it, a token is a part of a word: "don" and "'t".
    begins = [True, *(word.space for word in words)]
    parts = str.lower if change is str.capitalize else change
    return [
        word._replace(text=(change if begin else parts)(word.text))
        for word, begin in zip(words, begins, strict=False)
    ]


def mistype(words: Sequence[Word]) -> list[Word]:
    """Make an error in some words: letters swapped, left out, or typed twice."""
    return [
        word._replace(text=_mistype(word.text))
        if len(word.text) >= MIN_LETTERS and word.text.isalpha() and random.random() < TYPOS
        else word
        for word in words
    ]


def _mistype(text: str) -> str:
    i = random.randrange(1, len(text) - 1)  # first letters are rarely wrong
    before, one, other, after = text[:i], text[i], text[i + 1], text[i + 2 :]
    return before + random.choice((other + one, other, one + one + other)) + after


def read_words(doc: Doc) -> list[Word]:
    """The tokens of a document."""
    return [Word(t.text, bool(t.whitespace_), t.ent_iob_, t.ent_type_) for t in doc]


def segments(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Entities, and tokens that are in none, in order."""
    segment: list[Word] = []
    for word in words:
        if segment and word.iob != "I":
            yield segment
            segment = []
        segment.append(word)
    if segment:
        yield segment


def entities(words: Sequence[Word]) -> Iterator[list[Word]]:
    """The entities among some tokens."""
    return (segment for segment in segments(words) if segment[0].iob == "B" and segment[0].label)


def make_example(nlp: Language, words: Sequence[Word], *, unknown_spaces: bool) -> Example:
    """Make an annotated document of tokens, and what the pipeline's tokenizer makes of its text."""
    texts, spaces = [word.text for word in words], [word.space for word in words]
    # No annotation stays none; a token that is blocked is outside.
    tags = [f"{w.iob}-{w.label}" if w.label else w.iob and "O" for w in words]
    reference = Doc(nlp.vocab, words=texts, spaces=spaces, ents=tags)
    predicted = (
        Doc(nlp.vocab, words=texts, spaces=spaces)
        if unknown_spaces
        else nlp.make_doc(reference.text)
    )
    return Example(predicted, reference)
