import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spacy_lstm_ner.nn.crf.selection import choose_spans
from spacy_lstm_ner.tags import Spans

SPAN = st.tuples(st.integers(0, 9), st.integers(1, 4), st.integers(-3, 9))


def choose(spans):
    start, length, gain = np.array(spans, dtype=np.int64).reshape(-1, 3).T
    found = Spans(start, start + length, np.zeros_like(start))
    return np.flatnonzero(choose_spans(found, gain / 10)).tolist()


def overlap(one, other):
    return one[0] < other[0] + other[1] and other[0] < one[0] + one[1]


def test_two_good_spans_beat_a_better_one_across_both():
    assert choose([(0, 2, 5), (1, 3, 8), (3, 2, 5)]) == [0, 2]
    assert choose([(0, 2, 3), (1, 3, 8), (3, 2, 3)]) == [1]


def test_neighbours_do_not_overlap():
    assert choose([(0, 2, 1), (2, 1, 1)]) == [0, 1]


def test_what_gains_nothing_is_left_out():
    assert choose([(0, 1, 0), (2, 1, -1)]) == []
    assert choose([]) == []


@given(st.lists(SPAN, max_size=8))
def test_no_other_choice_gains_more(spans):
    def gain(choice):
        return sum(spans[i][2] for i in choice)

    def fits(choice):
        return not any(overlap(spans[i], spans[j]) for i, j in itertools.combinations(choice, 2))

    numbers = range(len(spans))
    choices = (c for n in range(len(spans) + 1) for c in itertools.combinations(numbers, n))
    best = max(gain(choice) for choice in choices if fits(choice))
    chosen = choose(spans)
    assert fits(chosen)
    assert gain(chosen) == best
    assert all(spans[i][2] > 0 for i in chosen)
