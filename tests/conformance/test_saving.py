"""Written and read again, whichever way, a pipeline is what it was."""

import copy
import hashlib
import pickle
import re
import zipfile
from functools import partial

import numpy as np
import pytest
import spacy
import srsly
import torch
from spacy.tokens import Doc
from thinc.api import require_cpu, require_gpu
from thinc.util import has_cupy_gpu

from spacy_lstm_ner.models.shim import module_shims

from ..conftest import ROOT, TRAIN, entities, learn, make_examples, train
from ..data.make import describe
from .small import SMALL, as_float32, make_example, make_small
from .test_training import model_bytes

EXPECTED = [("London", "LOC"), ("Berlin", "LOC")]
SAVED = [
    str(path.relative_to(ROOT / "tests" / "data").with_suffix(""))
    for path in sorted((ROOT / "tests" / "data").glob("lstm_ner-*/*.zip"))
]


@pytest.fixture(scope="module")
def small():
    """A small pipeline that knows TRAIN by heart. Tests must not change it."""
    nlp = make_small()
    train(nlp)
    return nlp


def by_bytes(nlp, path):
    return make_small().from_bytes(nlp.to_bytes())


def by_disk(nlp, path):
    nlp.to_disk(path)
    return spacy.load(path)


def by_pickle(nlp, path):
    return pickle.loads(pickle.dumps(nlp))


def by_copy(nlp, path):
    return copy.deepcopy(nlp)


WAYS = pytest.mark.parametrize("travel", [by_bytes, by_disk, by_pickle, by_copy])


@WAYS
def test_a_trained_pipeline_arrives_byte_for_byte(small, tmp_path, travel):
    arrived = travel(small, tmp_path)
    assert arrived.to_bytes() == small.to_bytes()
    assert entities(arrived(TRAIN[1][0])) == EXPECTED
    assert arrived.to_bytes() == small.to_bytes()  # having predicted leaves no trace


@WAYS
def test_an_uninitialized_pipeline_arrives_and_can_be_trained(tmp_path, travel):
    arrived = travel(make_small(), tmp_path)
    with pytest.raises(ValueError, match="E109"):
        arrived("text")
    train(arrived)
    assert entities(arrived(TRAIN[1][0])) == EXPECTED


@WAYS
def test_a_pipeline_that_arrived_goes_on_training(small, tmp_path, travel):
    arrived = travel(small, tmp_path)
    examples = [make_example(arrived, "We eat pizza.", ("pizza", "FOOD")), *make_examples(arrived)]
    optimizer = arrived.resume_training()
    optimizer.learn_rate = 0.01
    for _ in range(60):
        arrived.update(examples, sgd=optimizer)
    again = travel(arrived, tmp_path)
    assert again.get_pipe("lstm_ner").labels == ("FOOD", "LOC", "PERSON")
    assert entities(again("We eat pizza.")) == [("pizza", "FOOD")]
    assert entities(again(TRAIN[1][0])) == EXPECTED


@WAYS
def test_a_label_added_after_loading_is_saved_with_its_weights(small, tmp_path, travel):
    loaded = travel(small, tmp_path)
    loaded.get_pipe("lstm_ner").add_label("FOOD")
    again = travel(loaded, tmp_path)
    assert again.get_pipe("lstm_ner").label_data == ["LOC", "PERSON", "FOOD"]
    assert model_bytes(again) == model_bytes(loaded)
    assert entities(again(TRAIN[1][0])) == EXPECTED


def test_a_component_is_pickled_by_itself(small):
    ner = small.get_pipe("lstm_ner")
    again = pickle.loads(pickle.dumps(ner))
    assert again.cfg == ner.cfg
    assert again.to_bytes() == ner.to_bytes()
    assert entities(again(Doc(again.vocab, words=["I", "like", "London"]))) == [("London", "LOC")]


# With parts left out.


def test_without_the_vocabulary_no_foreign_string_arrives(small):
    small.vocab.strings.add("far-fetched")
    ner = make_small().get_pipe("lstm_ner")
    ner.from_bytes(small.get_pipe("lstm_ner").to_bytes(exclude=["vocab"]))
    assert "far-fetched" not in ner.vocab.strings
    assert entities(ner(Doc(ner.vocab, words=["I", "like", "London"]))) == [("London", "LOC")]


def test_without_the_vocabulary_the_strings_of_labels_arrive(tmp_path):
    first = make_small().get_pipe("lstm_ner")
    first.add_label("BRICK-LAYER")
    first.to_disk(tmp_path, exclude=["vocab"])
    by_disk = make_small().get_pipe("lstm_ner").from_disk(tmp_path, exclude=["vocab"])
    by_bytes = make_small().get_pipe("lstm_ner").from_bytes(first.to_bytes(exclude=["vocab"]))
    for ner in (by_disk, by_bytes):
        assert "BRICK-LAYER" in ner.vocab.strings


@pytest.mark.parametrize("leave_out", ["writing", "reading"])
def test_without_the_vocabulary_on_disk(small, tmp_path, leave_out):
    small.to_disk(tmp_path, exclude=["vocab"] if leave_out == "writing" else [])
    loaded = make_small().from_disk(tmp_path, exclude=["vocab"])
    assert model_bytes(loaded) == model_bytes(small)
    assert entities(loaded(TRAIN[1][0])) == EXPECTED


@pytest.mark.parametrize("leave_out", ["writing", "reading"])
def test_without_the_model_the_labels_arrive_and_no_weights(small, leave_out):
    data = small.get_pipe("lstm_ner").to_bytes(exclude=["model"] if leave_out == "writing" else [])
    nlp = make_small()
    ner = nlp.get_pipe("lstm_ner").from_bytes(data, exclude=["model"])
    assert ner.labels == ("LOC", "PERSON")
    with pytest.raises(ValueError, match="E109"):
        nlp("text")


# Into a component with a past, or of another make.


def test_loading_replaces_what_was_learned_and_remembered(small):
    other = make_small()
    train(other, steps=5)
    other(TRAIN[1][0])
    other.from_bytes(small.to_bytes())
    found, expected = (
        as_float32(copy.deepcopy(nlp)).get_pipe("lstm_ner").model.predict([doc])[0]
        for nlp, doc in ((nlp, nlp.make_doc(TRAIN[1][0])) for nlp in (other, small))
    )
    assert np.array_equal(found, expected)
    assert entities(other(TRAIN[1][0])) == EXPECTED


def test_a_component_of_other_sizes_says_that_it_does_not_fit(small):
    nlp = make_small(tok2vec={"encode": {"hidden_width": 10}})
    with pytest.raises(ValueError, match=r"LN022.*lstm_ner.*from 20 to 48"):
        nlp.get_pipe("lstm_ner").from_bytes(small.get_pipe("lstm_ner").to_bytes())


def change(layer, **settings):
    """The small model with other settings of a layer."""
    tok2vec = SMALL["tok2vec"]
    return {"tok2vec": {**tok2vec, layer: {**tok2vec[layer], **settings}}}


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("rows", change("embed", rows=[100, 200])),
        ("attrs", change("embed", attrs=["PREFIX", "SHAPE"])),
        ("cell", change("encode", cell="gru")),
        ("depth", change("encode", depth=2)),
        ("scheme", {"scheme": "bio"}),
        ("head", {"head": "softmax"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("exclude", [["vocab"], ["vocab", "cfg"]], ids=str)
def test_a_component_of_another_config_names_the_setting(small, name, model, exclude):
    nlp = make_small(**model)
    ner = nlp.get_pipe("lstm_ner")
    before = ner.to_bytes()
    with pytest.raises(ValueError, match=rf"LN026.* has {name} = "):
        ner.from_bytes(small.get_pipe("lstm_ner").to_bytes(), exclude=exclude)
    assert ner.to_bytes() == before


def test_a_config_changed_beside_the_saved_weights_is_refused(small, tmp_path):
    small.to_disk(tmp_path)
    rows = {"components.lstm_ner.model.tok2vec.embed.rows": [400, 100]}
    with pytest.raises(ValueError, match=r"LN026.*rows = \[200, 100\].*has \[400, 100\]"):
        spacy.load(tmp_path, config=rows)


def test_a_damaged_vocabulary_leaves_labels_weights_and_vectors(small):
    nlp = with_other_labels()
    nlp.vocab.set_vector("Oslo", np.ones(3, dtype="f"))
    parts = srsly.msgpack_loads(small.get_pipe("lstm_ner").to_bytes())
    vocab = srsly.msgpack_loads(parts["vocab"])
    parts["vocab"] = srsly.msgpack_dumps({**vocab, "lookups": b"\x91"})
    before = nlp.to_bytes()
    with pytest.raises(ValueError, match="LN022"):
        nlp.get_pipe("lstm_ner").from_bytes(srsly.msgpack_dumps(parts))
    assert nlp.to_bytes() == before
    assert nlp.vocab.get_vector("Oslo").tolist() == [1, 1, 1]


def test_a_save_that_fails_leaves_the_pipeline_that_was_there(small, tmp_path):
    small.to_disk(tmp_path)
    (tmp_path / "lstm_ner" / "model.part").mkdir()  # in the way, as a full disk is
    with pytest.raises(OSError, match="model"):
        with_other_labels().get_pipe("lstm_ner").to_disk(tmp_path / "lstm_ner", exclude=["vocab"])
    assert entities(spacy.load(tmp_path)(TRAIN[1][0])) == EXPECTED


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_precision_can_be_changed_when_loading(small, tmp_path, precision):
    small.to_disk(tmp_path)
    loaded = spacy.load(tmp_path, config={"components.lstm_ner.model.precision": precision})
    shims = module_shims(loaded.get_pipe("lstm_ner").model)
    assert {shim.precision for shim in shims} == {precision}


# Damaged, mixed up, or of an earlier format. A component that refuses stays what it was.


def format_1(ner):
    """What 0.1.0 would have saved: the parts of the component and of its model."""
    parts = srsly.msgpack_loads(ner.to_bytes(exclude=["vocab"]))
    model = srsly.msgpack_loads(parts["model"])
    for shims in model["shims"]:
        for i, data in enumerate(shims):
            message = {**srsly.msgpack_loads(data), "format": 1}
            message["sha256"] = hashlib.sha256(message["state"]).hexdigest()
            shims[i] = srsly.msgpack_dumps(message)
    return {"cfg": srsly.json_dumps({"labels": ner.label_data})}, model


def together(parts, model):
    return srsly.msgpack_dumps({**parts, "model": srsly.msgpack_dumps(model)})


def change_settings(model, **settings):
    """Change settings of the encoder, whose checksum does not cover them in format 1."""
    message = srsly.msgpack_loads(model["shims"][4][0])
    message["settings"].update(settings)
    model["shims"][4][0] = srsly.msgpack_dumps(message)


def swap_layers(model):
    model["shims"][2], model["shims"][4] = model["shims"][4], model["shims"][2]


def drop_attributes(model):
    del model["attrs"]


def drop_a_layer(model):
    model["shims"].pop()


def drop_weights(model):
    message = srsly.msgpack_loads(model["shims"][4][0])
    message.update(state=b"", sha256=hashlib.sha256(b"").hexdigest())
    model["shims"][4][0] = srsly.msgpack_dumps(message)


DAMAGE = {
    "other size": partial(change_settings, n_hidden=25),
    "unknown setting": partial(change_settings, zoneout=0.1),
    "setting of another type": partial(change_settings, n_hidden="24"),
    "layers swapped": swap_layers,
    "attributes missing": drop_attributes,
    "layer missing": drop_a_layer,
    "weights missing": drop_weights,
}


def test_format_1_is_read_and_saved_as_the_present_format(small):
    ner = small.get_pipe("lstm_ner")
    nlp = make_small()
    nlp.get_pipe("lstm_ner").from_bytes(together(*format_1(ner)))
    assert entities(nlp(TRAIN[1][0])) == EXPECTED
    assert model_bytes(nlp) == model_bytes(small)


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=list(DAMAGE))
@pytest.mark.parametrize("component", ["new", "trained"])
def test_damage_without_a_fitting_checksum_has_a_code_and_changes_nothing(small, component, damage):
    parts, model = format_1(small.get_pipe("lstm_ner"))
    damage(model)
    nlp = with_other_labels() if component == "trained" else make_small()
    before = model_bytes(nlp)
    with pytest.raises(ValueError, match="LN02"):
        nlp.get_pipe("lstm_ner").from_bytes(together(parts, model))
    assert model_bytes(nlp) == before
    if component == "trained":
        assert entities(nlp("In Oslo Ann ate.")) == [("Oslo", "GPE"), ("Ann", "WHO")]
    else:
        train(nlp)
        assert entities(nlp(TRAIN[1][0])) == EXPECTED


def with_other_labels():
    nlp = make_small()
    learn(nlp, [make_example(nlp, "In Oslo Ann ate.", ("Oslo", "GPE"), ("Ann", "WHO"))])
    return nlp


def test_labels_of_one_component_do_not_go_with_the_model_of_another(small, tmp_path):
    small.to_disk(tmp_path)
    parts = srsly.msgpack_loads(model_bytes(with_other_labels()))
    (tmp_path / "lstm_ner" / "cfg").write_bytes(parts["cfg"])
    with pytest.raises(ValueError, match="LN021"):
        spacy.load(tmp_path)


def test_a_refused_load_leaves_labels_and_predictions(small):
    nlp = with_other_labels()
    ner = nlp.get_pipe("lstm_ner")
    data = bytearray(small.get_pipe("lstm_ner").to_bytes(exclude=["vocab"]))
    data[-1000] ^= 255
    with pytest.raises(ValueError, match="LN02"):
        ner.from_bytes(bytes(data))
    assert ner.labels == ("GPE", "WHO")
    assert entities(nlp("In Oslo Ann ate.")) == [("Oslo", "GPE"), ("Ann", "WHO")]


def test_bytes_without_their_model_are_refused(small):
    parts = srsly.msgpack_loads(small.get_pipe("lstm_ner").to_bytes())
    del parts["model"]
    with pytest.raises(ValueError, match="LN021"):
        make_small().get_pipe("lstm_ner").from_bytes(srsly.msgpack_dumps(parts))


@pytest.mark.parametrize("part", ["cfg", "model"])
def test_damaged_bytes_are_noticed_or_change_nothing(small, tmp_path, part):
    small.get_pipe("lstm_ner").to_disk(tmp_path, exclude=["vocab"])
    data = (tmp_path / part).read_bytes()
    nlp = make_small()
    ner = nlp.get_pipe("lstm_ner")
    for i in np.random.default_rng(0).integers(len(data), size=40):
        damaged = bytearray(data)
        damaged[i] ^= 16
        (tmp_path / part).write_bytes(damaged)
        try:
            ner.from_disk(tmp_path, exclude=["vocab"])
        except ValueError as error:
            assert str(error).startswith("[LN02")  # noqa: PT017
            assert ner.labels == ()
        else:
            assert entities(nlp(TRAIN[1][0])) == EXPECTED
            nlp = make_small()
            ner = nlp.get_pipe("lstm_ner")


def test_labels_and_weights_can_be_loaded_one_after_the_other(small):
    data = small.get_pipe("lstm_ner").to_bytes()
    nlp = make_small()
    ner = nlp.get_pipe("lstm_ner")
    ner.from_bytes(data, exclude=["model"])
    ner.from_bytes(data, exclude=["cfg"])
    assert model_bytes(nlp) == model_bytes(small)
    assert entities(nlp(TRAIN[1][0])) == EXPECTED


# With static vectors.


def with_vectors(width=8):
    """A pipeline whose words are told apart by static vectors alone."""
    nlp = spacy.blank("en")
    for word, vector in {"London": [1, 0], "Oslo": [1, 0], "pizza": [0, 1], "soup": [0, 1]}.items():
        nlp.vocab.set_vector(word, np.array(vector, dtype="f"))
    embed = {"word_width": 0, "attrs": [], "rows": [], "widths": [], "char_width": 0}
    tok2vec = {"embed": {**embed, "vector_width": width}, "encode": {"hidden_width": 16}}
    nlp.add_pipe("lstm_ner", config={"model": {"tok2vec": tok2vec}})
    examples = [
        make_example(nlp, "I like London", ("London", "LOC")),
        make_example(nlp, "I like pizza", ("pizza", "FOOD")),
    ]
    learn(nlp, examples)
    return nlp


@pytest.mark.parametrize("width", [8, None])
def test_static_vectors_travel_and_carry_over_to_words_never_trained(tmp_path, width):
    nlp = with_vectors(width)
    nlp.to_disk(tmp_path)
    for pipeline in (nlp, spacy.load(tmp_path), pickle.loads(pickle.dumps(nlp))):
        assert entities(pipeline("I like Oslo")) == [("Oslo", "LOC")]
        assert entities(pipeline("I like soup")) == [("soup", "FOOD")]
        assert model_bytes(pipeline) == model_bytes(nlp)


# Written by an earlier version (`python -m tests.data.make`).


@pytest.mark.parametrize("name", SAVED)
def test_what_an_earlier_version_saved_is_read_and_predicts_the_same(name, tmp_path):
    path = ROOT / "tests" / "data" / name
    with zipfile.ZipFile(f"{path}.zip") as archive:
        archive.extractall(tmp_path)
    found, recorded = describe(spacy.load(tmp_path)), srsly.read_json(f"{path}.json")
    np.testing.assert_allclose(found.pop("scores"), recorded.pop("scores"), atol=1e-3)
    assert found == recorded


# Between devices.


def on_gpu(data):
    """What a pipeline saved elsewhere finds on the GPU, and its bytes when it is saved there."""
    require_gpu()
    nlp = make_small().from_bytes(data)
    shims = [shim for node in nlp.get_pipe("lstm_ner").model.walk() for shim in node.shims]
    assert {shim.device.type for shim in shims} == {"cuda"}
    return entities(nlp(TRAIN[1][0])), nlp.to_bytes()


@pytest.fixture
def back_to_cpu():
    yield
    require_cpu()


@pytest.mark.gpu
@pytest.mark.skipif(
    not (has_cupy_gpu and torch.cuda.is_available()), reason="there is no GPU, or no CuPy, here"
)
@pytest.mark.parametrize("made_on", ["cpu", "gpu"])
def test_saved_on_one_device_loaded_on_the_other(made_on, back_to_cpu):
    require = {"cpu": require_cpu, "gpu": require_gpu}
    require[made_on]()
    nlp = make_small()
    train(nlp)
    data = nlp.to_bytes()
    found, again = on_gpu(data)
    assert found == EXPECTED
    assert again == data
    require_cpu()
    assert entities(make_small().from_bytes(again)(TRAIN[1][0])) == EXPECTED


def test_saved_bytes_name_no_module_of_the_package(trained):
    """Rooms can be rearranged without a saved pipeline noticing."""
    names = re.findall(rb"spacy_lstm_ner\.[\w.]+", trained.to_bytes())
    registered = {"LSTMTagger", "LSTMEncoder", "LexicalEmbed", "ner_scorer"}
    assert {name.split(b".")[1].decode() for name in names} == registered
