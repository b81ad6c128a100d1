"""From the course's model to the default one, step by step: token accuracy and entity F1.

python benchmarks/lesson.py CORPUS OUT [--seeds 1] [--epochs 20] [--steps 1500]

CORPUS has train.spacy, dev.spacy and test.spacy. Two taggers without a network come first: nothing
is an entity, and every word has the tag that it has most often in training. Then each config of
LESSON is trained, which differs from the one before by what its name says, for `--epochs`; the last
for `--steps`. Accuracy is the share of tokens with the right tag, B- and I-
with the label or O; F1 is that of whole entities. OUT gets a file for each training; one that is
there is not done again.
"""

import argparse
import json
import statistics
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import spacy
from corpora import read
from machine import report
from spacy.language import Language
from spacy.scorer import Scorer
from spacy.tokens import Doc
from spacy.training import Example, biluo_tags_to_spans, iob_to_biluo
from tqdm import tqdm
from trainings import do, minutes_of, on_corpus

from spacy_lstm_ner.training.labelling import bare

DEFAULT = "configs/default.cfg"
LESSON = {
    "the course's model": "configs/course.cfg",
    "+ both directions": "configs/lesson/2_both_directions.cfg",
    "+ spelling": "configs/lesson/3_spelling.cfg",
    "+ locked dropout": "configs/lesson/4_dropout.cfg",
    "+ transitions": "configs/lesson/5_transitions.cfg",
    "+ averaging": "configs/lesson/6_averaging.cfg",
    "+ width, shape alone, longer steps: the default": DEFAULT,
}
OUTSIDE = "O"
BATCH = 64  # documents, as the configs say


def tags_of(doc: Doc) -> list[str]:
    """The tag of each token: B-, I- and the label, or O."""
    return [f"{t.ent_iob_}-{t.ent_type_}" if t.ent_type_ else OUTSIDE for t in doc]


def accuracy(gold: list[list[str]], found: list[list[str]]) -> float:
    pairs = [pair for docs in zip(gold, found, strict=True) for pair in zip(*docs, strict=True)]
    return sum(one == other for one, other in pairs) / len(pairs)


def without_network(docs: list[Doc], tag: Callable[[str], str]) -> dict[str, float]:
    """Scores of a tagger that looks at words by themselves."""
    found = [[tag(token.text) for token in doc] for doc in docs]
    guesses = [bare(doc, doc.vocab) for doc in docs]
    for guess, tags in zip(guesses, found, strict=True):
        guess.ents = biluo_tags_to_spans(guess, iob_to_biluo(tags))
    return scores_of(docs, guesses, found)


def most_frequent(docs: list[Doc]) -> Callable[[str], str]:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for doc in docs:
        for token, tag in zip(doc, tags_of(doc), strict=True):
            counts[token.text][tag] += 1
    best = {word: found.most_common(1)[0][0] for word, found in counts.items()}
    return lambda word: best.get(word, OUTSIDE)


def of_pipeline(nlp: Language, docs: list[Doc]) -> dict[str, float]:
    guesses = list(nlp.pipe(bare(doc, nlp.vocab) for doc in docs))
    return scores_of(docs, guesses, list(map(tags_of, guesses)))


def scores_of(docs: list[Doc], guesses: list[Doc], tags: list[list[str]]) -> dict[str, float]:
    """Scores of guessed entities, and of the tags that they come from."""
    scores = Scorer.score_spans(map(Example, guesses, docs), "ents")
    return {"accuracy": accuracy(list(map(tags_of, docs)), tags), "f1": scores["ents_f"]}


def overrides_of(config: str, arguments: argparse.Namespace) -> dict[str, int]:
    """How long to train by a config, and how often to evaluate meanwhile."""
    if config == DEFAULT:
        return {"training.max_steps": arguments.steps}
    documents = len(read(arguments.corpus / "train.spacy"))
    steps = arguments.epochs * -(-documents // BATCH)
    return {
        "training.max_epochs": arguments.epochs,
        "training.eval_frequency": max(1, steps // 10),
    }


def measure(name: str, arguments: argparse.Namespace, seed: int) -> dict[str, Any]:
    path = arguments.output / f"{Path(LESSON[name]).stem}-{seed}.json"
    if not path.exists():
        config, corpus = LESSON[name], arguments.corpus
        overrides = overrides_of(config, arguments)
        with tempfile.TemporaryDirectory() as folder:
            training = on_corpus(Path(config), corpus, Path(folder) / "out", seed, overrides)
            do([training])
            nlp, minutes = spacy.load(training.pipeline), minutes_of(training)
        scores = of_pipeline(nlp, read(corpus / "test.spacy"))
        path.write_text(json.dumps({**scores, "minutes": minutes}), encoding="utf-8")
    return json.loads(path.read_text(encoding="utf-8"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--steps", type=int, default=1500)
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    test = read(arguments.corpus / "test.spacy")
    frequent = most_frequent(read(arguments.corpus / "train.spacy"))
    found = {
        "nothing is an entity": [without_network(test, lambda _: OUTSIDE)],
        "each word's most frequent tag": [without_network(test, frequent)],
    }
    for name in tqdm(LESSON):
        found[name] = [measure(name, arguments, seed) for seed in range(arguments.seeds)]
    print("|step|token accuracy|entity F1|minutes|\n|---|---|---|---|")
    rows = {}
    for name, runs in found.items():
        mean = {key: round(statistics.mean(run[key] for run in runs), 4) for key in runs[0]}
        rows[name] = mean
        minutes = f"{mean['minutes']:.1f}" if "minutes" in mean else ""
        print(f"|{name}|{100 * mean['accuracy']:.1f}|{100 * mean['f1']:.1f}|{minutes}|")
    settings = {key: str(value) for key, value in vars(arguments).items()}
    report("lesson", {"settings": settings, "rows": rows})


if __name__ == "__main__":
    main()
