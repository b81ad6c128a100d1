import gc
import hashlib
import resource
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import spacy
import srsly
import torch
from torch import nn

from spacy_lstm_ner.models import format as saved_format
from spacy_lstm_ner.models.format import (
    FORMAT,
    UPGRADES,
    SavedLayer,
    read_layer,
    seal,
    write_layer,
)
from spacy_lstm_ner.nn.crf.scorer import TagScorer
from spacy_lstm_ner.nn.embedding import LexicalEmbedding
from spacy_lstm_ner.nn.lstm.encoder import RecurrentEncoder
from spacy_lstm_ner.pipeline import saving

from ..conftest import ROOT, train


def make_layer():
    settings = {"n_in": 3, "n_out": 2, "words": ["<PAD>", "Łódź"], "clip": None}
    tensors = {"weight": torch.arange(6.0).reshape(2, 3), "bias": torch.tensor([0.5, -0.5])}
    return SavedLayer(settings, tensors, {"attrs": ["PREFIX"], "rows": [1000]})


def format_1(layer):
    """A layer as 0.1.0 wrote it."""
    state = srsly.msgpack_loads(write_layer(layer))["state"]
    checksum = hashlib.sha256(state).hexdigest()
    return {"format": 1, "settings": layer.settings, "state": state, "sha256": checksum}


def check_equal(found, expected):
    assert found.settings == expected.settings
    assert found.tensors.keys() == expected.tensors.keys()
    for name, tensor in expected.tensors.items():
        assert torch.equal(found.tensors[name], tensor)


# What is written.


def test_layer_arrives_and_is_written_the_same():
    layer = make_layer()
    data = write_layer(layer)
    arrived = read_layer(data)
    check_equal(arrived, layer)
    assert write_layer(arrived) == data


def test_layer_without_a_module_arrives():
    assert read_layer(write_layer(SavedLayer({}, None))) == SavedLayer({}, None)


def test_layer_without_weights_of_its_own_arrives():
    assert read_layer(write_layer(SavedLayer({"width": 3}, {}))) == SavedLayer({"width": 3}, {})


def test_checksum_is_that_of_the_map_without_its_last_entry():
    message = srsly.msgpack_loads(write_layer(make_layer()))
    assert list(message) == ["format", "config", "settings", "state", "sha256"]
    checksum = message.pop("sha256")
    assert checksum == hashlib.sha256(srsly.msgpack_dumps(message)).hexdigest()


def test_weights_are_read_as_the_documentation_says(tmp_path, monkeypatch):
    """The code in docs/format.md, with spaCy's copy of msgpack."""
    nlp = spacy.blank("en")
    ner = nlp.add_pipe("lstm_ner")
    train(nlp, steps=1)
    ner.to_disk(tmp_path / "lstm_ner", exclude=["vocab"])
    monkeypatch.setitem(sys.modules, "msgpack", SimpleNamespace(unpackb=srsly.msgpack_loads))
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / "format.md").read_text(encoding="utf-8")
    names: dict = {}
    exec(text.split("```python\n")[1].split("```")[0], names)
    expected = {
        (node.name, name): weights.numpy()
        for node in ner.model.walk()
        for shim in node.shims
        for name, weights in shim.module.state_dict().items()
    }
    assert names["weights"].keys() == expected.keys()
    for key, values in expected.items():
        np.testing.assert_array_equal(names["weights"][key], values)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (0.1, "F32"),
        (float(torch.tensor(0.1).half()), "F16"),
        (-0.0, "F16"),
        (65504.0, "F16"),
        (65536.0, "F32"),
        (float("inf"), "F16"),
        (float("nan"), "F32"),
        (2.0**-24, "F16"),
        (2.0**-25, "F32"),
    ],
)
def test_numbers_take_16_bits_only_where_that_changes_none(number, kind):
    weights = torch.tensor([[1.5, number, -3.0]])
    data = write_layer(SavedLayer({"width": 3}, {"weight": weights}))
    state = srsly.msgpack_loads(data)["state"]
    assert f'"dtype":"{kind}"'.encode() in state
    arrived = read_layer(data).tensors["weight"]
    assert arrived.dtype == torch.float32
    assert arrived.numpy().tobytes() == weights.numpy().tobytes()


def test_weights_that_are_no_floats_stay_as_they_are():
    flags = torch.tensor([True, False])
    arrived = read_layer(write_layer(SavedLayer({"n": 2}, {"flags": flags})))
    assert torch.equal(arrived.tensors["flags"], flags)


# What is damaged.


def test_every_damaged_byte_is_noticed_or_changes_nothing():
    layer = make_layer()
    data = write_layer(layer)
    refused = 0
    for i in range(len(data)):
        for flipped in (1, 32, 255):
            damaged = bytearray(data)
            damaged[i] ^= flipped
            try:
                found = read_layer(bytes(damaged))
            except ValueError as error:
                assert str(error).startswith(("[LN020]", "[LN021]"))  # noqa: PT017
                refused += 1
            else:
                check_equal(found, layer)
    assert refused > 2.9 * len(data)


@pytest.mark.parametrize("data", [b"", b"\x91", b"\xc0", b"\x80", b"not msgpack", b"\xc1"])
def test_what_is_no_layer_is_refused_and_the_garbage_collector_stays_on(data):
    with pytest.raises(ValueError, match="LN021"):
        read_layer(data)
    assert gc.isenabled()


@pytest.mark.parametrize("cut", [1, 32, 200])
def test_cut_off_layer_is_refused(cut):
    with pytest.raises(ValueError, match="LN021"):
        read_layer(write_layer(make_layer())[:-cut])


@pytest.mark.parametrize("found", [0, -1, None, "2", 2.0])
def test_what_is_no_format_is_damage(found):
    with pytest.raises(ValueError, match="LN021"):
        read_layer(srsly.msgpack_dumps(seal({"format": found, "settings": {}, "state": b""})))


@pytest.mark.parametrize(
    "change",
    [
        {"settings": None},
        {"settings": []},
        {"state": None},
        {"state": "text"},
        {"state": b"not safetensors"},
        {"state": b""},
    ],
    ids=str,
)
@pytest.mark.parametrize("version", [1, 2, 3])
def test_fitting_checksum_does_not_make_nonsense_a_layer(version, change):
    message = {**format_1(make_layer()), **change}
    if version == 1 and isinstance(message["state"], bytes):
        message["sha256"] = hashlib.sha256(message["state"]).hexdigest()
    else:
        del message["sha256"]
        message = seal({**message, "format": version, "config": {}})
    with pytest.raises(ValueError, match="LN021"):
        read_layer(srsly.msgpack_dumps(message))


# From one format to the next.


def test_format_1_is_read():
    check_equal(read_layer(srsly.msgpack_dumps(format_1(make_layer()))), make_layer())


def test_weights_of_format_1_are_checked():
    message = format_1(make_layer())
    message["state"] = message["state"][:-1] + b"\x01"
    with pytest.raises(ValueError, match="LN021"):
        read_layer(srsly.msgpack_dumps(message))


def test_newer_format_is_refused():
    content = {"format": FORMAT + 1, "settings": {}, "state": b"", "zstd": True}
    with pytest.raises(ValueError, match=rf"LN020.*format {FORMAT + 1}.*up to {FORMAT}"):
        read_layer(srsly.msgpack_dumps(seal(content)))


@pytest.mark.parametrize("upgrades", [UPGRADES, saving.UPGRADES], ids=["layer", "cfg"])
def test_every_earlier_format_has_a_step_to_the_next(upgrades):
    assert sorted(upgrades) == list(range(1, FORMAT))


def test_formats_are_brought_up_one_step_after_the_other(monkeypatch):
    """As a later version would: it calls the setting `n_in` something else."""

    def rename(saved):
        width = saved["settings"].pop("n_in")
        return {**saved, "settings": {**saved["settings"], "width": width}}

    written = [write_layer(make_layer()), srsly.msgpack_dumps(format_1(make_layer()))]
    monkeypatch.setattr(saved_format, "FORMAT", FORMAT + 1)
    monkeypatch.setattr(saved_format, "UPGRADES", {**UPGRADES, FORMAT: rename})
    for data in written:
        assert read_layer(data).settings["width"] == 3
        assert "n_in" not in read_layer(data).settings


# Weights and settings that do not fit.


class Dense(nn.Module):
    def __init__(self, *, n_in, n_out, words, clip):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(n_out, n_in))
        self.bias = nn.Parameter(torch.zeros(n_out))


def test_module_has_the_saved_weights():
    module = make_layer().make(Dense)
    assert torch.equal(module.weight, torch.arange(6.0).reshape(2, 3))
    assert module.bias.tolist() == [0.5, -0.5]


@pytest.mark.parametrize(
    ("tensors", "problem"),
    [
        ({"bias": None}, r"bias is missing, expected torch.float32 \(2,\)"),
        ({"scale": torch.zeros(2)}, r"scale is torch.float32 \(2,\), expected none"),
        ({"bias": torch.zeros(3)}, r"bias is torch.float32 \(3,\), expected torch.float32 \(2,\)"),
        ({"bias": torch.zeros(2, dtype=torch.float16)}, r"bias is torch.float16 \(2,\), expected"),
    ],
    ids=["missing", "unknown", "shape", "type"],
)
def test_tensors_must_be_those_of_the_module(tensors, problem):
    settings, weights, _ = make_layer()
    given = {k: v for k, v in {**weights, **tensors}.items() if v is not None}
    with pytest.raises(ValueError, match=f"LN025.*{problem}"):
        SavedLayer(settings, given).make(Dense)


@pytest.mark.parametrize("changed", [{"zoneout": 0.1}, {"n_out": "2"}, {"n_out": -1}], ids=str)
def test_settings_must_make_a_module(changed):
    settings, weights, _ = make_layer()
    with pytest.raises(ValueError, match="LN025"):
        SavedLayer({**settings, **changed}, weights).make(Dense)


# Settings that ask for much, and of another config.


@pytest.mark.parametrize(
    ("make", "settings"),
    [
        (LexicalEmbedding, {"rows": [10**9], "widths": [8]}),
        (LexicalEmbedding, {"rows": [1] * 20000, "widths": [1] * 20000}),
        (LexicalEmbedding, {"words": ["<PAD>", "<UNK>"], "word_width": 10**10}),
        (LexicalEmbedding, {"characters": 10**9, "n_char": 32, "char_width": 3}),
        (RecurrentEncoder, {"cell": "lstm", "n_in": 4, "n_hidden": 10**5}),
        (RecurrentEncoder, {"cell": "gru", "n_in": 4, "n_hidden": 1, "depth": 10**6}),
        (TagScorer, {"n_in": 2, "n_tags": 10**6, "crf": False}),
    ],
    ids=str,
)
def test_settings_that_ask_for_more_than_the_weights_are_refused_before_memory_is_taken(
    make, settings
):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ValueError, match=r"LN025.*no room for a tensor"):
        SavedLayer(settings, {"weight": torch.zeros(100)}).make(make)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024  # KiB


def test_transitions_of_many_labels_that_are_not_saved_have_room():
    module = TagScorer(n_in=192, n_tags=2001, crf=False)
    settings = {"n_in": 192, "n_tags": 2001, "crf": False}
    SavedLayer(settings, dict(module.state_dict())).make(TagScorer)


@pytest.mark.parametrize(
    ("own", "name"),
    [({"attrs": ["SHAPE"]}, "attrs"), ({"rows": [2000]}, "rows"), ({"n_in": 4}, "n_in")],
    ids=str,
)
def test_a_layer_of_another_config_is_refused_by_the_name_of_the_setting(own, name):
    with pytest.raises(ValueError, match="LN026") as raised:
        make_layer().check_config(own, layer="embed")
    assert f"'embed' has {name} = " in str(raised.value)
    assert repr(own[name]) in str(raised.value)


def test_a_layer_of_the_same_config_is_taken_as_is_one_of_a_format_without():
    own = {"attrs": ("PREFIX",), "rows": [1000], "n_in": 3}
    make_layer().check_config(own, layer="embed")
    read_layer(srsly.msgpack_dumps(format_1(make_layer()))).check_config(own, layer="embed")


def test_nesting_that_can_be_read_but_not_written_is_damage():
    deep = srsly.msgpack_dumps(seal({"format": FORMAT, "config": {}, "settings": {}, "state": b""}))
    deep = deep.replace(b"\xa8settings\x80", b"\xa8settings" + b"\x91" * 1000 + b"\x80")
    with pytest.raises(ValueError, match="LN021"):
        read_layer(deep)
