import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_lstm_ner.errors import CodedError
from spacy_lstm_ner.training.converters.offsets import check_offsets, from_utf16

EMOJI = "😀 in Oslo"  # "Oslo" is 5 to 9 in characters, 6 to 10 in UTF-16


@pytest.mark.parametrize(
    ("start", "end"),
    [(3, 3), (4, 3), (-1, 3), (0, 11), (0.0, 3), (True, 3), ("0", 3), (None, None), (0, [3])],
)
def test_what_are_no_offsets_is_refused(start, end):
    for function in (check_offsets, from_utf16):
        with pytest.raises(CodedError, match="LN240"):
            function(start, end, "Ann in Rome"[:10])
    with pytest.raises(CodedError, match="LN240"):
        check_offsets(start, end, "Ann in Rome"[:10], quote="Ann")


def test_offsets_count_characters():
    assert check_offsets(5, 9, EMOJI) == (5, 9)
    assert check_offsets(5, 9, EMOJI, quote="Oslo") == (5, 9)


def test_a_quotation_shows_that_they_count_utf16():
    assert check_offsets(6, 10, EMOJI, quote="Oslo") == (5, 9)
    assert check_offsets(3, 5, EMOJI, quote="in") == (2, 4)


@pytest.mark.parametrize(("start", "end"), [(0, 3), (5, 9), (6, 10), (1, 2)])
def test_other_words_than_the_quoted_ones_are_refused(start, end):
    with pytest.raises(CodedError, match=r"LN24[01]"):
        check_offsets(start, end, EMOJI, quote="Rome")


@pytest.mark.parametrize("quote", ["New\nYork", "New York", "New\\nYork", "New  York "])
def test_space_in_a_quotation_does_not_count(quote):
    assert check_offsets(0, 8, "New\nYork", quote=quote) == (0, 8)


def test_half_of_a_character_is_none():
    with pytest.raises(CodedError, match="LN240"):
        from_utf16(1, 4, EMOJI)


@given(st.text(), st.data())
def test_units_of_utf16_are_those_that_the_encoding_has(text, data):
    start, end = sorted(data.draw(st.integers(0, len(text))) for _ in range(2))
    units = [len(text[:i].encode("utf-16-le", "surrogatepass")) // 2 for i in (start, end)]
    if start < end:
        assert from_utf16(*units, text) == (start, end)
