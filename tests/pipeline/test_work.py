"""How much work a prediction is, in counts: unlike times, they say the same on every machine."""

import pytest
from spacy.tokens import Doc
from torch import nn

from spacy_lstm_ner.nn.crf import viterbi
from spacy_lstm_ner.nn.embedding import LexicalEmbedding
from spacy_lstm_ner.nn.lstm import scan

from ..conformance.small import make_small

# 200 documents of 1 to 40 words, five of each length, out of 50 words.
LENGTHS = [1 + i % 40 for i in range(200)]
WORDS = [f"w{i}" for i in range(50)]


@pytest.fixture
def nlp():
    nlp = make_small(precision="float32")
    nlp.get_pipe("lstm_ner").add_label("X")
    nlp.initialize()
    return nlp


def make_docs(nlp):
    texts = ([WORDS[(i + j) % 50] for j in range(n)] for i, n in enumerate(LENGTHS))
    return [Doc(nlp.vocab, words=words) for words in texts]


def record(monkeypatch, owner, name, measure):
    """What `measure` makes of the arguments of each call."""
    seen, function = [], getattr(owner, name)

    def recording(*arguments, **settings):
        seen.append(measure(*arguments))
        return function(*arguments, **settings)

    monkeypatch.setattr(owner, name, recording)
    return seen


def test_every_distinct_word_is_embedded_once(nlp, monkeypatch):
    embedded = record(
        monkeypatch, LexicalEmbedding, "forward", lambda _, features: len(features.words)
    )
    for _ in range(2):
        list(nlp.pipe(make_docs(nlp), batch_size=20))
    assert sum(embedded) == len(WORDS)


def test_every_distinct_word_goes_into_the_gates_once(nlp, monkeypatch):
    rows = record(monkeypatch, scan.GateWeights, "inputs", lambda _, x: len(x))
    for _ in range(2):
        list(nlp.pipe(make_docs(nlp), batch_size=20))
    assert sum(rows) == len(WORDS)


def test_steps_are_as_many_as_the_longest_of_128_documents_of_similar_length(nlp, monkeypatch):
    steps = record(monkeypatch, scan, "_steps", lambda *arguments: len(arguments[3]))
    list(nlp.pipe(make_docs(nlp)))
    longest_first = sorted(LENGTHS, reverse=True)
    assert steps == longest_first[::128]


def test_the_best_paths_of_a_batch_are_found_in_one_pass(nlp, monkeypatch):
    steps = record(monkeypatch, viterbi, "_forward_by_blocks", lambda *arguments: len(arguments[2]))
    list(nlp.pipe(make_docs(nlp)))
    assert steps == [max(LENGTHS)]


def test_kernels_for_whole_sequences_are_called_for_few_and_full_rectangles(nlp, monkeypatch):
    nlp.get_pipe("lstm_ner").predict_in("bfloat16")
    cells = record(monkeypatch, nn.LSTM, "forward", lambda _, x: x.shape[0] * x.shape[1])
    list(nlp.pipe(make_docs(nlp)))
    assert len(cells) <= 2 * 20  # in both directions
    assert sum(cells) / 2 <= 1.125 * sum(LENGTHS)
