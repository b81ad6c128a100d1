"""A trained recognizer learns one more label, and keeps what it knows."""

import random

import numpy as np
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.cli.train import train as spacy_train
from spacy.tokens import DocBin
from spacy.training import Example
from spacy.util import minibatch
from thinc.api import Config

from spacy_lstm_ner.training.partly import set_annotated_labels

from ..conftest import TRAIN, entities, make_examples
from .small import make_example, make_small
from .test_annotation import random_weights

PEOPLE = ["Ann", "Bob", "Carla", "Dmitri", "Esra", "Femke", "Goran", "Hana", "Ilse", "Jorge"]
SURNAMES = ["Adler", "Brandt", "Costa", "Dvorak", "Eriksen", "Fischer", "Gruber", "Haas", "Lund"]
PLACES = ["Rome", "Oslo", "New York", "Lagos", "Lima", "Quito", "San Jose", "Kyoto", "Porto"]
DISHES = ["pizza", "ramen", "lentil soup", "goulash", "pea stew", "risotto", "tacos", "paella"]
OLD_FRAMES = [
    "{PER} flew to {LOC} in spring.",
    "In {LOC} , {PER} met {PER} .",
    "Why did {PER} leave {LOC} ?",
    "The train from {LOC} to {LOC} was late.",
    "{PER} thanked the old teacher.",
    "Nobody in {LOC} knew the song.",
]
NEW_FRAMES = [
    "{PER} ordered {FOOD} in {LOC} .",
    "They serve {FOOD} and {FOOD} here.",
    "The {FOOD} was too salty, said {PER} .",
    "We cooked {FOOD} at home.",
]


def make_texts(frames, count, seed):
    """Sentences with their entities, none of them twice."""
    choose = random.Random(seed)
    names = {
        "PER": [*PEOPLE, *(f"{first} {last}" for first in PEOPLE for last in SURNAMES)],
        "LOC": PLACES,
        "FOOD": DISHES,
    }
    found = {}
    while len(found) < count:
        text, spans = "", []
        for part in choose.choice(frames).replace("}", "{").split("{"):
            if part in names:
                name = choose.choice(names[part])
                spans.append((len(text), len(text) + len(name), part))
                part = name
            text += part
        found[text] = spans
    return list(found.items())


def halves(texts):
    return texts[: len(texts) // 2], texts[len(texts) // 2 :]


OLD, OLD_TEST = halves(make_texts(OLD_FRAMES, 400, seed=1))
NEW, NEW_TEST = halves(make_texts(NEW_FRAMES, 400, seed=2))


def to_examples(nlp, texts, labels=("PER", "LOC", "FOOD")):
    return [
        Example.from_dict(
            nlp.make_doc(text), {"entities": [span for span in spans if span[2] in labels]}
        )
        for text, spans in texts
    ]


def score(nlp, texts, label):
    return 100 * nlp.evaluate(to_examples(nlp, texts))["ents_per_type"][label]["f"]


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A pipeline that knows people and places, on disk."""
    nlp = make_small()
    examples = to_examples(nlp, OLD)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    for _ in range(6):
        for batch in minibatch(examples, 20):
            nlp.update(batch, sgd=optimizer)
    path = tmp_path_factory.mktemp("saved")
    nlp.to_disk(path)
    return path


def test_sourced_into_a_new_config_it_learns_a_new_label(saved, tmp_path):
    before = spacy.load(saved)
    corpus = tmp_path / "corpus.spacy"
    DocBin(docs=[eg.reference for eg in to_examples(before, OLD + NEW)]).to_disk(corpus)
    reader = {"@readers": "spacy.Corpus.v1", "path": str(corpus)}
    config = {
        "nlp": {"lang": "en", "pipeline": ["lstm_ner"]},
        "components": {"lstm_ner": {"source": str(saved)}},
        "corpora": {"train": reader, "dev": reader},
        "training": {
            "max_steps": 200,
            "eval_frequency": 200,
            "dropout": 0.1,
            "optimizer": {"@optimizers": "Adam.v1", "learn_rate": 0.005},
        },
    }
    spacy.blank("en").config.merge(Config(config)).to_disk(tmp_path / "config.cfg")
    spacy_train(tmp_path / "config.cfg", tmp_path / "training")
    after = spacy.load(tmp_path / "training" / "model-last")
    assert after.get_pipe("lstm_ner").labels == ("FOOD", "LOC", "PER")
    assert score(after, NEW_TEST, "FOOD") > 95
    for label in ("PER", "LOC"):
        assert score(after, OLD_TEST, label) > score(before, OLD_TEST, label) - 2


def test_text_may_be_annotated_for_a_label_that_only_a_later_batch_has(saved):
    nlp = spacy.load(saved)
    optimizer = nlp.resume_training()
    for texts, labels in ((NEW[:1], []), (NEW[1:20], ["FOOD"])):
        examples = to_examples(nlp, texts, labels=labels)
        for eg in examples:
            set_annotated_labels(eg.reference, ["FOOD"])
        nlp.update(examples, sgd=optimizer)
        assert nlp.get_pipe("lstm_ner").labels == ("FOOD", "LOC", "PER")


@pytest.mark.parametrize("rehearse", [True, False], ids=["rehearsed", "not rehearsed"])
def test_rehearsal_keeps_the_old_labels_that_new_texts_alone_drive_out(saved, rehearse):
    nlp = spacy.load(saved)
    before = {label: score(nlp, OLD_TEST, label) for label in ("PER", "LOC")}
    optimizer = nlp.resume_training()
    optimizer.learn_rate = 0.01
    old = to_examples(nlp, OLD)
    for _ in range(20):
        for batch in minibatch(to_examples(nlp, NEW, labels=["FOOD"]), 20):
            nlp.update(batch, sgd=optimizer)
            if rehearse:
                nlp.rehearse(random.sample(old, 20), sgd=optimizer)
    assert score(nlp, NEW_TEST, "FOOD") > 95
    for label, earlier in before.items():
        assert (score(nlp, OLD_TEST, label) > earlier - 2) == rehearse


# Before it is trained.


@settings(deadline=None, max_examples=25)
@given(
    texts=st.lists(st.sampled_from([text for text, _ in OLD + NEW + TRAIN]), max_size=5),
    scheme=st.sampled_from(["biluo", "bio"]),
    seed=st.integers(0, 10_000),
)
def test_labels_added_change_no_prediction_whatever_the_weights(texts, scheme, seed):
    nlp = make_small(scheme=scheme)
    nlp.initialize(lambda: make_examples(nlp))
    ner = nlp.get_pipe("lstm_ner")
    docs = [nlp.make_doc(text) for text in texts]
    with ner.model.use_params(random_weights(ner.model, seed)):
        data = ner.to_bytes()
    ner.from_bytes(data)
    before = ner.predict(docs)
    for label in ("FOOD", "A", "Z-9"):
        ner.add_label(label)
    for found, expected in zip(ner.predict(docs), before, strict=True):
        assert np.array_equal(found.entities, expected.entities)
        assert np.array_equal(found.tags, expected.tags)


def test_one_optimizer_trains_on_after_a_label_is_added():
    nlp = make_small()
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    examples.append(make_example(nlp, "We eat pizza.", ("pizza", "FOOD")))
    for taught in (examples[:2], examples):
        for _ in range(60):
            nlp.update(taught, sgd=optimizer)
    assert entities(nlp("We eat pizza.")) == [("pizza", "FOOD")]
    assert entities(nlp(TRAIN[1][0])) == [("London", "LOC"), ("Berlin", "LOC")]
