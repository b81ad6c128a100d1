"""Words are learned wherever training comes from."""

import random

import pytest
import spacy
from spacy.cli.init_config import init_config
from spacy.tokens import Doc, DocBin
from spacy.training import Example
from spacy.training.initialize import init_nlp
from spacy.training.loop import train as train_loop
from thinc.api import Config

SYLLABLES = ["ka", "lo", "mi", "ne", "pu", "ro", "si", "ta", "vu", "ze"]
WORDS = [a + b + c for a in SYLLABLES for b in SYLLABLES for c in SYLLABLES]
# Nothing tells which words are names but the words themselves.
EMBED = {
    "@architectures": "spacy_lstm_ner.LexicalEmbed.v1",
    "word_width": 24,
    "min_count": 2,
    "max_words": 500,
    "word_dropout": 0.0,
    "attrs": [],
    "rows": [],
    "widths": [],
    "char_width": 0,
    "vector_width": 0,
}
ENCODE = {"@architectures": "spacy_lstm_ner.LSTMEncoder.v1", "cell": "lstm", "hidden_width": 16}
ENCODE |= {"depth": 1, "bidirectional": True, "skip": False, "dropout": None}
ENCODE |= {"clip_value": None, "clip_norm": 1.0}
TOK2VEC = {"@architectures": "spacy.Tok2Vec.v2", "embed": EMBED, "encode": ENCODE}


def make_domain(seed):
    """Forty words, half of them names, and what makes documents of them."""
    rnd = random.Random(seed)
    words = rnd.sample(WORDS, 40)
    names = set(words[:20])

    def make(nlp, count):
        examples = []
        for _ in range(count):
            chosen = [rnd.choice(words) for _ in range(12)]
            tags = ["U-NAME" if word in names else "O" for word in chosen]
            examples.append(Example(Doc(nlp.vocab, words=chosen), Doc(nlp.vocab, words=chosen)))
            examples[-1] = Example.from_dict(examples[-1].predicted, {"entities": tags})
        return examples

    return make


def make_nlp(tok2vec=TOK2VEC, shared=False):
    nlp = spacy.blank("en")
    if shared:
        nlp.add_pipe("tok2vec", config={"model": tok2vec})
        tok2vec = {"@architectures": "spacy.Tok2VecListener.v1", "width": 32, "upstream": "*"}
    nlp.add_pipe("lstm_ner", config={"model": {"tok2vec": tok2vec}}).add_label("NAME")
    return nlp


def learn(nlp, make, optimizer, steps=60):
    optimizer.learn_rate = 0.02
    for _ in range(steps):
        nlp.update(make(nlp, 8), sgd=optimizer)


def f_score(nlp, make):
    return nlp.evaluate(make(nlp, 40))["ents_f"]


@pytest.mark.parametrize("shared", [False, True], ids=["own tok2vec", "shared tok2vec"])
def test_a_pipeline_that_is_initialized_with_nothing_learns_words(shared):
    make = make_domain(0)
    nlp = make_nlp(shared=shared)
    learn(nlp, make, nlp.initialize())
    assert f_score(nlp, make) > 0.9


def test_a_saved_pipeline_learns_the_words_of_another_domain(tmp_path):
    first, second = make_domain(0), make_domain(1)
    nlp = make_nlp()
    examples = first(nlp, 50)
    learn(nlp, first, nlp.initialize(lambda: examples))
    nlp.to_disk(tmp_path)
    nlp = spacy.load(tmp_path)
    assert f_score(nlp, second) < 0.8
    learn(nlp, second, nlp.resume_training())
    assert f_score(nlp, second) > 0.9


def test_a_corpus_that_is_streamed_teaches_words_after_its_first_documents(tmp_path):
    nlp = make_nlp()
    first, second = make_domain(0), make_domain(1)
    examples = [*first(nlp, 100), *second(nlp, 300)]
    DocBin(docs=[eg.reference for eg in examples]).to_disk(tmp_path / "train.spacy")
    DocBin(docs=[eg.reference for eg in second(nlp, 40)]).to_disk(tmp_path / "dev.spacy")
    config = init_config(lang="en", pipeline=["lstm_ner"])
    config["components"]["lstm_ner"]["model"]["tok2vec"] = TOK2VEC
    config["paths"] |= {"train": str(tmp_path / "train.spacy"), "dev": str(tmp_path / "dev.spacy")}
    config["training"] |= {"max_epochs": -1, "max_steps": 80, "eval_frequency": 80}
    config["training"]["optimizer"]["learn_rate"] = 0.02
    config["training"]["batcher"] = {
        "@batchers": "spacy.batch_by_sequence.v1",
        "size": 8,
        "get_length": None,
    }
    nlp = init_nlp(Config(config).interpolate())
    train_loop(nlp, tmp_path)
    assert f_score(spacy.load(tmp_path / "model-last"), second) > 0.9


def test_pretraining_learns_words_and_hands_them_on(tmp_path):
    make = make_domain(0)
    pretrained = make_nlp(shared=True)
    pretrained.initialize()
    tok2vec = pretrained.get_pipe("tok2vec").model
    for _ in range(3):
        docs = [eg.predicted for eg in make(pretrained, 20)]
        vectors, backprop = tok2vec.begin_update(docs)
        backprop(vectors)
        tok2vec.finish_update(pretrained.create_optimizer())
    nlp = make_nlp()
    nlp.initialize()
    embedding = nlp.get_pipe("lstm_ner").model.get_ref("tok2vec")
    embedding.from_bytes(tok2vec.to_bytes())
    words = embedding.layers[0].shims[0].module.words.numbers
    assert len(words) == 2 + 40
    learn(nlp, make, nlp.create_optimizer())
    assert f_score(nlp, make) > 0.9
