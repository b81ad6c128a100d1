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
    gather, core = windows.cut.gather.tolist(), windows.cut.core.tolist()
    assert [gather[place] for place in core] == list(range(sum(lengths)))
    begin = 0
    for length, sequence in zip(windows.lengths, windows.sequence, strict=True):
        inside = gather[begin : begin + length]
        assert inside == list(range(inside[0], inside[0] + length))
        first = sum(lengths[:sequence])
        last = first + lengths[sequence] - 1
        assert first <= inside[0] <= inside[-1] <= last
        for place in core:
            if begin <= place < begin + length:
                assert place - begin >= min(context, gather[place] - first)
                assert begin + length - 1 - place >= min(context, last - gather[place])
        assert length <= size + 2 * context
        begin += length
    places = [i for start, end in windows.spans() for i in range(start, end)]
    assert places == gather


def test_a_sequence_that_fits_stays_whole():
    windows = make_windows([10, 3], size=8, context=1)
    assert windows.lengths == [10, 3]
    assert windows.sequence == [0, 1]
    assert windows.cut is None
    assert windows.spans() == [(0, 10), (10, 13)]
