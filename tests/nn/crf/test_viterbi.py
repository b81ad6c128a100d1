"""The best paths against every sequence written out."""

import itertools

import numpy as np
import pytest

from spacy_lstm_ner.nn.crf import viterbi as viterbi_module
from spacy_lstm_ner.nn.crf.ways import FullWays
from spacy_lstm_ner.nn.packing import pack_lengths
from spacy_lstm_ner.tags import find_blocks

from .chains import CASES, LENGTHS, best_path, enumerate_paths, make_scores


@CASES
@pytest.mark.parametrize("few", [0, 99])
@pytest.mark.parametrize("together", [1, 99999])
def test_viterbi_equals_enumeration(allowed_share, illegal, few, together, monkeypatch):
    monkeypatch.setattr(viterbi_module, "FEW_SEQUENCES", few)
    monkeypatch.setattr(viterbi_module, "MOVES", together)
    emissions, transitions = make_scores(allowed_share=allowed_share, illegal=illegal)
    packing = pack_lengths(LENGTHS)
    found = best_path(emissions, transitions, packing)
    best = [paths[int(s.argmax())] for paths, s in enumerate_paths(emissions, transitions)]
    assert found == list(itertools.chain(*best))


@CASES
def test_viterbi_of_one_sequence_equals_enumeration(allowed_share, illegal):
    emissions, transitions = make_scores(allowed_share=allowed_share, illegal=illegal)
    paths = [paths[int(s.argmax())] for paths, s in enumerate_paths(emissions, transitions)]
    for scores, expected in zip(emissions.split(LENGTHS), paths, strict=True):
        assert best_path(scores, transitions, pack_lengths([len(scores)])) == list(expected)


@CASES
def test_best_paths_come_in_document_order(allowed_share, illegal):
    emissions, transitions = make_scores(allowed_share=allowed_share, illegal=illegal)
    moves = transitions.numpy()
    found = FullWays(moves, find_blocks(np.isfinite(moves))).best_paths(emissions.numpy(), LENGTHS)
    assert found.tolist() == best_path(emissions, transitions, pack_lengths(LENGTHS))


@CASES
@pytest.mark.parametrize("k", [1, 2, 7, 200])
def test_the_k_best_paths_equal_enumeration(allowed_share, illegal, k):
    emissions, transitions = make_scores(allowed_share=allowed_share, illegal=illegal)
    paths_of_texts = enumerate_paths(emissions, transitions)
    for rows, (paths, scores) in zip(emissions.split(LENGTHS), paths_of_texts, strict=True):
        found = FullWays(transitions.numpy(), []).best_k_paths(rows.numpy(), k)
        order = [i for i in scores.argsort(descending=True).tolist() if scores[i].isfinite()]
        assert [tuple(tags.tolist()) for tags, _ in found] == [paths[i] for i in order[:k]]
        expected = [float(scores[i]) for i in order[:k]]
        assert [score for _, score in found] == pytest.approx(expected)
