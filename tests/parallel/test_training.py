"""`torchrun ... -m spacy train`, beside `spacy train`."""

import random

import numpy as np
import pytest
import spacy
from spacy.cli._util import import_code
from spacy.cli.init_config import fill_config
from spacy.tokens import DocBin
from thinc.api import Config
from thinc.shims import PyTorchShim

from .launch import launch

NAMES = ["Ada", "Berlin", "Chen", "Dover", "Emma", "Ghent", "Hugo", "Izmir", "Jane", "Kiev"]
OTHERS = ["saw", "left", "in", "near", "with", "the", "old", "road", "and", "rain"]

PIPELINE = """
[nlp]
lang = "en"
pipeline = ["tok2vec", "tagger", "ner", "lstm_ner"]

[components]

[components.tok2vec]
factory = "tok2vec"

[components.tok2vec.model]
@architectures = "spacy.HashEmbedCNN.v2"
width = 16
depth = 1
embed_size = 50
window_size = 1
maxout_pieces = 2
subword_features = false
pretrained_vectors = null

[components.tagger]
factory = "tagger"

[components.tagger.model]
@architectures = "spacy.Tagger.v2"

[components.tagger.model.tok2vec]
@architectures = "spacy.Tok2VecListener.v1"
width = 16

[components.ner]
factory = "ner"

[components.lstm_ner]
factory = "lstm_ner"
"""
TRAINING = """
[training]
seed = 3
dropout = 0.0
max_steps = 7
eval_frequency = 4
dev_corpus = "corpora.dev"
train_corpus = "corpora.train"

[training.batcher]
@batchers = "spacy_lstm_ner.DataParallel.v1"

[training.batcher.batcher]
@batchers = "spacy.batch_by_sequence.v1"
size = 20

[training.before_update]
@callbacks = "tells"

[training.optimizer]
@optimizers = "spacy_lstm_ner.DataParallel.v1"

[training.optimizer.optimizer]
@optimizers = "SGD.v1"
learn_rate = 0.05
grad_clip = 1.0
use_averages = false

[corpora]

[corpora.train]
@readers = "spacy.Corpus.v1"
path = {corpus}

[corpora.dev]
@readers = "spacy.Corpus.v1"
path = {corpus}
"""


CODE = """
import os, signal, spacy
from pathlib import Path
from zlib import crc32

@spacy.registry.callbacks("tells")
def make_tells():
    def tell(nlp, args):
        if args["step"] == 6:
            told = []
            for name, pipe in nlp.pipeline:
                for node in pipe.model.walk():
                    arrays = [node.get_param(p) for p in node.param_names if node.has_param(p)]
                    for shim in node.shims:
                        arrays += [p.detach().numpy() for p in shim._model.parameters()]
                    told += [f"{name} {node.name} {crc32(array.tobytes())}" for array in arrays]
            folder = Path(os.environ["TOLD"])
            folder.mkdir(exist_ok=True)
            (folder / os.environ["RANK"]).write_text("\\n".join(told))
    return tell

@spacy.registry.callbacks("dying")
def make_dying():
    def die(nlp, args):
        if os.environ["RANK"] == "1" and args["step"] == 3:
            os.kill(os.getpid(), signal.SIGKILL)
    return die
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    nlp, draw = spacy.blank("en"), random.Random(0)
    docs = []
    for _ in range(60):
        words = draw.choices(NAMES + OTHERS, k=draw.randint(3, 9))
        tags = ["NAME" if word in NAMES else "OTHER" for word in words]
        ents = ["U-NAME" if word in NAMES else "O" for word in words]
        docs.append(
            spacy.tokens.Doc(
                nlp.vocab,
                words,
                tags=tags,
                ents=[ent.replace("U-", "B-") for ent in ents],
            )
        )
    path = tmp_path_factory.mktemp("corpus") / "corpus.spacy"
    DocBin(docs=docs, store_user_data=False).to_disk(path)
    return path


@pytest.fixture(scope="module")
def config(corpus, tmp_path_factory):
    path = tmp_path_factory.mktemp("config") / "config.cfg"
    (path.parent / "code.py").write_text(CODE)
    import_code(path.parent / "code.py")
    text = PIPELINE + TRAINING.replace("{corpus}", f'"{corpus}"')
    Config().from_str(text, interpolate=False).to_disk(path)
    fill_config(path, path)
    return path


def weights(folder):
    """All weights of a pipeline by component and place."""
    nlp, found = spacy.load(folder), {}
    for name, pipe in nlp.pipeline:
        for i, node in enumerate(pipe.model.walk()):
            for param in node.param_names:
                if node.has_param(param):
                    found[name, i, param] = node.get_param(param)
            for shim in node.shims:
                if isinstance(shim, PyTorchShim):
                    for param, value in shim._model.state_dict().items():
                        found[name, i, param] = value.numpy()
    return found


def start(config, output, *arguments, processes=2):
    """`torchrun ... -m spacy train`."""
    given = ["--code", config.parent / "code.py", "--output", output, *arguments]
    return launch("-m", "spacy", "train", config, *given, processes=processes)


def test_two_processes_give_the_weights_of_one_and_the_first_alone_prints(
    config, tmp_path, monkeypatch
):
    monkeypatch.setenv("TOLD", str(tmp_path / "told"))
    result = start(config, tmp_path / "two")
    assert result.returncode == 0, result.stderr
    told = [(tmp_path / "told" / rank).read_text() for rank in "01"]
    assert told[0] == told[1]  # to the bit, `ner` too
    assert result.stdout.count("Initialized pipeline") == 1
    assert result.stdout.count("Saved pipeline") == 1
    start(config, tmp_path / "one", processes=1)
    one, two = weights(tmp_path / "one/model-last"), weights(tmp_path / "two/model-last")
    assert one.keys() == two.keys()
    # `ner` drops at random, whatever the config says, and takes the last token of a batch where
    # there is none before or after: it is not the same by itself when its batch is divided.
    equal = {place for place in one if place[0] != "ner"}
    assert {name for name, *_ in equal} == {"tok2vec", "tagger", "lstm_ner"}
    for place in equal:
        np.testing.assert_allclose(two[place], one[place], rtol=1e-4, atol=1e-6, err_msg=place)
    assert spacy.load(tmp_path / "two/model-best").pipe_names[-1] == "lstm_ner"


def test_a_process_that_dies_ends_the_others(config, tmp_path):
    # Within the time that `launch` gives it.
    result = start(config, tmp_path / "out", "--training.before_update.@callbacks", "dying")
    assert result.returncode
    assert "LN320" in result.stderr or "SIGKILL" in result.stderr


def test_processes_that_start_differently_are_an_error(config, tmp_path):
    result = start(config, tmp_path / "out", "--training.seed", "null")
    assert result.returncode
    assert "LN321" in result.stderr or "LN323" in result.stderr
