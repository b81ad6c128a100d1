"""The same input gives the same output: in any batch, in any run."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import minibatch

from spacy_lstm_ner.models.scores import Scores
from spacy_lstm_ner.pipeline import lstm_ner
from spacy_lstm_ner.training.converters.gmb import GMB
from spacy_lstm_ner.training.converters.labels import LabelMap
from spacy_lstm_ner.training.converters.problems import Problems
from spacy_lstm_ner.training.converters.splits import cut_as_published

from ..conftest import DATA, ROOT, TRAIN, entities, make_examples, train
from .small import as_float32, make_small

# Of all lengths up to 40, in no order, with empty ones among them.
TEXTS = [" ".join((TRAIN[i % 2][0] * 8).split()[: i * 17 % 41]) for i in range(230)]


@pytest.fixture(scope="module")
def small():
    """A small pipeline that knows TRAIN by heart and predicts in 32-bit floats."""
    nlp = make_small()
    train(nlp)
    return as_float32(nlp)


@pytest.fixture
def emissions(monkeypatch):
    """The scores of each document that is predicted from now on."""
    kept = []
    score = lstm_ner.score

    def keep(model, docs):
        scores = score(model, docs)
        kept.extend(scores)
        return scores

    monkeypatch.setattr(lstm_ner, "score", keep)
    return kept


def assert_close(found, expected):
    assert [array.shape for array in found] == [array.shape for array in expected]
    np.testing.assert_allclose(np.concatenate(found), np.concatenate(expected), atol=1e-5)


# Prediction.


@pytest.mark.parametrize("batch_size", [1, 2, 7, 32, 1000])
def test_every_batch_size_finds_what_one_text_at_a_time_does(small, emissions, batch_size):
    alone = [entities(small(text)) for text in TEXTS]
    assert any(alone)
    expected = emissions.copy()
    emissions.clear()
    assert [entities(doc) for doc in small.pipe(TEXTS, batch_size=batch_size)] == alone
    assert_close(emissions, expected)


def test_a_stream_keeps_its_order_and_what_goes_with_it(small):
    numbered = ((text, i) for i, text in enumerate(TEXTS))
    found = [(doc.text, i) for doc, i in small.pipe(numbered, as_tuples=True, batch_size=7)]
    assert found == list(zip(TEXTS, range(len(TEXTS)), strict=True))


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason="the measuring corpora are not here")
def test_batches_of_every_document_of_a_corpus_find_what_one_at_a_time_does(emissions):
    nlp = make_small()
    path = DATA / "gmb" / "ner_dataset.csv.zip"
    documents = list(GMB().read(path, nlp, LabelMap(), Problems()))
    parts = cut_as_published(documents, GMB.published_split, name="gmb")
    learn(nlp, [annotated.doc for annotated in parts["train"][:1800]])
    as_float32(nlp)
    docs = [without_entities(annotated.doc) for annotated in parts["test"]]
    alone = [annotation(nlp(doc.copy())) for doc in docs]
    expected = emissions.copy()
    assert sum(len(array) for array in expected) == 156234
    assert sum((array[:, 0] == 3).sum() for array in alone) > 10_000  # beginnings of entities
    for batch_size in (7, 100, 1000):
        emissions.clear()
        copies = (doc.copy() for doc in docs)
        found = [annotation(doc) for doc in nlp.pipe(copies, batch_size=batch_size)]
        assert all(map(np.array_equal, found, alone))
        assert_close(emissions, expected)


def annotation(doc):
    return doc.to_array(["ENT_IOB", "ENT_TYPE"])


def learn(nlp, docs):
    examples = [Example(without_entities(doc), doc) for doc in docs]
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    for batch in minibatch(examples, 30):
        nlp.update(batch, sgd=optimizer)


def without_entities(doc):
    spaces = [bool(token.whitespace_) for token in doc]
    return Doc(doc.vocab, words=[token.text for token in doc], spaces=spaces)


# Training.


def run_to_train(model, docs):
    """Scores of a batch, and the gradients of the weights if each score's gradient is itself."""
    scores, backprop = model.begin_update(docs)
    backprop(Scores(scores.emissions.clone(), scores.lengths, torch.zeros_like(scores.transitions)))
    gradients = [
        np.zeros(parameter.shape)
        if parameter.grad is None
        else parameter.grad.to_dense().numpy().copy()
        for parameter in parameters(model)
    ]
    for parameter in parameters(model):
        parameter.grad = None
    return list(scores), gradients


def parameters(model):
    return [p for node in model.walk() for shim in node.shims for p in shim.module.parameters()]


def test_a_batch_teaches_what_its_documents_teach_one_by_one(small):
    model = small.get_pipe("lstm_ner").model.copy()
    docs = [small.make_doc(text) for text in TEXTS[:12]]
    scores, gradients = run_to_train(model, docs)
    alone = [run_to_train(model, [doc]) for doc in docs if len(doc)]
    assert_close([array for array in scores if len(array)], [array for (array,), _ in alone])
    assert any(gradient.any() for gradient in gradients)
    for together, *apart in zip(gradients, *(each for _, each in alone), strict=True):
        np.testing.assert_allclose(together, sum(apart), rtol=1e-3, atol=1e-3)


# Documents without tokens.


@pytest.mark.parametrize("texts", [[], [""], ["", ""], ["", "I like London.", ""]], ids=str)
def test_documents_without_tokens_have_scores_without_rows(small, texts):
    model = small.get_pipe("lstm_ner").model.copy()
    docs = [small.make_doc(text) for text in texts]
    shapes = [(len(doc), 9) for doc in docs]
    assert [array.shape for array in model.predict(docs)] == shapes
    scores, gradients = run_to_train(model, docs)
    assert [array.shape for array in scores] == shapes
    assert any(gradient.any() for gradient in gradients) == any(texts)


# The start.


@pytest.mark.parametrize("head", ["crf", "softmax"])
@pytest.mark.parametrize("scheme", ["biluo", "bio"])
def test_everything_starts_as_outside(scheme, head):
    nlp = make_small(scheme=scheme, head=head)
    nlp.initialize(lambda: make_examples(nlp))
    ner = nlp.get_pipe("lstm_ner")
    assert ner.scheme.tags[0] == "O"
    assert not nlp(TRAIN[1][0]).ents
    ner.add_label("FOOD")
    assert ner.scheme.tags[0] == "O"
    assert not nlp(TRAIN[1][0]).ents


def test_no_weight_has_the_name_of_a_weight_of_thincs(small):
    """Optimizers keep their state by (id, name), and models and shims count ids separately."""
    nodes = small.get_pipe("lstm_ner").model.walk()
    names = [
        name for node in nodes for shim in node.shims for name, _ in shim.module.named_parameters()
    ]
    assert names
    assert not {"W", "b", "E", "G", "pad", "vectors"} & set(names)


# Another run.

RUN = """
import hashlib, sys
from tests.conformance.small import make_small
from tests.conftest import TRAIN, entities, train
import spacy
spacy.util.fix_random_seed(int(sys.argv[1]))
nlp = make_small()
for label in "CABFDE":
    nlp.get_pipe("lstm_ner").add_label(label)
losses = train(nlp, steps=20)
print(losses, [entities(nlp(text)) for text, _ in TRAIN])
print(hashlib.sha256(nlp.to_bytes()).hexdigest())
"""


def run_elsewhere(seed, hash_seed):
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(seed)],
        env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_the_same_seed_gives_the_same_pipeline_in_another_process():
    assert run_elsewhere(7, hash_seed=1) == run_elsewhere(7, hash_seed=2)
