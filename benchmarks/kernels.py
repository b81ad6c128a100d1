"""Ways to run one bidirectional LSTM layer and to find best paths, by the number of sequences.

python benchmarks/kernels.py [--compile]

Microseconds per token, the fastest of many runs, one thread. Sequences are 22 tokens long on
average, inputs 260 wide and states 96 wide, as in configs/default.cfg; the words are drawn from
5,000 types by Zipf's law. `--compile` adds torch.compile, which needs a C++ compiler and minutes.
"""

import argparse
import os
import time
import warnings
from collections.abc import Callable
from functools import partial

os.environ["OMP_NUM_THREADS"] = "1"  # read when the libraries load

import numpy as np
import torch
from machine import report
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

from spacy_lstm_ner.nn.crf import viterbi as paths
from spacy_lstm_ner.nn.lstm.encoder import RecurrentEncoder
from spacy_lstm_ner.nn.lstm.engine import Engine
from spacy_lstm_ner.nn.lstm.grid import make_grids
from spacy_lstm_ner.nn.packing import packed_positions
from spacy_lstm_ner.nn.words import WordRows
from spacy_lstm_ner.tags import TagScheme

WIDTH, HIDDEN, TYPES = 260, 96, 5000
SEQUENCES = (1, 4, 16, 64, 256, 1000)


def microseconds(action: Callable[[], object], tokens: int, budget: float = 1.0) -> float:
    """The fastest of the runs that fit into a budget of seconds, per token."""
    action()
    best, end = float("inf"), time.perf_counter() + budget
    while time.perf_counter() < end:
        start = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - start)
    return round(1e6 * best / tokens, 2)


def lstm_kernels(lengths: list[int], *, compiled: bool) -> dict[str, float]:
    encoder = RecurrentEncoder(cell="lstm", n_in=WIDTH, n_hidden=HIDDEN).eval()
    half = RecurrentEncoder(cell="lstm", n_in=WIDTH, n_hidden=HIDDEN).eval().bfloat16()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch is about to move this function elsewhere
        int8 = torch.ao.quantization.quantize_dynamic(encoder, {nn.LSTM}, dtype=torch.qint8)
    share = 1 / np.arange(1, TYPES + 1)
    drawn = np.random.default_rng(0).choice(TYPES, size=sum(lengths), p=share / share.sum())
    rows, words = torch.from_numpy(drawn), torch.randn(TYPES, WIDTH)
    sequence = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths))
    engine, known = Engine(encoder), WordRows()
    known.add(range(TYPES), words)
    types, of_new = rows.unique(return_inverse=True)
    new = words[types]
    both = nn.LSTM(WIDTH, HIDDEN, bidirectional=True)

    def packed() -> object:
        padded = pad_sequence(words[rows].split(lengths))
        return both(pack_padded_sequence(padded, torch.tensor(lengths), enforce_sorted=False))

    def grids(module: nn.Module, x: torch.Tensor) -> object:
        return module(x, rows, make_grids(lengths), sequence)

    ways: dict[str, Callable[[], object]] = {
        "torch, packed": packed,
        "oneDNN, float32": lambda: grids(encoder, words),
        "oneDNN, bfloat16": lambda: grids(half, words.bfloat16()),
        "int8 weights": lambda: grids(int8, words),
        "step by step, words known": lambda: engine.predict(words, rows, lengths, words=known),
        "step by step, words new": lambda: engine.predict(new, of_new, lengths),
    }
    if compiled:
        fast = torch.compile(encoder, dynamic=True)
        ways["torch.compile"] = lambda: grids(fast, words)
    return {name: microseconds(way, sum(lengths)) for name, way in ways.items()}


def best_paths(lengths: list[int], labels: int) -> dict[str, float]:
    scheme = TagScheme([f"L{i}" for i in range(labels)])
    random = np.random.default_rng(0)
    emissions = random.normal(size=(sum(lengths), len(scheme))).astype(np.float32)
    sizes = packed_positions(np.array(lengths))[0].tolist()
    found = {}
    for name, few in (("all moves", sum(lengths)), ("legal blocks", 0)):
        paths.FEW_SEQUENCES = few
        find = partial(paths.viterbi, emissions, scheme.illegal_scores, sizes, scheme.blocks)
        found[name] = microseconds(find, len(emissions))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compile", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    random = np.random.default_rng(0)
    result: dict[str, dict[str, dict[str, float]]] = {"lstm": {}, "best_path_8_labels": {}}
    with torch.inference_mode():
        for n in SEQUENCES:
            lengths = [22] if n == 1 else random.integers(4, 41, n).tolist()
            result["lstm"][str(n)] = lstm_kernels(lengths, compiled=arguments.compile)
            result["best_path_8_labels"][str(n)] = best_paths(lengths, 8)
    report("kernels", result)


if __name__ == "__main__":
    main()
