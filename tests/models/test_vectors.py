"""The form in which batches travel between layers."""

import numpy as np
import torch
from spacy.tokens import Doc
from spacy.vocab import Vocab
from thinc.api import Linear, chain

from spacy_lstm_ner.models.embed import build_char_embed
from spacy_lstm_ner.models.vectors import (
    DocBatch,
    TokenVectors,
    in_form_of,
    speaks_token_vectors,
)


def make_vectors():
    values = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    return TokenVectors(values, [2, 0, 1], torch.tensor([1, 0, 1]))


def test_repeated_rows_are_written_out_for_each_token_and_document():
    vectors = make_vectors()
    assert vectors.tokens().tolist() == [[3, 4], [1, 2], [3, 4]]
    assert [array.tolist() for array in vectors] == [[[3, 4], [1, 2]], [], [[3, 4]]]
    assert np.array_equal(vectors[2], [[3, 4]])
    assert len(vectors) == 3
    assert vectors.width == 2


def test_a_list_of_arrays_becomes_one_tensor_and_vectors_stay():
    arrays = [np.ones((2, 3), dtype=np.float32), np.zeros((1, 3), dtype=np.float32)]
    vectors = TokenVectors.of(arrays, torch.device("cpu"))
    assert vectors.lengths == [2, 1]
    assert vectors.tokens().tolist() == [[1, 1, 1], [1, 1, 1], [0, 0, 0]]
    assert TokenVectors.of(vectors, torch.device("cpu")) is vectors
    assert TokenVectors.of([], torch.device("cpu")).tokens().shape == (0, 0)


def test_the_form_of_what_is_given_follows_the_form_of_what_was_asked():
    vectors, doc = make_vectors(), Doc(Vocab(), words=["a"])
    assert in_form_of(DocBatch([doc]), vectors) is vectors
    assert in_form_of(vectors, vectors) is vectors
    assert isinstance(in_form_of([doc], vectors), list)


def test_only_layers_of_this_package_speak_token_vectors():
    ours = build_char_embed(width=3)
    assert speaks_token_vectors(ours)
    assert speaks_token_vectors(chain(ours, build_char_embed(width=3)))
    assert not speaks_token_vectors(chain(ours, Linear()))
    assert not speaks_token_vectors(Linear())
