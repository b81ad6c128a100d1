import copy
import gc
import pickle
import weakref
from contextlib import suppress

import numpy as np
import pytest
import srsly
import torch
from thinc.api import Adam
from torch import nn

from spacy_lstm_ner.models.format import SavedLayer, write_layer
from spacy_lstm_ner.models.shim import ModuleShim
from spacy_lstm_ner.nn.embedding import BLOCK, GrowingTable
from spacy_lstm_ner.nn.learner import Learner


class Dense(Learner):
    def __init__(self, *, n_in: int, n_out: int) -> None:
        super().__init__()
        self.layer = nn.Linear(n_in, n_out)


def make_shim() -> ModuleShim:
    shim = ModuleShim(Dense)
    shim.build(n_in=3, n_out=2)
    return shim


def add_gradient(shim: ModuleShim) -> None:
    shim.module.layer(torch.ones(1, 3)).sum().backward()


def weights(shim: ModuleShim) -> np.ndarray:
    return shim.module.layer.weight.detach().numpy().copy()


def test_bytes_build_the_module_in_an_empty_shim():
    shim = make_shim()
    data = shim.to_bytes()
    loaded = ModuleShim(Dense).from_bytes(data)
    assert np.array_equal(weights(loaded), weights(shim))
    assert loaded.to_bytes() == data


def test_an_empty_shim_travels_too():
    loaded = make_shim().from_bytes(ModuleShim(Dense).to_bytes())
    assert loaded.module is None


def test_from_bytes_refuses_a_newer_format():
    message = srsly.msgpack_loads(make_shim().to_bytes())
    message["format"] = 99
    with pytest.raises(ValueError, match="LN020"):
        ModuleShim(Dense).from_bytes(srsly.msgpack_dumps(message))


def test_from_bytes_refuses_weights_that_were_tampered_with():
    message = srsly.msgpack_loads(make_shim().to_bytes())
    state = bytearray(message["state"])
    state[-1] ^= 1
    message["state"] = bytes(state)
    with pytest.raises(ValueError, match="LN021"):
        ModuleShim(Dense).from_bytes(srsly.msgpack_dumps(message))


def test_from_bytes_refuses_settings_that_were_tampered_with():
    message = srsly.msgpack_loads(make_shim().to_bytes())
    message["settings"]["n_out"] = 3
    with pytest.raises(ValueError, match="LN021"):
        ModuleShim(Dense).from_bytes(srsly.msgpack_dumps(message))


def test_from_bytes_refuses_the_weights_of_another_module():
    wide = ModuleShim(Dense)
    wide.build(n_in=3, n_out=5)
    other = write_layer(SavedLayer({"n_in": 3, "n_out": 2}, wide.module.state_dict()))
    with pytest.raises(ValueError, match=r"LN025.*layer.bias is .*\(5,\), expected .*\(2,\)"):
        ModuleShim(Dense).from_bytes(other)


@pytest.mark.parametrize("name", ["damaged", "other settings", "other weights"])
def test_a_shim_that_refuses_bytes_stays_what_it_was(name):
    shim = make_shim()
    optimizer = Adam(0.1)
    add_gradient(shim)
    shim.finish_update(optimizer)
    module, number, data = shim.module, shim.id, shim.to_bytes()
    refused = {
        "damaged": data[:-1],
        "other settings": write_layer(SavedLayer({"n_in": 3}, module.state_dict())),
        "other weights": write_layer(SavedLayer({"n_in": 3, "n_out": 2}, {})),
    }
    with pytest.raises(ValueError, match="LN02"):
        shim.from_bytes(refused[name])
    assert shim.module is module
    assert shim.id == number
    assert shim.to_bytes() == data


def test_finish_update_moves_the_weights_once():
    shim = make_shim()
    optimizer = Adam(0.1)
    before = weights(shim)
    add_gradient(shim)
    shim.finish_update(optimizer)
    moved = weights(shim)
    assert not np.allclose(moved, before)
    shim.finish_update(optimizer)
    assert np.array_equal(weights(shim), moved)


def test_a_step_keeps_nothing_of_the_steps_before():
    class Told(np.ndarray):
        """What an optimizer got or gave, which can be asked for whether it is still there."""

    shim, kept = make_shim(), []

    def half(key, weight, gradient):
        weight *= 0.5
        value = weight.view(Told)  # of the same memory, as thinc's optimizers give back
        kept.append(weakref.ref(value))
        return value, gradient

    before = weights(shim)
    for _ in range(3):
        add_gradient(shim)
        shim.finish_update(half)
    gc.collect()
    assert np.array_equal(weights(shim), before / 8)
    assert len(kept) == 6
    assert not any(ref() is not None for ref in kept)


def test_weights_are_what_an_optimizer_gives_back():
    shim = make_shim()
    before = weights(shim)
    add_gradient(shim)
    shim.finish_update(lambda key, weight, gradient: (weight + 1, gradient))
    assert np.array_equal(weights(shim), before + 1)


def test_gradients_given_away_are_not_overwritten():
    shim = make_shim()
    kept = {}

    def keep(key, weight, gradient):
        kept[key] = gradient
        return weight, gradient

    add_gradient(shim)
    shim.finish_update(keep)
    add_gradient(shim)
    shim.finish_update(Adam(0.1))
    assert np.array_equal(kept[shim.id, "layer.weight"], np.ones((2, 3)))


def test_averages_are_used_and_taken_back():
    shim = make_shim()
    optimizer = Adam(0.1, use_averages=True)
    for _ in range(5):
        add_gradient(shim)
        shim.finish_update(optimizer)
    trained = weights(shim)
    with shim.use_params(optimizer.averages):
        assert np.allclose(weights(shim), optimizer.averages[shim.id, "layer.weight"])
        assert not np.allclose(weights(shim), trained)
    assert np.array_equal(weights(shim), trained)


def test_other_weights_are_taken_back_after_an_error():
    shim = make_shim()
    own = weights(shim).copy()
    averages = {(shim.id, "layer.weight"): own + 1}
    with suppress(RuntimeError), shim.use_params(averages):
        assert np.allclose(weights(shim), own + 1)
        raise RuntimeError
    assert np.array_equal(weights(shim), own)


def by_pickle(shim):
    return pickle.loads(pickle.dumps(shim))


@pytest.mark.parametrize("duplicate", [copy.deepcopy, ModuleShim.copy, by_pickle])
def test_a_copy_shares_neither_weights_nor_optimizer_state(duplicate):
    shim = make_shim()
    other = duplicate(shim)
    assert other.id != shim.id
    before = weights(other)
    add_gradient(shim)
    shim.finish_update(Adam(0.1))
    assert np.array_equal(weights(other), before)


def test_a_module_built_anew_gets_fresh_optimizer_state():
    shim = make_shim()
    optimizer = Adam(0.1)
    add_gradient(shim)
    shim.finish_update(optimizer)
    shim.build(n_in=3, n_out=5)
    add_gradient(shim)
    shim.finish_update(optimizer)  # moments of the old shape would fail here


def test_pickle_keeps_the_weights():
    shim = make_shim()
    assert np.array_equal(weights(pickle.loads(pickle.dumps(shim))), weights(shim))


CHANGES = {
    "an update": lambda shim: (add_gradient(shim), shim.finish_update(Adam(0.1))),
    "other weights": lambda shim: shim.use_params({}).__enter__(),
    "a move": lambda shim: shim.to_device("cpu", 0),
    "building anew": lambda shim: shim.build(n_in=3, n_out=2),
    "loading": lambda shim: shim.from_bytes(shim.to_bytes()),
    "forgetting": lambda shim: shim.forget(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_depends_on_the_weights_is_made_anew_after(change):
    shim = make_shim()
    kept = shim.cached("double", lambda: 2 * weights(shim))
    assert shim.cached("double", lambda: None) is kept
    change(shim)
    assert shim.cached("double", lambda: "anew") == "anew"


def test_what_a_thread_made_of_weights_that_changed_meanwhile_is_not_kept():
    shim = make_shim()

    def slow():
        with shim.use_params({}):
            return "of other weights"

    assert shim.cached("result", slow) == "of other weights"
    assert shim.cached("result", lambda: "of these weights") == "of these weights"


# Tables that grow.


class Table(Learner):
    """Rows of ones to look up."""

    def __init__(self, *, rows: int) -> None:
        super().__init__()
        self.table = GrowingTable(rows, 2)
        self.table.weight.data.fill_(1.0)

    def look_up(self, *rows: int) -> torch.Tensor:
        return self.table(torch.tensor(rows))


def make_table(rows: int) -> ModuleShim:
    shim = ModuleShim(Table)
    shim.build(rows=rows)
    return shim


def step(shim: ModuleShim, optimizer, *rows: int) -> None:
    (shim.module.look_up(*rows) ** 2).sum().backward()
    shim.finish_update(optimizer)


def test_an_optimizer_is_shown_the_blocks_that_have_a_gradient_alone():
    shown = []

    def optimizer(key, weights, gradient):
        shown.append((key, weights.shape, np.flatnonzero(gradient.any(axis=1)).tolist()))
        return weights - gradient, None

    shim = make_table(5 * BLOCK)
    step(shim, optimizer, 1, 3 * BLOCK + 2, 3, 1)
    first, other = (((shim.id, f"table.weight.{i}"), (BLOCK, 2)) for i in (0, 3))
    assert shown == [(*first, [1, 3]), (*other, [2])]
    weights = shim.module.table.weight.detach()
    assert weights[[1, 3, 3 * BLOCK + 2]].tolist() == [[-3.0, -3.0], [-1.0, -1.0], [-1.0, -1.0]]
    assert (weights == 1).sum() == 2 * (5 * BLOCK - 3)


def test_blocks_are_stepped_as_whole_tables_are():
    """One table of one block each, the other without blocks: Adam gives both the same weights."""
    whole = nn.Embedding(BLOCK, 2, padding_idx=0)
    whole.weight.data.fill_(1.0)
    blocks, expected, found = make_table(BLOCK), Adam(0.1), Adam(0.1)
    for rows in ([1, 2], [2, 5], [5, 5, 7]):
        (whole(torch.tensor(rows)) ** 2).sum().backward()
        gradient, whole.weight.grad = whole.weight.grad, None
        expected((0, "table"), whole.weight.data.numpy(), gradient.numpy())
        step(blocks, found, *rows)
    torch.testing.assert_close(blocks.module.table.weight, whole.weight)


def test_what_an_optimizer_keeps_survives_growth_and_averages_hold_new_rows():
    shim, optimizer = make_table(BLOCK - 1), Adam(0.1, use_averages=True)
    for _ in range(3):
        step(shim, optimizer, 1, 2)
    kept = optimizer.mom1[shim.id, "table.weight.0"].copy()
    shim.module.table.extend(BLOCK, like=1)
    np.testing.assert_array_equal(optimizer.mom1[shim.id, "table.weight.0"], kept)
    step(shim, optimizer, 2, BLOCK - 1, BLOCK + 1)
    assert optimizer.nr_update[shim.id, "table.weight.0"] == 4
    assert optimizer.nr_update[shim.id, "table.weight.1"] == 1
    current = shim.module.table.weight.detach().clone()
    with shim.use_params(optimizer.averages):
        averages = shim.module.table.weight.detach()
        for i in range(2):
            block = averages[i * BLOCK : (i + 1) * BLOCK].numpy()
            np.testing.assert_array_equal(block, optimizer.averages[shim.id, f"table.weight.{i}"])
    assert torch.equal(shim.module.table.weight, current)


def test_a_table_is_saved_without_spare_rows_and_read_again():
    shim = make_table(3)
    assert shim.module.state_dict()["table.weight"].shape == (3, 2)
    assert len(shim.module.table.weight) == BLOCK
    shim.module.table.weight.data[2] = 7.0
    loaded = ModuleShim(Table).from_bytes(shim.to_bytes())
    assert torch.equal(loaded.module.table.weight[:3], shim.module.table.weight[:3])
    loaded.module.table.extend(2, like=2)
    assert loaded.module.look_up(3, 4).tolist() == [[7.0, 7.0], [7.0, 7.0]]


def make_averaging_shim() -> ModuleShim:
    shim = make_shim()
    shim.keeps_average = True
    return shim


def plain(rate: float = 0.1) -> Adam:
    return Adam(rate, use_averages=False)


def train(shim: ModuleShim, optimizer: Adam, steps: int) -> None:
    for step in range(steps):
        shim.module.layer(torch.full((1, 3), 1.0 + step)).square().sum().backward()
        shim.finish_update(optimizer)


def predictor(shim: ModuleShim) -> np.ndarray:
    return shim.predictor.layer.weight.detach().numpy()


def test_its_own_averages_are_those_that_an_optimizer_would_keep():
    shim = make_averaging_shim()
    same = make_shim().from_bytes(shim.to_bytes())
    optimizer = Adam(0.1, use_averages=True)
    train(shim, plain(), 8)
    train(same, optimizer, 8)
    assert np.allclose(weights(shim), weights(same))
    # The optimizer's start at zero, which eight steps have all but forgotten.
    assert np.allclose(predictor(shim), optimizer.averages[same.id, "layer.weight"], rtol=1e-3)
    assert not np.allclose(predictor(shim), weights(same), rtol=1e-2)


def test_averages_are_what_is_saved():
    shim = make_averaging_shim()
    train(shim, plain(), 5)
    loaded = ModuleShim(Dense).from_bytes(shim.to_bytes())
    assert np.array_equal(weights(loaded), predictor(shim))
    assert not np.allclose(weights(loaded), weights(shim))


def test_a_shim_that_keeps_no_averages_predicts_by_its_weights():
    shim = make_shim()
    train(shim, plain(), 5)
    assert shim.predictor is shim.module


def test_averages_of_an_optimizer_take_the_place_of_its_own():
    shim = make_averaging_shim()
    train(shim, plain(), 5)
    optimizer = Adam(0.1, use_averages=True)
    train(shim, optimizer, 5)
    assert np.array_equal(predictor(shim), weights(shim))
    with shim.use_params(optimizer.averages):
        assert np.allclose(predictor(shim), optimizer.averages[shim.id, "layer.weight"])


def test_a_rehearsal_reaches_predictions():
    shim = make_averaging_shim()
    train(shim, plain(), 5)
    kept = {}

    def keep(key, array, gradient):  # as spaCy's `rehearse` does, which changes them afterwards
        kept[key] = array
        return array, gradient

    train(shim, keep, 1)
    kept[shim.id, "layer.weight"] += 1.0
    assert np.array_equal(predictor(shim), kept[shim.id, "layer.weight"])


def test_other_weights_take_the_place_of_its_own_averages():
    shim = make_averaging_shim()
    train(shim, plain(), 5)
    averaged = predictor(shim).copy()
    with shim.use_params({(shim.id, "layer.weight"): averaged + 1}):
        assert np.allclose(predictor(shim), averaged + 1)
    assert np.array_equal(predictor(shim), averaged)
    with shim.use_params({(shim.id + 1000, "layer.weight"): averaged + 1}):  # another layer's
        assert np.array_equal(predictor(shim), averaged)


def test_a_step_is_as_many_times_as_long_as_it_is_told():
    short, long = make_shim(), make_shim()
    long.from_bytes(short.to_bytes())
    long.learn_rate = 3.0
    for shim in (short, long):
        before = weights(shim)
        add_gradient(shim)
        shim.finish_update(plain(0.01))
        shim.moved = weights(shim) - before
    assert np.allclose(long.moved, 3 * short.moved)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, by_pickle])
def test_a_copy_predicts_as_the_shim_does(duplicate):
    shim = make_averaging_shim()
    train(shim, plain(), 5)
    before = predictor(shim).copy()
    other = duplicate(shim)
    assert np.array_equal(predictor(other), before)
    train(other, plain(), 3)  # shares nothing
    assert np.array_equal(predictor(shim), before)
    assert not np.allclose(predictor(other), before)


def test_a_shim_pickled_before_it_could_keep_averages():
    shim = make_shim()
    state = shim.__getstate__()
    for name in ("learn_rate", "keeps_average", "_average"):
        del state[name]
    other = ModuleShim.__new__(ModuleShim)
    other.__setstate__(state)
    train(other, plain(), 1)
    assert other.predictor is other.module


# Weights of 16 bits.


def test_halved_weights_are_the_nearest_and_take_half_the_bytes():
    shim = ModuleShim(Dense)
    shim.build(n_in=100, n_out=100)
    before, size = weights(shim), len(shim.to_bytes())
    shim.halve()
    np.testing.assert_array_equal(weights(shim), before.astype(np.float16).astype(np.float32))
    assert len(shim.to_bytes()) < 0.52 * size
    loaded = ModuleShim(Dense).from_bytes(shim.to_bytes())
    np.testing.assert_array_equal(weights(loaded), weights(shim))


def test_the_average_is_halved_too():
    shim = make_shim()
    shim.keeps_average = True
    optimizer = Adam(0.01)
    for _ in range(3):
        add_gradient(shim)
        shim.finish_update(optimizer)
    shim.halve()
    for module in (shim.module, shim.predictor):
        (bias, weight) = (tensor for _, tensor in sorted(module.state_dict().items()))
        for tensor in (bias, weight):
            assert torch.equal(tensor, tensor.half().float())


def test_what_16_bits_cannot_hold_is_not_halved():
    shim = make_shim()
    with torch.no_grad():
        shim.module.layer.weight[0, 0] = 1e6
    before = weights(shim)
    shim.halve()
    np.testing.assert_array_equal(weights(shim), before)


def test_a_shim_without_a_module_has_nothing_to_halve():
    shim = ModuleShim(Dense)
    shim.halve()
    assert shim.module is None
