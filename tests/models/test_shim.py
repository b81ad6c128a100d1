import copy
import pickle
from contextlib import suppress

import numpy as np
import pytest
import srsly
import torch
from thinc.api import Adam
from torch import nn

from spacy_lstm_ner.models.format import SavedLayer, write_layer
from spacy_lstm_ner.models.shim import ModuleShim


class Dense(nn.Module):
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
