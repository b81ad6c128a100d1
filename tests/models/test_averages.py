import pytest
import torch
from torch import nn

from spacy_lstm_ner.models.averages import MovingAverage


def make(value, n=1):
    layer = nn.Linear(n, 1, bias=False)
    nn.init.constant_(layer.weight, value)
    return layer


def test_an_average_reaches_further_back_with_every_step():
    values = [3.0, 5.0, -1.0, 4.0]
    average = MovingAverage(make(values[0]))
    for value in values[1:]:
        average.update(make(value))
    expected = values[0]
    for step, value in enumerate(values[1:], start=2):
        decay = (1 + step) / (10 + step)
        expected = decay * expected + (1 - decay) * value
    assert average.module.weight.item() == pytest.approx(expected)


def test_an_average_shares_no_weights_with_the_module():
    layer = make(1.0)
    average = MovingAverage(layer)
    nn.init.zeros_(layer.weight)
    assert average.module.weight.item() == 1.0


def fill(larger, smaller):
    with torch.no_grad():
        larger.weight[:, :1] = smaller.weight


def test_the_average_of_a_larger_module_goes_on_from_that_of_the_smaller():
    average = MovingAverage(make(3.0))
    average.update(make(5.0))
    mean = average.module.weight.item()
    grown = average.grown(make(7.0, n=2), fill)
    assert grown.module.weight.tolist() == [[pytest.approx(mean), 7.0]]
    grown.update(make(0.0, n=2))
    assert grown.module.weight[0, 0].item() == pytest.approx(mean * 4 / 13)
