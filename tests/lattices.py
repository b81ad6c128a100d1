"""Small lattices, and every tag sequence of them written out."""

import itertools
from functools import partial

import numpy as np
import torch

from spacy_lstm_ner.models.scores import Scores
from spacy_lstm_ner.nn.crf import lattice
from spacy_lstm_ner.nn.lstm import engine
from spacy_lstm_ner.nn.windows import make_windows
from spacy_lstm_ner.tags import TagScheme

SCHEME = TagScheme(["X"])  # O, B, I, L, U


def make_scores(lengths, *, scale=2.0, scheme=SCHEME, seed=0, inner=False):
    generator = torch.Generator().manual_seed(seed)
    emissions = torch.randn(sum(lengths), len(scheme), generator=generator) * scale
    transitions = torch.randn(len(scheme), 2 if inner else len(scheme), generator=generator) * scale
    return Scores(emissions, lengths, transitions)


def boundary_mask(lengths, scheme=SCHEME):
    """Tags allowed by where texts begin and end. shape: (tokens, tags)."""
    mask = np.ones((sum(lengths), len(scheme)), dtype=bool)
    ends = np.cumsum([n for n in lengths if n])
    mask[ends - 1] &= scheme.ends
    mask[ends - [n for n in lengths if n]] &= scheme.starts
    return mask


def is_legal(path, scheme=SCHEME):
    moves = all(scheme.legal[a, b] for a, b in itertools.pairwise(path))
    return moves and scheme.starts[path[0]] and scheme.ends[path[-1]]


def all_moves(transitions, scheme):
    """The score of every pair of tags, whichever form the transitions have."""
    if transitions.shape[1] == len(scheme):
        return transitions
    table = torch.zeros(len(scheme), len(scheme), dtype=transitions.dtype)
    for tag, name in enumerate(scheme.tags):
        if name[0] in "IL":
            for source, prefix in enumerate("BI"):
                table[scheme.tags.index(prefix + name[1:]), tag] = transitions[tag, source]
    return table


def score(scores, path):
    total = sum(float(scores.emissions[i, tag]) for i, tag in enumerate(path))
    return total + sum(float(scores.transitions[a, b]) for a, b in itertools.pairwise(path))


def legal_paths(length, scheme=SCHEME):
    return [p for p in itertools.product(range(len(scheme)), repeat=length) if is_legal(p, scheme)]


def distribution(lattice):
    """Every allowed tag sequence of each text of a lattice, and its probability."""
    mask = np.ones(lattice.emissions.shape, bool) if lattice.allowed is None else lattice.allowed
    moves = all_moves(lattice.transitions, lattice.scheme)
    end = 0
    for length in lattice.lengths:
        start, end = end, end + length
        alone = Scores(lattice.emissions[start:end], [length], moves)
        paths = [
            path
            for path in itertools.product(range(len(lattice.scheme)), repeat=length)
            if all(mask[start + i, tag] for i, tag in enumerate(path))
            and all(lattice.scheme.legal[a, b] for a, b in itertools.pairwise(path))
        ]
        values = torch.tensor([score(alone, path) for path in paths], dtype=torch.float64)
        yield paths, values


def cut_to(patch, **settings):
    """Cut texts into windows of another size than the usual one."""
    for module in (engine, lattice):
        patch.setattr(module, "make_windows", partial(make_windows, **settings))
