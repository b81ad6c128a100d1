import gc
import json

import numpy as np
import pytest
import srsly
from thinc.api import Linear, Relu, chain

from spacy_lstm_ner.models.format import seal
from spacy_lstm_ner.pipeline.saving import (
    all_or_nothing,
    read_cfg,
    read_parts,
    write_cfg,
    write_files,
)
from spacy_lstm_ner.training.calibration import UNCORRECTED, Calibration, Point

LABELS = ["PERSON", "GPE", "Ort/Straße"]
MODEL = b"a saved model"


def test_labels_arrive_in_their_order():
    assert read_cfg(write_cfg(LABELS, MODEL), MODEL) == (LABELS, UNCORRECTED)
    assert read_cfg(write_cfg([], None), MODEL) == ([], UNCORRECTED)


def test_what_was_fitted_arrives_to_the_last_digit():
    point = Point({"": 1 / 3, "GPE": 0.7}, {"level": 0.95, "mentions": {"GPE": 300}})
    fitted = Calibration(1.1 / 3, {"GPE": (2 / 3, -1e-9)}, (0.1, 1 / 7, 0.0), {"precision": point})
    assert read_cfg(write_cfg(LABELS, MODEL, fitted), MODEL) == (LABELS, fitted)


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": 0},
        {"temperature": float("nan")},
        {"temperature": "1.0"},
        {"temperature": None},
        {"lines": {"GPE": [-1.0, 0.0]}},
        {"lines": {"GPE": [1.0]}},
        {"lines": [1.0, 0.0]},
        {"lengths": []},
        {"lengths": 3},
        {"points": {"recall": {"cuts": {"": True}, "promise": {}}}},
        {"points": {"recall": {"cuts": {}}}},
        {"points": {"recall": {"cuts": {}, "promise": 3}}},
    ],
    ids=str,
)
def test_what_cannot_have_been_fitted_is_refused(change):
    content = json.loads(write_cfg(LABELS, MODEL, Calibration(2.0)))
    content.pop("sha256")
    content["calibration"].update(change)
    with pytest.raises(ValueError, match=r"LN021.*its calibration"):
        read_cfg(json.dumps(seal(content)).encode(), MODEL)


def test_labels_are_read_without_their_model():
    assert read_cfg(write_cfg(LABELS, MODEL), None)[0] == LABELS


@pytest.mark.parametrize("model", [b"another model", b""])
def test_another_model_is_refused(model):
    with pytest.raises(ValueError, match=r"LN021.*its model"):
        read_cfg(write_cfg(LABELS, MODEL), model)


def test_every_damaged_byte_is_noticed_or_changes_nothing():
    cfg = write_cfg(LABELS, MODEL)
    refused = 0
    for i in range(len(cfg)):
        for flipped in (1, 32, 255):
            damaged = bytearray(cfg)
            damaged[i] ^= flipped
            try:
                assert read_cfg(bytes(damaged), MODEL) == (LABELS, UNCORRECTED)
            except ValueError:
                refused += 1
    assert refused > 2.5 * len(cfg)  # the rest is white space


@pytest.mark.parametrize(
    "change",
    [
        {"labels": ["PERSON", "GPE"]},
        {"labels": ["GPE", "PERSON", "Ort/Straße"]},
        {"labels": None},
        {"model": None},
        {"format": 1},
        {"sha256": None},
        {"more": 1},
    ],
    ids=str,
)
def test_labels_that_were_tampered_with_are_refused(change):
    cfg = {**json.loads(write_cfg(LABELS, MODEL)), **change}
    with pytest.raises(ValueError, match="LN021"):
        read_cfg(json.dumps(cfg).encode(), MODEL)


def test_format_1_is_the_labels_alone():
    assert read_cfg(json.dumps({"labels": LABELS}).encode(), MODEL) == (LABELS, UNCORRECTED)


@pytest.mark.parametrize(
    "cfg",
    [
        {},
        [],
        {"label": ["GPE"]},
        {"labels": None},
        {"labels": "GPE"},
        {"labels": ["GPE", None]},
        {"labels": [""]},
        {"labels": ["GPE", "GPE"]},
    ],
    ids=str,
)
def test_what_are_no_labels_is_refused(cfg):
    with pytest.raises(ValueError, match="LN021"):
        read_cfg(json.dumps(cfg).encode(), MODEL)


def test_newer_format_is_refused():
    with pytest.raises(ValueError, match="LN020"):
        read_cfg(json.dumps({"format": 99, "label_groups": []}).encode(), MODEL)


def test_parts_are_taken_apart():
    data = srsly.msgpack_dumps({"cfg": b"1", "vocab": b"2", "model": b"3"})
    assert read_parts(data, []) == {"cfg": b"1", "vocab": b"2", "model": b"3"}
    assert read_parts(data, ["vocab"]) == {"cfg": b"1", "model": b"3"}


@pytest.mark.parametrize("parts", [{"cfg": b"1", "modem": b"3"}, [b"1"], None], ids=str)
def test_what_are_no_parts_is_refused(parts):
    with pytest.raises(ValueError, match=r"LN021.*component"):
        read_parts(srsly.msgpack_dumps(parts), [])


# All or nothing, with a model of thinc's.


def load_and_fail(model, other):
    """Load another model, and fail after that."""
    with all_or_nothing("ner", model):
        model.from_bytes(other.to_bytes())
        assert model.to_bytes() == other.to_bytes()
        raise KeyError("tags")


def test_model_stays_what_it_was_where_loading_fails():
    model, other = (chain(Relu(4, 3), Linear(2, 4)).initialize() for _ in range(2))
    model.attrs["scheme"], other.attrs["scheme"] = "biluo", "bio"
    other.name = "other"
    before = model.to_bytes()
    with pytest.raises(ValueError, match=r"LN022.*'ner'.*KeyError.*tags"):
        load_and_fail(model, other)
    assert model.to_bytes() == before


def test_sizes_that_were_open_stay_open():
    model, x = chain(Relu(4), Linear(2)), np.zeros((1, 3), dtype="f")
    before = model.to_bytes()
    with pytest.raises(ValueError, match="LN022"):
        load_and_fail(model, chain(Relu(4, 7), Linear(2, 4)).initialize())
    assert model.to_bytes() == before
    assert model.initialize(X=x).predict(x).shape == (1, 2)


def test_what_succeeds_is_kept():
    model, other = (Linear(2, 4).initialize() for _ in range(2))
    other.set_param("b", np.ones(2, dtype="f"))
    with all_or_nothing("ner", model):
        model.from_bytes(other.to_bytes())
    assert model.to_bytes() == other.to_bytes()


def test_names_of_parts_and_weights_that_a_failed_load_brings_are_gone_again():
    model = chain(Linear(2, 4), Relu(4, 3)).initialize()
    model.set_dim("nI", None, force=True)
    before = model.to_bytes()
    saved = srsly.msgpack_loads(before)
    saved["nodes"][0]["dims"]["nI"] = 2
    saved["nodes"][0]["refs"] = {"embed": 1, "encode": 2}
    saved["params"][0] = {"more": np.ones(2, dtype="f")}
    saved["shims"][0] = [b"what no layer has"]
    with pytest.raises(ValueError, match="LN022"), all_or_nothing("ner", model):
        model.from_bytes(srsly.msgpack_dumps(saved))
    assert model.to_bytes() == before


@pytest.mark.parametrize(
    "error", [ValueError("[E149] Error deserializing model"), FileNotFoundError("model")]
)
def test_errors_that_say_what_is_wrong_are_left_as_they_are(error):
    with pytest.raises(type(error)) as raised, all_or_nothing("ner", Linear(2, 4)):
        raise error
    assert raised.value is error


def test_garbage_collector_stays_on_after_bytes_that_are_no_msgpack():
    with pytest.raises(ValueError, match="LN022"), all_or_nothing("ner", Linear(2, 4)):
        srsly.msgpack_loads(b"\x91")
    assert gc.isenabled()


# Whole files or none.


def test_files_are_written(tmp_path):
    (tmp_path / "cfg").write_bytes(b"old")
    write_files(tmp_path, {"cfg": b"new", "model": b"weights"})
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written == {"cfg": b"new", "model": b"weights"}


@pytest.mark.parametrize("content", [None, b"old"])
def test_no_file_is_written_where_one_cannot_be(tmp_path, content):
    if content is not None:
        (tmp_path / "cfg").write_bytes(content)
    (tmp_path / "model.part").mkdir()  # in the way, as a full disk is
    with pytest.raises(OSError, match=r"model\.part"):
        write_files(tmp_path, {"cfg": b"new", "model": b"weights"})
    (tmp_path / "model.part").rmdir()
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written == ({} if content is None else {"cfg": content})
