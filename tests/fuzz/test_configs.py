"""Components of every config learn, and arrive byte for byte where they are loaded."""

import random

import spacy

from ..conftest import TRAIN, entities, train
from .budget import until_deadline

ARCHITECTURES = "spacy_lstm_ner"
ATTRS = ["ORTH", "NORM", "LOWER", "PREFIX", "SUFFIX", "SHAPE", "IS_TITLE", "LIKE_NUM"]


def choose(**options):
    return {name: random.choice(values) for name, values in options.items()}


def make_embed():
    kind = random.choice(["WordEmbed", "CharEmbed", "LexicalEmbed", "LexicalEmbed"])
    architecture = {"@architectures": f"{ARCHITECTURES}.{kind}.v1"}
    if kind == "WordEmbed":
        return {**architecture, **choose(width=[1, 7, 32], min_count=[0, 1, 3])}
    if kind == "CharEmbed":
        return {**architecture, **choose(width=[1, 7, 32])}
    attrs = random.sample(ATTRS, k=random.randrange(4))
    settings = choose(word_width=[1, 16], min_count=[0, 2], word_dropout=[0.0, 0.5, 1.0])
    return {
        **architecture,
        **settings,
        "attrs": attrs,
        "rows": [random.choice([1, 50, 1000]) for _ in attrs],
        "widths": [random.choice([1, 8]) for _ in attrs],
        "char_width": random.choice([0, 1, 16]),
        "vector_width": 0,
    }


def make_model():
    encode = choose(
        cell=["lstm", "gru", "rnn", "irnn"],
        hidden_width=[1, 8, 33],
        depth=[1, 2, 3],
        bidirectional=[True, False],
        skip=[True, False],
        dropout=[None, 0.0, 0.5],
        recurrent_dropout=[0.0, 0.5],
        clip_value=[None, 0.0, 1.0],
        clip_norm=[None, 1e-3, 5.0],
    )
    encode["@architectures"] = f"{ARCHITECTURES}.LSTMEncoder.v1"
    tok2vec = {"embed": make_embed(), "encode": encode}
    return {"tok2vec": tok2vec, **choose(scheme=["biluo", "bio"], head=["crf", "softmax"])}


def test_what_is_trained_is_saved_and_loaded():
    for i in until_deadline():
        random.seed(i)
        config = {"model": make_model()}
        nlp, again = spacy.blank("en"), spacy.blank("en")
        nlp.add_pipe("lstm_ner", config=config)
        again.add_pipe("lstm_ner", config=config)
        train(nlp, steps=2)
        data = nlp.get_pipe("lstm_ner").to_bytes(exclude=["vocab"])
        loaded = again.get_pipe("lstm_ner").from_bytes(data, exclude=["vocab"])
        assert loaded.to_bytes(exclude=["vocab"]) == data, config
        for text, _ in TRAIN:
            assert entities(again(text)) == entities(nlp(text)), config
