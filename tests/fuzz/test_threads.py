"""Many threads predict with one component, and find what one thread finds.

Beside them, labels are added, words forgotten and weights exchanged for a while. Predictions that
run beside exchanged weights may be those of either; all later ones are those of the weights that
are back.
"""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import numpy as np
from spacy.tokens import Span

from spacy_lstm_ner.models.shim import module_shims

from ..conformance.small import SMALL, as_float32, make_small
from ..conftest import TRAIN, entities, train
from .budget import until_deadline

N_THREADS = 8
TEXTS = [
    *(text for text, _ in TRAIN),
    "Shaka Khan likes Berlin.",
    "London and Berlin and London",
    "Who is it?",
    "It rained  in\nLondon",
]


def make_docs(nlp, n):
    """Documents whose first token is an entity of some other component's, every other time."""
    docs = [nlp.make_doc(TEXTS[i % len(TEXTS)]) for i in range(n)]
    for i, doc in enumerate(docs):
        if i % 2:
            doc.set_ents([Span(doc, 0, 1, label=f"RULE{i % 12}")], default="missing")
    return docs


def make_nlp():
    """With spellings: the default model's layers are all there, only smaller."""
    embed = {**SMALL["tok2vec"]["embed"], "char_width": 8}
    return as_float32(make_small(tok2vec={**SMALL["tok2vec"], "embed": embed}))


def find(ner, docs):
    for doc in docs:
        ner.set_annotations([doc], ner.predict([doc]))
    return [entities(doc) for doc in docs]


def zeros(ner):
    """Weights that are all zero, as if they were averages."""
    return {
        (shim.id, name): np.zeros(tuple(weights.shape), dtype="f")
        for shim in module_shims(ner.model)
        for name, weights in shim.module.named_parameters()
    }


def test_threads_find_what_one_thread_finds():
    trained = make_nlp()
    train(trained)
    data = trained.to_bytes()
    expected = find(trained.get_pipe("lstm_ner"), make_docs(trained, 12))
    assert any(label == "LOC" for found in expected for _, label in found)
    for i in until_deadline():
        random.seed(i)
        nlp = make_nlp().from_bytes(data)
        with nlp.memory_zone() if i % 3 == 2 else nullcontext():
            check(nlp, expected)
        assert find(nlp.get_pipe("lstm_ner"), make_docs(nlp, 12)) == expected


def check(nlp, expected):
    ner = nlp.get_pipe("lstm_ner")
    with ThreadPoolExecutor(N_THREADS) as pool:
        for step in range(4):
            batches = [make_docs(nlp, 12) for _ in range(N_THREADS)]
            exchanged = random.random() < 0.3
            with ner.model.use_params(zeros(ner)) if exchanged else nullcontext():
                futures = [pool.submit(find, ner, docs) for docs in batches]
                for k in range(random.randrange(4)):
                    ner.add_label(f"LABEL{step}{k}")
                    assert "LOC" in ner.labels
                    if random.random() < 0.5:
                        ner.forget()
            found = [future.result() for future in futures]
            assert exchanged or found == [expected] * N_THREADS
