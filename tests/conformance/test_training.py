"""What spaCy's training loop relies on."""

import copy

import numpy as np
import pytest
import spacy
from spacy.training import Example
from spacy.util import minibatch
from thinc.api import Adam

from ..conftest import TRAIN, entities, learn, make_examples, train
from .small import make_example


def make_tok2vec():
    """spaCy's embedding, and our encoder on it."""
    return {
        "@architectures": "spacy.Tok2Vec.v2",
        "embed": {
            "@architectures": "spacy.MultiHashEmbed.v2",
            "width": 32,
            "attrs": ["NORM", "SHAPE"],
            "rows": [100, 100],
            "include_static_vectors": False,
        },
        "encode": {
            "@architectures": "spacy_lstm_ner.LSTMEncoder.v1",
            "cell": "lstm",
            "hidden_width": 16,
            "depth": 1,
            "bidirectional": True,
            "skip": True,
            "dropout": None,
            "clip_value": None,
            "clip_norm": None,
        },
    }


def model_bytes(nlp, name="lstm_ner"):
    return nlp.get_pipe(name).to_bytes(exclude=["vocab"])


def run_seeded():
    spacy.util.fix_random_seed(7)
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner")
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(5):
        nlp.update(examples, sgd=optimizer, drop=0.3)
    return model_bytes(nlp)


def test_same_seed_same_bytes():
    assert run_seeded() == run_seeded()


def scores_of(nlp):
    """What a prediction goes by, after one that has filled what is remembered of words."""
    model = nlp.get_pipe("lstm_ner").model
    docs = [eg.predicted for eg in make_examples(nlp)]
    model.predict(docs)
    return np.concatenate(list(model.predict(docs)))


def test_averages_are_what_is_saved_and_evaluated(tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner")
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    optimizer = Adam(0.05, use_averages=True)
    for _ in range(20):
        nlp.update(examples, sgd=optimizer)
    raw, raw_scores = model_bytes(nlp), scores_of(nlp)
    with nlp.use_params(optimizer.averages):
        averaged, averaged_scores = model_bytes(nlp), scores_of(nlp)
        nlp.to_disk(tmp_path)
    assert averaged != raw
    assert model_bytes(nlp) == raw
    assert np.array_equal(scores_of(nlp), raw_scores)
    again = spacy.load(tmp_path)
    assert model_bytes(again) == averaged
    assert np.array_equal(scores_of(again), averaged_scores)
    assert not np.allclose(averaged_scores, raw_scores)


def test_a_deep_copy_trains_by_itself():
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner")
    train(nlp, steps=3)
    other = copy.deepcopy(nlp)
    before = model_bytes(other)
    nlp.update(make_examples(nlp), sgd=nlp.resume_training())
    assert model_bytes(other) == before
    ids = [
        {shim.id for node in pipeline.get_pipe("lstm_ner").model.walk() for shim in node.shims}
        for pipeline in (nlp, other)
    ]
    assert not ids[0] & ids[1]


def test_frozen_stays_and_annotating_sets_entities(monkeypatch):
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner")
    train(nlp)
    nlp.add_pipe("sentencizer", name="last")
    examples = make_examples(nlp)
    optimizer = nlp.resume_training()
    before = model_bytes(nlp)
    seen = []
    monkeypatch.setattr(nlp, "_components", [*nlp._components[:1], ("last", Recorder(seen))])
    nlp.update(examples, sgd=optimizer, exclude=["lstm_ner"], annotates=["lstm_ner"])
    assert model_bytes(nlp) == before
    assert seen[1] == [("London", "LOC"), ("Berlin", "LOC")]


class Recorder:
    """Stands for a component, and keeps the entities that it is trained on."""

    def __init__(self, seen):
        self.seen = seen

    def update(self, examples, **settings):
        self.seen += [entities(eg.predicted) for eg in examples]


def test_only_missing_annotation_teaches_nothing():
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner").add_label("LOC")
    optimizer = nlp.initialize()
    doc = nlp.make_doc("I like London")
    before = model_bytes(nlp)
    losses = nlp.update([Example(doc, doc.copy())], sgd=optimizer, losses={})
    assert losses == {"lstm_ner": 0.0}
    assert model_bytes(nlp) == before


def test_shared_tok2vec_trains_both_and_can_be_replaced(tmp_path):
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": 32, "upstream": "*"}
    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec", config={"model": make_tok2vec()})
    nlp.add_pipe("tagger", config={"model": {"tok2vec": listener}})
    nlp.add_pipe("lstm_ner", config={"model": {"tok2vec": listener}})
    examples = make_examples(nlp)
    for eg in examples:
        for token in eg.reference:
            token.tag_ = "N" if token.text[0].isupper() else "X"
    learn(nlp, examples, steps=80)
    expected = [("London", "LOC"), ("Berlin", "LOC")]
    assert entities(nlp(TRAIN[1][0])) == expected
    nlp.to_disk(tmp_path)
    loaded = spacy.load(tmp_path)
    doc = loaded(TRAIN[1][0])
    assert entities(doc) == expected
    assert [token.tag_ for token in doc] == ["N", "X", "N", "X", "N", "X"]
    assert loaded.get_pipe("lstm_ner").ask(doc).probability(doc.ents[0]) > 0.5
    with pytest.raises(ValueError, match=r"LN149.*'lstm_ner'"):
        loaded.get_pipe("lstm_ner").ask(loaded.make_doc(TRAIN[1][0]))
    loaded.replace_listeners("tok2vec", "lstm_ner", ["model.tok2vec"])
    loaded.remove_pipe("tagger")
    loaded.remove_pipe("tok2vec")
    assert entities(loaded(TRAIN[1][0])) == expected
    asked = loaded.get_pipe("lstm_ner").ask(loaded.make_doc(TRAIN[1][0]))
    assert [reading.text for reading in asked.best(1)[0].entities] == ["London", "Berlin"]


def test_sourced_into_another_pipeline(trained):
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner", source=trained)
    assert nlp.get_pipe("lstm_ner").labels == trained.get_pipe("lstm_ner").labels
    assert entities(nlp(TRAIN[1][0])) == [("London", "LOC"), ("Berlin", "LOC")]


def test_encoder_serves_spacys_own_ner():
    nlp = spacy.blank("en")
    nlp.add_pipe("ner", config={"model": {"tok2vec": make_tok2vec()}})
    examples = make_examples(nlp)
    learn(nlp, examples)
    assert entities(nlp(TRAIN[1][0])) == [("London", "LOC"), ("Berlin", "LOC")]


def test_scores_of_annotated_documents(trained):
    scores = trained.evaluate(make_examples(trained))
    assert scores["ents_f"] == 1.0
    assert set(scores["ents_per_type"]) == {"LOC", "PERSON"}
    doc = trained.make_doc("I like London.")
    assert trained.evaluate([Example(doc, doc.copy())])["ents_f"] is None


def test_a_few_sentences_are_learned_with_the_default_optimizer():
    """Thirty rounds, batches of four, a rate of 0.001, dropout: the loop of most tutorials."""
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner")
    texts = ["{} lives in {} .", "In {1} , {0} is known .", "{} left {} early ."]
    names = [("Ann", "Oslo"), ("Bo Berg", "Rome"), ("Cleo", "New York"), ("Dag Dahl", "Lima")]
    examples = [
        make_example(nlp, text.format(*pair), (pair[0], "PER"), (pair[1], "LOC"))
        for text in texts
        for pair in names
    ]
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(30):
        for batch in minibatch(examples, 4):
            nlp.update(batch, sgd=optimizer, drop=0.35)
    assert nlp.evaluate(examples)["ents_f"] > 0.8
