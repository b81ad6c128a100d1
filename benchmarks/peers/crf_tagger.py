"""sklearn-crfsuite, a linear CRF over the usual features of words.

python benchmarks/peers/crf_tagger.py train DATA OUT [--iterations 100]  (DATA: folder of .iob2)
python benchmarks/peers/crf_tagger.py time OUT TEST [--repeats 3]        (TEST: an .iob2 file)

Each prints one line of JSON to stdout. The clock of `time` runs over the features too: they are a
part of the tagger. In an environment made of requirements-crf.txt.
"""

import argparse
import time
from typing import Any

import peer

REGULARISATION = {"c1": 0.1, "c2": 0.01}
MIN_FREQUENCY = 2  # of a feature


def describe(word: str) -> list[str]:
    """What is seen of a word from its own place."""
    lower = word.lower()
    return [
        f"w={word}",
        f"l={lower}",
        f"p2={lower[:2]}",
        f"p3={lower[:3]}",
        f"s2={lower[-2:]}",
        f"s3={lower[-3:]}",
        f"s4={lower[-4:]}",
        f"k={kind(word)}",
    ]


def kind(word: str) -> str:
    if word.isupper():
        return "upper"
    if word.istitle():
        return "title"
    if word.isdigit():
        return "digit"
    return "mixed" if word[:1].isupper() else "-" if word.isalpha() else "other"


def features(words: list[str]) -> list[list[str]]:
    """Of each word: its own, the forms and kinds of two on each side, and the pairs of forms."""
    lower = ["<<", "<", *[word.lower() for word in words], ">", ">>"]
    kinds = ["<", "<", *[kind(word) for word in words], ">", ">"]
    return [
        [
            *describe(word),
            f"-2={lower[i]}",
            f"-1={lower[i + 1]}",
            f"+1={lower[i + 3]}",
            f"+2={lower[i + 4]}",
            f"-1k={kinds[i + 1]}",
            f"+1k={kinds[i + 3]}",
            f"-1,0={lower[i + 1]}|{lower[i + 2]}",
            f"0,+1={lower[i + 2]}|{lower[i + 3]}",
            f"-1k,0k,+1k={kinds[i + 1]}|{kinds[i + 2]}|{kinds[i + 3]}",
        ]
        for i, word in enumerate(words)
    ]


def train(arguments: argparse.Namespace) -> dict[str, Any]:
    from sklearn_crfsuite import CRF

    data = peer.read_iob2(arguments.data / "train.iob2", arguments.sentences)
    arguments.out.mkdir(parents=True, exist_ok=True)
    start = time.process_time()
    CRF(
        **REGULARISATION,
        min_freq=MIN_FREQUENCY,
        max_iterations=arguments.iterations,
        model_filename=str(arguments.out / "model.crfsuite"),
    ).fit((features(words) for words, _ in data), [tags for _, tags in data])
    settings = {
        "minutes": round((time.process_time() - start) / 60, 1),
        "iterations": arguments.iterations,
        "sentences": len(data),
        "min_frequency": MIN_FREQUENCY,
        **REGULARISATION,
    }
    peer.save_settings(arguments.out, settings)
    return settings


def clock(arguments: argparse.Namespace) -> dict[str, Any]:
    from sklearn_crfsuite import CRF

    tagger = CRF(model_filename=str(arguments.model / "model.crfsuite"))

    def predict(texts: list[list[str]], _: int) -> list[list[peer.Span]]:
        return [peer.spans(tagger.predict_single(features(words))) for words in texts]

    packages = ("sklearn-crfsuite", "python-crfsuite")
    return peer.report(packages, lambda texts: texts, predict, arguments)


if __name__ == "__main__":
    parser, train_parser = peer.make_parser(__doc__, sizes=[1])
    train_parser.add_argument("--iterations", type=int, default=100)
    peer.main(parser, train, clock)
