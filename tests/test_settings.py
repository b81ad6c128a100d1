import math

import numpy as np
import pytest

from spacy_lstm_ner.settings import check_number, check_range, in_range


@pytest.mark.parametrize("value", [0, 1, 0.5, np.float32(0.5), np.int64(1)])
def test_numbers_within_bounds(value):
    assert in_range(value, 0, 1)


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan, math.inf, True, "0.5", None, [0.5]])
def test_what_is_out_of_bounds_or_no_number(value):
    assert not in_range(value, 0, 1)
    with pytest.raises(ValueError, match=r"LN034.*share is .*a number from 0 to 1"):
        check_number("share", value, 0, 1)


def test_bounds_are_told():
    with pytest.raises(ValueError, match=r"n is 0\. Expected a number of 1 or more"):
        check_number("n", 0, 1, math.inf)
    with pytest.raises(ValueError, match=r"x is 0\. Expected a number above 0, 1 at most"):
        check_number("x", 0, 0, 1, above=True)


def test_what_need_not_be_given_may_be_none_or_several():
    check_range(0, 1, dropout=None, rates=[0.5, None, 1])
    with pytest.raises(ValueError, match=r"rates is \[0\.5, 2\]"):
        check_range(0, 1, rates=[0.5, 2])
    with pytest.raises(ValueError, match="rate is ''"):
        check_range(0, 1, rate="")
