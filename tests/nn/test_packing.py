import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.utils.rnn import pack_sequence

from spacy_lstm_ner.nn.packing import pack_lengths


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8))
def test_pack_lengths_agrees_with_torch(lengths):
    tokens = torch.arange(sum(lengths))
    packing = pack_lengths(lengths)
    expected = pack_sequence(list(tokens.split(lengths)), enforce_sorted=False)
    assert packing.batch_sizes == expected.batch_sizes.tolist()
    # Torch does not promise the order of sequences of equal length; ours is stable.
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    by_step = [
        int(tokens.split(lengths)[i][t])
        for t in range(max(lengths))
        for i in order
        if lengths[i] > t
    ]
    assert packing.pack(tokens).tolist() == by_step
    assert packing.unpack(packing.pack(tokens)).tolist() == tokens.tolist()
    of_token = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths))
    assert packing.unpack(packing.sequence).tolist() == of_token.tolist()
