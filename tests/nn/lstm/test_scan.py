"""The pass step by step, against torch's own layer on one sequence at a time."""

import pytest
import torch
from torch import nn

from spacy_lstm_ner.nn.lstm import scan
from spacy_lstm_ner.nn.lstm.engine import Engine
from spacy_lstm_ner.nn.lstm.scan import GateWeights, lstm_scan
from spacy_lstm_ner.nn.words import WordRows

from .test_encoder import LENGTHS, make, one_by_one


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("skip", [True, False])
@pytest.mark.parametrize("together", [1, 2, scan.SEQUENCES])
def test_scan_is_exact_with_and_without_shared_rows(
    depth, bidirectional, skip, together, monkeypatch
):
    monkeypatch.setattr(scan, "SEQUENCES", together)
    encoder = make(depth=depth, bidirectional=bidirectional, skip=skip)
    words = torch.randn(7, 6)
    rows = torch.randint(7, (sum(LENGTHS),))
    engine = Engine(encoder)
    known = WordRows()
    known.add(range(7), words)
    with torch.no_grad():
        expected = one_by_one(encoder, words[rows])
        for x, indices, seen in [
            (words[rows], None, None),
            (words, rows, None),
            (words, rows, known),
        ]:
            found = engine.predict(x, indices, LENGTHS, words=seen)
            torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("lengths", [[1], [7], [3, 1, 4], [2] * (scan.SEQUENCES + 6)])
def test_one_direction_and_both_equal_torchs_own_layer(lengths):
    torch.manual_seed(0)
    both = nn.LSTM(3, 5, bidirectional=True)
    weights = {name: value.detach() for name, value in both.named_parameters()}
    cells = []
    for direction in ("", "_reverse"):
        cell = nn.LSTM(3, 5)
        names = [name for name, _ in cell.named_parameters()]
        cell.load_state_dict({name: weights[name + direction] for name in names})
        cells.append(cell)
    x = torch.randn(sum(lengths), 3)
    with torch.no_grad():
        expected = torch.cat([both(rows.unsqueeze(1))[0].squeeze(1) for rows in x.split(lengths)])
        for part, width in ((cells, 10), (cells[:1], 5)):
            gates = GateWeights.of(part)
            found = lstm_scan(gates.inputs(x), None, gates, lengths)
            torch.testing.assert_close(found, expected[:, :width])
