from hypothesis import given
from hypothesis import strategies as st

from spacy_lstm_ner.nn.lstm.grid import make_grids

LENGTHS = st.lists(st.integers(1, 40), min_size=1, max_size=30)


@given(LENGTHS, st.sampled_from([0.0, 0.125, 0.5]), st.integers(1, 200))
def test_grids_hold_every_token_once_and_reversed(lengths, padding, max_cells):
    starts = [sum(lengths[:i]) for i in range(len(lengths))]
    of_token = [i for i, n in enumerate(lengths) for _ in range(n)]
    seen = []
    for grid in make_grids(lengths, padding=padding, max_cells=max_cells):
        time, batch = grid.forward.shape
        forward = grid.forward.flatten()[grid.cells].tolist()
        backward = grid.backward.flatten()[grid.cells].tolist()
        seen += forward
        for there, back in zip(forward, backward, strict=True):
            i = of_token[there]
            assert of_token[back] == i
            assert (there - starts[i]) + (back - starts[i]) == lengths[i] - 1
        assert time * batch <= max(max_cells, time)
        shortest = min(lengths[of_token[t]] for t in grid.forward[0].tolist())
        assert time <= shortest * (1 + padding) + 1e-6
    assert sorted(seen) == list(range(sum(lengths)))
