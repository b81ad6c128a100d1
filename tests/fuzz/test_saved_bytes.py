"""Saved components with damage in them, or with hostile content under checksums that fit.

Whatever is loaded: an error with a code, or a component. After damage without a fitting checksum,
one that predicts the same. A refusal changes nothing, and memory stays within bounds.
"""

import contextlib
import copy
import random
import re
import resource
from pathlib import Path

import pytest
import srsly

from spacy_lstm_ner.models.format import seal
from spacy_lstm_ner.pipeline.saving import write_cfg

from ..conformance.small import make_small
from ..conftest import TRAIN, entities, train
from .budget import until_deadline

CODE = re.compile(r"\[(LN|E)\d+\]")
# Far more than a component of this size needs, far less than sizes of the values below.
MEMORY = 2**30
ODD = [
    None,
    True,
    -1,
    0,
    1,
    2,
    10**9,
    10**18,
    -(2**63),
    0.5,
    float("nan"),
    "",
    "x",
    "gru",
    b"",
    b"\0",
]
ODD += [[], {}, [10**9, 10**9], [[[[]]]], {"a": {}}, ["O"] * 9, {b"nd": True}]


@pytest.fixture(scope="module")
def nlp():
    nlp = make_small()
    train(nlp)
    return nlp


@contextlib.contextmanager
def bounded_memory():
    """No more memory than there is now, and MEMORY."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def load(ner, data):
    """Whether the component takes what it is given; if not, it must say why and stay as it was."""
    before = ner.label_data, ner.model.to_bytes()
    try:
        with bounded_memory():
            ner.from_bytes(data, exclude=["vocab"])
    except Exception as error:
        assert CODE.match(str(error)), repr(error)  # noqa: PT017
        assert (ner.label_data, ner.model.to_bytes()) == before
        return False
    return True


def damage(data, other):
    """Bytes with a flipped bit, a changed byte, a piece lost, doubled or from elsewhere."""
    i, j = sorted(random.choices(range(len(data)), k=2))
    j = min(j, i + random.choice([1, 8, 1000]))
    pieces = [
        bytes([data[i] ^ 1 << random.randrange(8)]) + data[i + 1 : j],
        random.randbytes(j - i),
        b"",
        data[i:j] * 2,
        other[i:j],
    ]
    return data[:i] + random.choice(pieces) + data[j:]


def test_damage_is_refused_or_changes_nothing(nlp):
    other = make_small()
    train(other, steps=2)
    data, others = (
        pipeline.get_pipe("lstm_ner").to_bytes(exclude=["vocab"]) for pipeline in (nlp, other)
    )
    loaded = make_small()
    ner = loaded.get_pipe("lstm_ner")
    expected = [entities(nlp(text)) for text, _ in TRAIN]
    for i in until_deadline():
        random.seed(i)
        if load(ner, damage(data, others)):
            assert [entities(loaded(text)) for text, _ in TRAIN] == expected
            loaded = make_small()
            ner = loaded.get_pipe("lstm_ner")


def places(value, path=()):
    """The paths of all values inside of a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, key))


def open_up(model):
    """A saved model with its layers and attributes as maps."""
    model = srsly.msgpack_loads(model)
    model["shims"] = [[srsly.msgpack_loads(layer) for layer in layers] for layers in model["shims"]]
    model["attrs"] = [{k: srsly.msgpack_loads(v) for k, v in a.items()} for a in model["attrs"]]
    return model


def close(model):
    """The bytes again, with checksums that fit, as far as there are layers to have them."""
    model = copy.copy(model)
    with contextlib.suppress(Exception):
        model["shims"] = [[pack(layer) for layer in layers] for layers in model["shims"]]
    with contextlib.suppress(Exception):
        model["attrs"] = [
            {k: srsly.msgpack_dumps(v) for k, v in attrs.items()} for attrs in model["attrs"]
        ]
    return srsly.msgpack_dumps(model)


def pack(layer):
    if isinstance(layer, dict):
        layer = seal({key: value for key, value in layer.items() if key != "sha256"})
    return srsly.msgpack_dumps(layer)


def change(model):
    """Replace, drop or swap something anywhere in a saved model."""
    *path, key = random.choice(list(places(model)))
    holder = model
    for step in path:
        holder = holder[step]
    if random.random() < 0.2:
        del holder[key]
    elif random.random() < 0.2:
        other = random.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        holder[key], holder[other] = holder[other], holder[key]
    else:
        holder[key] = copy.deepcopy(random.choice(ODD))  # ODD itself stays as it is


def test_hostile_content_is_refused_or_loads(nlp):
    data = srsly.msgpack_loads(nlp.get_pipe("lstm_ner").to_bytes(exclude=["vocab"]))
    opened = open_up(data["model"])
    loaded = make_small()
    ner = loaded.get_pipe("lstm_ner")
    for i in until_deadline():
        random.seed(i)
        hostile = copy.deepcopy(opened)
        for _ in range(random.choice([1, 1, 2, 4])):
            change(hostile)
        model = close(hostile)
        cfg = write_cfg(nlp.get_pipe("lstm_ner").label_data, model)
        if load(ner, srsly.msgpack_dumps({"cfg": cfg, "model": model})):
            try:
                loaded(TRAIN[0][0])
            except Exception as error:
                assert CODE.match(str(error)), (i, repr(error))  # noqa: PT017
            loaded = make_small()
            ner = loaded.get_pipe("lstm_ner")
