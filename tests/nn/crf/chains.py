"""Chains of tags with scores at random, and every sequence of them written out."""

import itertools
import math

import numpy as np
import pytest
import torch

from spacy_lstm_ner.nn.crf.forward_backward import mask_scores
from spacy_lstm_ner.nn.crf.viterbi import viterbi
from spacy_lstm_ner.tags import find_blocks

LENGTHS = [3, 1, 4, 2]
TAGS = 3


def make_scores(*, allowed_share: float = 1.0, illegal: bool = False):
    generator = torch.Generator().manual_seed(1)
    emissions = torch.randn(sum(LENGTHS), TAGS, dtype=torch.float64, generator=generator) * 2
    transitions = torch.randn(TAGS, TAGS, dtype=torch.float64, generator=generator) * 2
    if illegal:
        transitions[0, 1] = transitions[2, 2] = -math.inf
    allowed = torch.rand(emissions.shape, generator=generator) < allowed_share
    allowed[torch.arange(len(allowed)), torch.randint(TAGS, (len(allowed),))] = True
    return mask_scores(emissions, allowed), transitions


def enumerate_paths(emissions, transitions):
    """Every tag sequence of every text, with its score."""
    for rows in emissions.split(LENGTHS):
        paths = list(itertools.product(range(TAGS), repeat=len(rows)))
        scores = [
            sum(float(rows[i, tag]) for i, tag in enumerate(path))
            + sum(float(transitions[a, b]) for a, b in itertools.pairwise(path))
            for path in paths
        ]
        yield paths, torch.tensor(scores, dtype=torch.float64)


def best_path(emissions, transitions, packing):
    packed, moves = packing.pack(emissions).numpy(), transitions.numpy()
    found = viterbi(packed, moves, packing.batch_sizes, find_blocks(np.isfinite(moves)))
    return packing.unpack(torch.from_numpy(found)).tolist()


CASES = pytest.mark.parametrize(
    ("allowed_share", "illegal"), [(1.0, False), (1.0, True), (0.6, False), (0.8, True)]
)
