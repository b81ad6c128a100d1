import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_lstm_ner.errors import CodedError
from spacy_lstm_ner.training.converters.offsets import (
    UNITS,
    Given,
    after_mark,
    characters,
    choose_unit,
    utf16,
)

EMOJI = "😀 in Oslo"  # "Oslo" is 5 to 9 in characters, 6 to 10 in UTF-16
TWICE = "😀😀 a a Bob"  # "a" is 3 or 5 in characters, 5 or 7 in UTF-16; "Bob" 7 or 9


def place(start, end, quote=None):
    return Given([(start, end)], quote)


def find_all(text, *places):
    unit = choose_unit(places, text)
    return [found for place in places for found in place.find(text, unit)]


@pytest.mark.parametrize(
    ("start", "end"),
    [(3, 3), (4, 3), (-1, 3), (0, 11), (0.0, 3), (True, 3), ("0", 3), (None, None), (0, [3])],
)
@pytest.mark.parametrize("quote", [None, "Ann"])
def test_what_are_no_offsets_is_refused(start, end, quote):
    for unit in UNITS:
        with pytest.raises(CodedError, match="LN240"):
            place(start, end, quote).find("Ann in Rome"[:10], unit)
    with pytest.raises(CodedError, match="LN240"):
        find_all("Ann in Rome"[:10], place(start, end, quote))


def test_offsets_count_characters():
    assert find_all(EMOJI, place(5, 9)) == [(5, 9)]
    assert find_all(EMOJI, place(5, 9, "Oslo")) == [(5, 9)]
    assert find_all(TWICE, place(5, 6, "a")) == [(5, 6)]


def test_a_quotation_shows_that_they_count_utf16():
    assert find_all(EMOJI, place(6, 10, "Oslo"), place(3, 5, "in")) == [(5, 9), (2, 4)]


def test_all_mentions_of_an_annotation_have_one_unit():
    others = place(5, 6, "a"), place(5, 8)
    assert find_all(TWICE, *others, place(9, 12, "Bob")) == [(3, 4), (3, 6), (7, 10)]
    assert find_all(TWICE, *others, place(7, 10, "Bob")) == [(5, 6), (5, 8), (7, 10)]


def test_the_unit_is_that_in_which_most_quotations_fit():
    places = place(9, 12, "Bob"), place(5, 6, "a"), place(0, 4, "Eve")
    assert choose_unit(places, TWICE) is utf16
    assert choose_unit((*places, place(7, 10, "Bob")), TWICE) is characters
    with pytest.raises(CodedError, match=r"LN241.*from 0 to 4 is '😀😀', and not 'Eve'"):
        find_all(TWICE, *places)


@pytest.mark.parametrize(("start", "end"), [(0, 3), (5, 9), (6, 10), (1, 2)])
def test_other_words_than_the_quoted_ones_are_refused(start, end):
    with pytest.raises(CodedError, match=r"LN24[01]"):
        find_all(EMOJI, place(start, end, "Rome"))


def test_the_words_of_pieces_have_space_between():
    pieces = [(0, 2), (6, 10)]
    given = Given(pieces, "😀 Oslo")
    assert given.find(EMOJI, choose_unit([given], EMOJI)) == [(0, 1), (5, 9)]
    with pytest.raises(
        CodedError, match=r"from 0 to 2 and 6 to 10 is '😀 Oslo', and not '😀 Rome'"
    ):
        Given(pieces, "😀 Rome").find(EMOJI, utf16)


@pytest.mark.parametrize("quote", ["New\nYork", "New York", "New\\nYork", "New  York "])
def test_space_in_a_quotation_does_not_count(quote):
    assert find_all("New\nYork", place(0, 8, quote)) == [(0, 8)]


def test_half_of_a_character_is_none():
    with pytest.raises(CodedError, match="LN240"):
        utf16(1, 4, EMOJI)


def test_a_mark_before_the_text_can_count():
    assert after_mark(1, 4, "Ada ran") == (0, 3)
    assert after_mark(0, 8, "Ada ran") == (0, 7)
    for start, end in ((0, 1), (5, 9), (None, 3)):
        with pytest.raises(CodedError, match="LN240"):
            after_mark(start, end, "Ada ran")


@given(st.text(), st.data())
def test_units_of_utf16_are_those_that_the_encoding_has(text, data):
    start, end = sorted(data.draw(st.integers(0, len(text))) for _ in range(2))
    units = [len(text[:i].encode("utf-16-le", "surrogatepass")) // 2 for i in (start, end)]
    if start < end:
        assert utf16(*units, text) == (start, end)
