import numpy as np
import pytest
import torch
from thinc.api import Adam, Linear

from spacy_lstm_ner.parallel import blocks
from spacy_lstm_ner.parallel import optimizer as module
from spacy_lstm_ner.parallel.optimizer import make_data_parallel


def step(optimizer, steps=3):
    model = Linear(nO=2, nI=3)
    model.initialize()
    model.set_param("W", np.arange(6, dtype="f").reshape(2, 3))
    for _ in range(steps):
        model.set_grad("W", np.ones((2, 3), dtype="f"))
        model.set_grad("b", np.ones(2, dtype="f"))
        model.finish_update(optimizer)
        optimizer.step_schedules()
    return model.get_param("W")


def test_a_process_by_itself_steps_as_without_it():
    def rates():
        yield from (0.1, 0.01, 0.001)

    expected = step(Adam(learn_rate=rates(), use_averages=True))
    optimizer = make_data_parallel(Adam(learn_rate=rates(), use_averages=True))
    np.testing.assert_array_equal(step(optimizer), expected)
    assert optimizer.averages
    assert optimizer.learn_rate == 0.001


def others_add(monkeypatch, *, agree=True):
    """As if a second process had the same gradients."""
    monkeypatch.setattr(module, "count", lambda: 2)
    monkeypatch.setattr(module, "rank", lambda: 1)
    monkeypatch.setattr(module, "agree", lambda number, device: agree)
    monkeypatch.setattr(module, "add_up", lambda tensor: tensor.mul_(2))
    monkeypatch.setattr(module, "check_blocks", lambda: None)


def test_gradients_of_any_layer_are_added_up(monkeypatch):
    others_add(monkeypatch)
    optimizer = make_data_parallel(Adam(learn_rate=0.1, grad_clip=0.0))
    weights, gradient = np.zeros(2, dtype="f"), np.array([1.0, 2.0], dtype="f")
    seen = []
    monkeypatch.setattr(
        module.Optimizer, "__call__", lambda self, key, w, g, **_: seen.append(g.copy()) or (w, g)
    )
    optimizer((1, "W"), weights, gradient)
    assert seen[0].tolist() == [2.0, 4.0]
    with optimizer.added_up(torch.nn.Linear(1, 1)):
        optimizer((1, "W"), weights, gradient)
    assert seen[1].tolist() == [2.0, 4.0]  # not again


def test_weights_that_differ_are_an_error(monkeypatch):
    others_add(monkeypatch, agree=False)
    optimizer = make_data_parallel(Adam(learn_rate=0.1))
    with pytest.raises(ValueError, match=r"LN321.*W, \(2,\).*seed"):
        optimizer((1, "W"), np.zeros(2, dtype="f"), np.ones(2, dtype="f"))


def test_one_block_without_the_other_is_an_error(monkeypatch):
    monkeypatch.setattr(module, "count", lambda: 2)
    monkeypatch.setattr(blocks, "_noted", {"training.optimizer"})
    with pytest.raises(ValueError, match=r"LN324.*\[training.batcher\]"):
        make_data_parallel(Adam(learn_rate=0.1))((1, "W"), np.zeros(2), np.ones(2))


def test_processes_draw_noise_of_their_own(monkeypatch):
    drawn = []
    for rank in (0, 1):
        others_add(monkeypatch)
        monkeypatch.setattr(module, "rank", lambda rank=rank: rank)
        np.random.seed(0)
        optimizer = make_data_parallel(Adam(learn_rate=0.1))
        assert np.random.rand() == pytest.approx(0.5488135)  # weights may be drawn yet
        optimizer((1, "W"), np.zeros(2, dtype="f"), np.ones(2, dtype="f"))
        drawn.append((np.random.rand(), float(torch.rand(1))))
    assert drawn[0][0] != drawn[1][0]
    assert drawn[0][1] != drawn[1][1]
