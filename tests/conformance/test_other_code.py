"""Other code in the process sets torch to what it likes; nothing of ours changes by it."""

from contextlib import contextmanager

import pytest
import spacy
import torch
from thinc.api import Adam

from ..conftest import make_examples
from .small import make_small

WORDS = "Shaka Khan likes words that nobody has seen in Berlin."


@contextmanager
def default_type(dtype):
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextmanager
def default_device(device):
    torch.set_default_device(device)
    try:
        yield
    finally:
        torch.set_default_device(None)


@contextmanager
def deterministic():
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)


@contextmanager
def several():
    with default_type(torch.float64), torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        yield


STATES = {
    "float64": lambda: default_type(torch.float64),
    "bfloat16": lambda: default_type(torch.bfloat16),
    "float16": lambda: default_type(torch.float16),
    "no device": lambda: torch.device("meta"),
    "no device by default": lambda: default_device("meta"),
    "the CPU": lambda: torch.device("cpu"),
    "autocast": lambda: torch.autocast("cpu", torch.bfloat16),
    "inference mode": torch.inference_mode,
    "no_grad": torch.no_grad,
    "gradients off": lambda: torch.set_grad_enabled(False),
    "deterministic": deterministic,
    "anomalies": torch.autograd.detect_anomaly,
    "several": several,
}


@pytest.fixture(scope="module")
def saved():
    """A pipeline, and the bytes of its component, which calls start from."""
    nlp = make_small()
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(5):
        nlp.update(examples, sgd=optimizer, drop=0.1)
    return nlp, to_bytes(nlp)


def to_bytes(nlp):
    return nlp.get_pipe("lstm_ner").to_bytes(exclude=["vocab"])


def load(saved):
    nlp, data = saved
    nlp.get_pipe("lstm_ner").from_bytes(data, exclude=["vocab"])
    return nlp, make_examples(nlp), Adam(0.01)


def scores(nlp):
    (array,) = nlp.get_pipe("lstm_ner").model.predict([nlp.make_doc(WORDS)])
    return array.tobytes()


def initialize(saved, state):
    nlp, examples, _ = load(saved)
    with state():
        nlp.initialize(lambda: examples)
    nlp.update(examples, sgd=Adam(0.01), drop=0.1)
    return to_bytes(nlp)


def update(saved, state):
    nlp, examples, optimizer = load(saved)
    with state():
        for _ in range(2):
            nlp.update(examples, sgd=optimizer, drop=0.3)
    nlp.update(examples, sgd=optimizer, drop=0.3)
    return to_bytes(nlp)


def rehearse(saved, state):
    nlp, examples, optimizer = load(saved)
    with state():
        nlp.resume_training()
    nlp.update(examples, sgd=optimizer)
    with state():
        nlp.rehearse(examples, sgd=optimizer)
    nlp.update(examples, sgd=optimizer)
    return to_bytes(nlp)


def add_label(saved, state):
    nlp, examples, optimizer = load((make_small(), saved[1]))
    with state():
        nlp.get_pipe("lstm_ner").add_label("NEW")
    nlp.update(examples, sgd=optimizer)
    return to_bytes(nlp)


def predict(saved, state):
    """Words that are new to the table, and then once more what it keeps of them."""
    nlp, examples, optimizer = load(saved)
    with state():
        (first,) = nlp.get_pipe("lstm_ner").predict([nlp.make_doc(WORDS)])
        within = scores(nlp)
    kept = scores(nlp)
    nlp.update(examples, sgd=optimizer)
    return first.tags.tolist(), within, kept, to_bytes(nlp)


def averages(saved, state):
    nlp, examples, _ = load(saved)
    optimizer = Adam(0.01, use_averages=True)
    for _ in range(2):
        nlp.update(examples, sgd=optimizer)
    with state(), nlp.use_params(optimizer.averages):
        within = scores(nlp)
    return within, scores(nlp), to_bytes(nlp)


def read_lattice(saved, state):
    nlp, _, _ = load(saved)
    with state():
        (found,) = nlp.get_pipe("lstm_ner").predict([nlp.make_doc(WORDS)], with_lattice=True)
        lattice = found.lattice
        return [
            lattice.log_partition().tolist(),
            lattice.marginals().tolist(),
            lattice.expected_counts().tolist(),
            lattice.likely_spans(0.01)[1].tolist(),
            [reading.log_probability for reading in lattice.best_k(3)[0]],
        ]


def save_and_load(saved, state):
    nlp, examples, optimizer = load(saved)
    with state():
        data = to_bytes(nlp)
        load((nlp, data))
    before = scores(nlp)
    nlp.update(examples, sgd=optimizer)
    return data, before, to_bytes(nlp)


CALLS = [initialize, update, rehearse, add_label, predict, averages, read_lattice, save_and_load]


@pytest.mark.filterwarnings("ignore:Anomaly Detection")
@pytest.mark.parametrize("call", CALLS)
def test_a_call_gives_the_same_bits_whatever_state_torch_is_in(call, saved):
    def run(state):
        spacy.util.fix_random_seed(0)
        return call(saved, state)

    expected = run(lambda: torch.set_grad_enabled(True))
    changed = [name for name, state in STATES.items() if run(state) != expected]
    assert changed == []


@pytest.mark.parametrize("cell", ["gru", "irnn"])
@pytest.mark.parametrize("name", ["float64", "no device", "autocast", "inference mode", "several"])
def test_every_cell_and_head_trains_in_any_state(cell, name):
    def run(state):
        spacy.util.fix_random_seed(0)
        encode = {"cell": cell, "hidden_width": 8, "skip": True, "depth": 2}
        embed = {"char_width": 8, "word_width": 0, "attrs": [], "rows": [], "widths": []}
        tok2vec = {"embed": embed, "encode": encode}
        with state():
            nlp = make_small(tok2vec=tok2vec, head="softmax", scheme="bio")
            examples = make_examples(nlp)
            optimizer = nlp.initialize(lambda: examples)
            for _ in range(2):
                nlp.update(examples, sgd=optimizer, drop=0.2)
            return scores(nlp), to_bytes(nlp)

    assert run(STATES[name]) == run(lambda: torch.set_grad_enabled(True))


def test_the_state_is_what_it_was_afterwards(saved):
    nlp, examples, optimizer = load(saved)
    with several(), torch.device("meta"):
        nlp.update(examples, sgd=optimizer)
        nlp(WORDS)
        assert torch.get_default_dtype() is torch.float64
        assert torch.is_autocast_enabled("cpu")
        assert not torch.is_grad_enabled()
        assert torch.empty(1).is_meta
