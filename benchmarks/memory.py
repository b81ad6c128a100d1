"""Most memory that predicting takes beyond the loaded pipeline, in a process of its own.

python benchmarks/memory.py PIPELINE TOKENS DOCUMENT_TOKENS

Streams TOKENS tokens in documents of DOCUMENT_TOKENS each, and prints MiB as JSON: the loaded
pipeline, and the peak less that. The words are 20,000 made-up ones, drawn as often as Zipf's law
says. A document itself takes about 200 bytes a token, which counts.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import spacy
from spacy.tokens import Doc


def resident() -> float:
    """The largest resident set so far, in MiB."""
    # Not getrusage: its value is that of the process which started this one, if that was larger.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def make_drawing(length: int) -> Callable[[], list[str]]:
    """A function that draws so many words: 20,000 made-up ones, as often as Zipf's law says."""
    random = np.random.default_rng(0)
    words = [f"w{i}" for i in range(20000)]
    share = 1 / np.arange(1, len(words) + 1)
    share /= share.sum()
    return lambda: [words[i] for i in random.choice(len(words), size=length, p=share)]


def main() -> None:
    path, tokens, length = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    nlp = spacy.load(path)
    nlp("Warm up .")
    draw = make_drawing(length)

    def documents():
        for _ in range(tokens // length):
            yield Doc(nlp.vocab, words=draw())

    before = resident()
    for _ in nlp.pipe(documents()):
        pass
    print(json.dumps({"loaded": round(before), "more": round(resident() - before)}))


if __name__ == "__main__":
    main()
