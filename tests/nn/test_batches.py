from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from spacy_lstm_ner.nn.batches import batched
from spacy_lstm_ner.nn.windows import make_windows

SIZES = st.lists(st.integers(0, 9), max_size=12)


@given(SIZES, st.integers(1, 12))
def test_batches_keep_order_and_are_no_larger_than_they_may(sizes, most):
    batches = list(batched(range(len(sizes)), sizes.__getitem__, most=most))
    assert [item for batch in batches for item in batch] == list(range(len(sizes)))
    for batch in batches:
        assert len(batch) == 1 or sum(sizes[item] for item in batch) <= most
    for batch, (following, *_) in pairwise(batches):
        assert sum(sizes[item] for item in [*batch, following]) > most  # none could be larger


def test_windows_in_batches_are_no_more_tokens_than_asked_for():
    windows = make_windows([60, 60, 100, 300, 1])
    assert windows.batches(100) == [slice(0, 1), slice(1, 2), slice(2, 3), slice(3, 4), slice(4, 5)]
    assert windows.batches(130) == [slice(0, 2), slice(2, 3), slice(3, 4), slice(4, 5)]
    assert windows.batches(1000) == [slice(0, 5)]
