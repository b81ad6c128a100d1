"""Offsets of characters in a text, as files give them."""

from bisect import bisect_left
from functools import lru_cache
from itertools import accumulate
from typing import Any

from ...errors import CodedError, Errors


def check_offsets(start: Any, end: Any, text: str, quote: str | None = None) -> tuple[int, int]:
    """Find the characters of a text that a file means.

    Offsets that were counted in a browser may be of UTF-16 units, of which characters beyond
    U+FFFF, such as emoji, have two. Where the file says which words it means, that shows.

    start (Any): What the file gives as the first character.
    end (Any): What it gives as the character after the last.
    text (str): The text.
    quote (Optional[str]): The words that the file says are there; space among them does not count.
    RETURNS (Tuple[int, int]): The first character, and the one after the last.
    RAISES (ValueError): There are no such characters, or other ones than the file says.
    """
    if quote is None:
        return _within(start, end, text)
    try:
        found = _within(start, end, text)
    except CodedError:
        found = from_utf16(start, end, text)
    if not _is_same(text[slice(*found)], quote) and not text.isascii():
        found = from_utf16(start, end, text)
    if not _is_same(text[slice(*found)], quote):
        message = Errors.E241.format(start=start, end=end, found=text[slice(*found)], quote=quote)
        raise CodedError(message)
    return found


def from_utf16(start: Any, end: Any, text: str) -> tuple[int, int]:
    """Find the characters of a text by offsets in UTF-16 units.

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


def _within(start: Any, end: Any, text: str) -> tuple[int, int]:
    _check(start, end, len(text))
    return start, end


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
