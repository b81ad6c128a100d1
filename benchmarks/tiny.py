"""What is learned of a few sentences with spaCy's default optimizer, beside spaCy's `ner`.

python benchmarks/tiny.py [--sizes 5,12,50,200] [--rates 0.0005,0.001,0.005] [--seeds 10]
(after `spacy project run corpus`)

The loop of most tutorials: thirty rounds of batches of four sentences, dropout 0.35, and Adam at a
constant rate. F1 on the very sentences that were trained on: whether anything was learned at all.
"""

import argparse
import random
import statistics
from typing import Any

import spacy
from machine import report
from spacy.tokens import Doc, DocBin
from spacy.training import Example
from spacy.util import fix_random_seed, minibatch
from tqdm import tqdm

ROUNDS, BATCH, DROPOUT = 30, 4, 0.35


def sentences(nlp: spacy.Language) -> list[Doc]:
    """The sentences of the training split that have entities."""
    docs = DocBin().from_disk("corpus/train.spacy").get_docs(nlp.vocab)
    parts = (sentence.as_doc() for doc in docs for sentence in doc.sents)
    return [part for part in parts if part.ents]


def learned(factory: str, size: int, rate: float, seed: int) -> float:
    """F1 on `size` sentences after training on them."""
    fix_random_seed(seed)
    nlp = spacy.blank("en")
    nlp.add_pipe(factory)
    chosen = random.Random(seed).sample(sentences(nlp), size)
    examples = [Example(Doc(nlp.vocab, words=[t.text for t in doc]), doc) for doc in chosen]
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = rate
    for _ in range(ROUNDS):
        random.shuffle(examples)
        for batch in minibatch(examples, BATCH):
            nlp.update(batch, sgd=optimizer, drop=DROPOUT)
    return 100 * float(nlp.evaluate(examples)["ents_f"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="5,12,50,200")
    parser.add_argument("--rates", default="0.0005,0.001,0.005")
    parser.add_argument("--seeds", type=int, default=10)
    arguments = parser.parse_args()
    cases = [
        (int(size), float(rate), factory)
        for size in arguments.sizes.split(",")
        for rate in arguments.rates.split(",")
        for factory in ("lstm_ner", "ner")
    ]
    result: dict[str, Any] = {"seeds": arguments.seeds}
    for size, rate, factory in tqdm(cases):
        scores = [learned(factory, size, rate, seed) for seed in range(arguments.seeds)]
        result[f"{factory}, {size} sentences, rate {rate:g}"] = {
            "mean": round(statistics.mean(scores), 1),
            "least": round(min(scores), 1),
        }
    report("tiny", result)


if __name__ == "__main__":
    main()
