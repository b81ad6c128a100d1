from hypothesis import given
from hypothesis import strategies as st

from spacy_lstm_ner.nn.windows import make_windows


@given(st.lists(st.integers(1, 200), min_size=1, max_size=6), st.integers(1, 40), st.integers(0, 9))
def test_windows_keep_every_token_once_with_its_context(lengths, size, context):
    windows = make_windows(lengths, size=size, context=context)
    if windows.cut is None:
        assert windows.lengths == lengths
        assert max(lengths) <= size + 2 * context
        return
    take, keep = windows.cut.take.tolist(), windows.cut.keep.tolist()
    assert [take[place] for place in keep] == list(range(sum(lengths)))
    begin = 0
    for length, sequence in zip(windows.lengths, windows.sequence, strict=True):
        inside = take[begin : begin + length]
        assert inside == list(range(inside[0], inside[0] + length))
        first = sum(lengths[:sequence])
        last = first + lengths[sequence] - 1
        assert first <= inside[0] <= inside[-1] <= last
        for place in keep:
            if begin <= place < begin + length:
                assert place - begin >= min(context, take[place] - first)
                assert begin + length - 1 - place >= min(context, last - take[place])
        assert length <= size + 2 * context
        begin += length


def test_a_sequence_that_fits_stays_whole():
    windows = make_windows([10, 3], size=8, context=1)
    assert windows.lengths == [10, 3]
    assert windows.sequence == [0, 1]
    assert windows.cut is None
