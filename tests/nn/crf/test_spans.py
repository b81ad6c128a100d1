"""Probabilities of entities in a chain that is written out by hand.

Against enumeration they are tested in test_lattice.
"""

import numpy as np
import pytest
import torch

from spacy_lstm_ner.nn.crf.moves import FullMoves
from spacy_lstm_ner.nn.crf.spans import TagChain
from spacy_lstm_ner.tags import Spans, TagScheme


def make_chain(first, steps, scheme):
    """A chain of one text: the first tag's probabilities, and each next tag's given the last."""
    marginals = [np.array(first)]
    for step in steps:
        marginals.append(marginals[-1] @ np.array(step))
    # With what comes after of one, so that a move is the step itself.
    n = len(scheme)
    moves = FullMoves(torch.tensor(steps[0], dtype=torch.float64).log())
    assert all(np.allclose(step, steps[0]) for step in steps)
    return TagChain(
        marginals=np.array(marginals),
        betas=np.ones((len(marginals), n)),
        following=np.full((len(marginals), n), float(moves.log_factor.exp())),
        in_logs=np.zeros(len(marginals), dtype=bool),
        rows=np.arange(len(marginals)),
        moves=moves,
        ends=np.array([len(marginals)]),
        scheme=scheme,
    )


BIO = TagScheme(["X"], scheme="bio")  # O, B, I
STEP = [[0.8, 0.2, 0.0], [0.5, 0.1, 0.4], [0.7, 0.0, 0.3]]


def spans(*rows):
    return Spans(*np.array(rows, dtype=np.int64).reshape(-1, 3).T)


def test_a_span_is_its_first_tag_each_next_one_and_the_end():
    chain = make_chain([0.6, 0.4, 0.0], [STEP, STEP], BIO)
    found = chain.span_marginals(spans((0, 1, 0), (0, 2, 0), (0, 3, 0), (2, 3, 0)))
    last_begins = chain.marginals[2, 1]
    assert found == pytest.approx([0.4 * 0.6, 0.4 * 0.4 * 0.7, 0.4 * 0.4 * 0.3, last_begins])


def test_no_spans_have_no_probabilities():
    chain = make_chain([0.6, 0.4, 0.0], [STEP], BIO)
    assert chain.span_marginals(spans()).shape == (0,)


def test_likely_spans_are_in_order_and_all_there():
    chain = make_chain([0.6, 0.4, 0.0], [STEP, STEP], BIO)
    found, chances = chain.likely_spans(0.1)
    rows = list(zip(*map(np.ndarray.tolist, found), strict=True))
    every = [(s, e, 0) for s in range(3) for e in range(s + 1, 4)]
    expected = [row for row in every if chain.span_marginals(spans(row))[0] >= 0.1]
    assert rows == expected
    assert chances == pytest.approx(chain.span_marginals(spans(*expected)))


def test_a_scheme_without_labels_has_no_spans():
    scheme = TagScheme([])
    chain = make_chain([1.0], [[[1.0]]], scheme)
    found, chances = chain.likely_spans(0.5)
    assert len(found.start) == len(chances) == 0
