import numpy as np
import pytest
import torch
from torch.nn import functional

from spacy_lstm_ner.nn import embedding
from spacy_lstm_ner.nn.embedding import CharacterCNN, LexicalEmbedding

# Numbers of characters, 0 after the last: words of different lengths, one of them empty.
SPELLINGS = [
    [5, 3, 8, 8, 1, 4],
    [2, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0],
    [9, 9, 0, 0, 0, 0],
    [1, 2, 3, 4, 5, 0],
]


@pytest.fixture(autouse=True, params=[2, 256], ids=["some at a time", "all at once"])
def together(request, monkeypatch):
    monkeypatch.setattr(embedding, "SPELLINGS", request.param)


@pytest.fixture(params=[1, 3, 5])
def cnn(request):
    torch.manual_seed(0)
    return CharacterCNN(characters=10, n_char=4, width=7, window=request.param)


def test_a_filter_gives_its_strongest_response_to_any_window_of_a_word(cnn):
    vectors = cnn.table.weight.detach().numpy()
    filters, bias = (p.detach().numpy() for p in (cnn.filters.weight, cnn.filters.bias))
    for spelling, found in zip(SPELLINGS, cnn(torch.tensor(SPELLINGS)), strict=True):
        margin = [0] * (cnn.window // 2)
        padded = [*margin, *(c for c in spelling if c), *margin]
        expected = np.zeros(7)
        for i in range(len(padded) - 2 * len(margin)):
            window = vectors[padded[i : i + cnn.window]]
            expected = np.maximum(expected, (filters * window.T).sum(axis=(1, 2)) + bias)
        np.testing.assert_allclose(found.detach().numpy(), expected, atol=1e-6)


def test_filters_learn_as_those_of_a_convolution_do(cnn):
    spellings = torch.tensor(SPELLINGS)
    beyond = (spellings == 0).unsqueeze(1)
    vectors = functional.embedding(spellings, cnn.table.weight).transpose(1, 2)
    responses = torch.relu(cnn.filters(vectors)).masked_fill(beyond, 0.0).amax(dim=2)
    towards = torch.randn(5, 7)
    parameters = [cnn.table.weight, cnn.filters.weight, cnn.filters.bias]
    expected = torch.autograd.grad((responses * towards).sum(), parameters)
    found = torch.autograd.grad((cnn(spellings) * towards).sum(), parameters)
    # The vector of padding does not learn, which functional.embedding was not told.
    expected[0][0] = 0.0
    for gradient, oracle in zip(found, expected, strict=True):
        torch.testing.assert_close(gradient, oracle)


def test_words_that_any_process_has_met_are_taken_in_alike():
    processes = [
        LexicalEmbedding(words=["<PAD>", "<UNK>", "known"], word_width=2) for _ in range(2)
    ]
    met = [["mine", "ours"], ["ours", "theirs"]]
    for process, words in zip(processes, met, strict=True):
        process.words.expect(words)
    for process in processes:
        process.gather(lambda words: met)
        process.finish_update()
    expected = ["<PAD>", "<UNK>", "known", "mine", "ours", "theirs"]
    assert [list(process.words.numbers) for process in processes] == [expected, expected]
