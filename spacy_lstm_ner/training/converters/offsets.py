"""Offsets of characters in a text, as files give them."""

from bisect import bisect_left
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any, NamedTuple, TypeAlias

from ...errors import CodedError, Errors

# What a file's offsets count: finds the first character and the one after the last by them.
Unit: TypeAlias = Callable[[Any, Any, str], tuple[int, int]]


class Given(NamedTuple):
    """What a file gives as the place of a mention.

    pieces (Sequence[Tuple[Any, Any]]): Start and end of each piece, of which nearly all have one.
    quote (Optional[str]): The words that the file says are there, with space between pieces.
    """

    pieces: Sequence[tuple[Any, Any]]
    quote: str | None = None

    def find(self, text: str, unit: Unit) -> list[tuple[int, int]]:
        """Find the characters of each piece.

        text (str): The text.
        unit (Unit): What the offsets count.
        RETURNS (List[Tuple[int, int]]): The first characters, and those after the last.
        RAISES (ValueError): There are no such characters, or other ones than the file says.
        """
        found = [unit(start, end, text) for start, end in self.pieces]
        words = " ".join(text[start:end] for start, end in found)
        if self.quote is not None and not _is_same(words, self.quote):
            offsets = " and ".join(f"{start} to {end}" for start, end in self.pieces)
            message = Errors.E241.format(offsets=offsets, found=words, quote=self.quote)
            raise CodedError(message)
        return found

    def fits(self, text: str, unit: Unit) -> bool:
        """Whether the words that the file says are there."""
        try:
            self.find(text, unit)
        except CodedError:
            return False
        return True


def characters(start: Any, end: Any, text: str) -> tuple[int, int]:
    """Find the characters of a text by their numbers.

    start (Any): What the file gives as the first character.
    end (Any): What it gives as the character after the last.
    text (str): The text.
    RETURNS (Tuple[int, int]): The first character, and the one after the last.
    RAISES (ValueError): There are no such characters.
    """
    _check(start, end, len(text))
    return start, end


def utf16(start: Any, end: Any, text: str) -> tuple[int, int]:
    """Find the characters of a text by offsets in UTF-16 units.

    Offsets that were counted in a browser may be of these, of which characters beyond U+FFFF, such
    as emoji, have two.

    start (Any): What the file gives as the first unit.
    end (Any): What it gives as the unit after the last.
    text (str): The text.
    RETURNS (Tuple[int, int]): The first character, and the one after the last.
    RAISES (ValueError): There are no such units, or they are not whole characters.
    """
    units = _units(text)
    _check(start, end, units[-1])
    first, last = bisect_left(units, start), bisect_left(units, end)
    if (units[first], units[last]) != (start, end):
        raise CodedError(Errors.E240.format(start=start, end=end, length=units[-1]))
    return first, last


def after_mark(start: Any, end: Any, text: str) -> tuple[int, int]:
    """Find the characters of a text by their numbers, where a byte-order mark before it is one.

    start (Any): What the file gives as the first character.
    end (Any): What it gives as the character after the last.
    text (str): The text, without the mark.
    RETURNS (Tuple[int, int]): The first character, and the one after the last.
    RAISES (ValueError): There are no such characters.
    """
    _check(start, end, len(text) + 1)
    return characters(max(start - 1, 0), end - 1, text)


UNITS: tuple[Unit, ...] = (characters, utf16)


def choose_unit(places: Collection[Given], text: str, units: Sequence[Unit] = UNITS) -> Unit:
    """Find out what the offsets of an annotation count, by the words that it quotes.

    One alone may fit by chance, such as a word that occurs twice: the unit is one for all.

    places (Collection[Given]): The places of all mentions of the annotation.
    text (str): The text.
    units (Sequence[Unit]): What the offsets may count.
    RETURNS (Unit): That in which most quotes fit; of several, the first.
    """
    quoted = [place for place in places if place.quote is not None]
    if max(text, default="") <= "\uffff":  # characters and units of UTF-16 are the same
        units = [unit for unit in units if unit is not utf16]
    return max(units, key=lambda unit: sum(place.fits(text, unit) for place in quoted))


def _check(start: Any, end: Any, length: int) -> None:
    # By their type, since true and false are integers as well.
    whole = type(start) is int and type(end) is int
    if not whole or not 0 <= start < end <= length:
        raise CodedError(Errors.E240.format(start=start, end=end, length=length))


@lru_cache(maxsize=1)  # mentions come text by text
def _units(text: str) -> list[int]:
    """The UTF-16 unit that each character begins with, and the number of units."""
    return list(accumulate((1 + (character > "\uffff") for character in text), initial=0))


def _is_same(words: str, quote: str) -> bool:
    r"""Whether words are those of a quotation: brat turns line breaks into spaces, and Label Studio
    into the two characters `\n`."""
    return "".join(words.split()) == "".join(quote.replace("\\n", " ").split()) or words == quote
