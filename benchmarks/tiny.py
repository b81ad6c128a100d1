"""What is learned of a few sentences with spaCy's default optimizer, beside spaCy's `ner`.

python benchmarks/tiny.py [--corpus corpus/train.spacy] [--sizes 5,12,50,200]
    [--rates 0.0005,0.001,0.005] [--seeds 10]
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


def sentences(nlp: spacy.Language, corpus: str) -> list[Doc]:
    """The sentences of a corpus that have entities; whole documents where no sentences are set."""
    docs = DocBin().from_disk(corpus).get_docs(nlp.vocab)
    spans = (span for doc in docs for span in (doc.sents if _has_sents(doc) else [doc[:]]))
    return [part for part in (span.as_doc() for span in spans) if part.ents]


def _has_sents(doc: Doc) -> bool:
    return doc.has_annotation("SENT_START")


def learned(corpus: str, factory: str, size: int, rate: float, seed: int) -> float:
    """F1 on `size` sentences after training on them."""
    fix_random_seed(seed)
    nlp = spacy.blank("en")
    nlp.add_pipe(factory)
    chosen = random.Random(seed).sample(sentences(nlp, corpus), size)
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
    parser.add_argument("--corpus", default="corpus/train.spacy")
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
    result: dict[str, Any] = {"corpus": arguments.corpus, "seeds": arguments.seeds}
    for size, rate, factory in tqdm(cases):
        scores = [
            learned(arguments.corpus, factory, size, rate, seed) for seed in range(arguments.seeds)
        ]
        result[f"{factory}, {size} sentences, rate {rate:g}"] = {
            "mean": round(statistics.mean(scores), 1),
            "least": round(min(scores), 1),
        }
    report("tiny", result)


if __name__ == "__main__":
    main()
