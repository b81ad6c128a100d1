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
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import spacy
from machine import report
from spacy.language import Language
from spacy.scorer import Scorer
from spacy.tokens import Doc, DocBin
from spacy.training import Example, biluo_tags_to_spans, iob_to_biluo
from tqdm import tqdm

DEFAULT = "configs/default.cfg"
LESSON = {
    "the course's model": "configs/course.cfg",
    "+ both directions": "configs/lesson/2_both_directions.cfg",
    "+ spelling": "configs/lesson/3_spelling.cfg",
    "+ locked dropout": "configs/lesson/4_dropout.cfg",
    "+ transitions": "configs/lesson/5_transitions.cfg",
    "+ averaging": "configs/lesson/6_averaging.cfg",
    "+ width, a rate that falls: the default": DEFAULT,
}
OUTSIDE = "O"
BATCH = 64  # documents, as the configs say


def read(path: Path) -> list[Doc]:
    return list(DocBin().from_disk(path).get_docs(spacy.blank("en").vocab))


def tags_of(doc: Doc) -> list[str]:
    """The tag of each token: B-, I- and the label, or O."""
    return [f"{t.ent_iob_}-{t.ent_type_}" if t.ent_type_ else OUTSIDE for t in doc]


def accuracy(gold: list[list[str]], found: list[list[str]]) -> float:
    pairs = [pair for docs in zip(gold, found, strict=True) for pair in zip(*docs, strict=True)]
    return sum(one == other for one, other in pairs) / len(pairs)


def without_network(docs: list[Doc], tag: Callable[[str], str]) -> dict[str, float]:
    """Scores of a tagger that looks at words by themselves."""
    found = [[tag(token.text) for token in doc] for doc in docs]
    examples = []
    for doc, tags in zip(docs, found, strict=True):
        guess = Doc(doc.vocab, words=[token.text for token in doc])
        guess.ents = biluo_tags_to_spans(guess, iob_to_biluo(tags))
        examples.append(Example(guess, doc))
    scores = Scorer.score_spans(examples, "ents")
    return {"accuracy": accuracy(list(map(tags_of, docs)), found), "f1": scores["ents_f"]}


def most_frequent(docs: list[Doc]) -> Callable[[str], str]:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for doc in docs:
        for token, tag in zip(doc, tags_of(doc), strict=True):
            counts[token.text][tag] += 1
    best = {word: found.most_common(1)[0][0] for word, found in counts.items()}
    return lambda word: best.get(word, OUTSIDE)


def of_pipeline(nlp: Language, docs: list[Doc]) -> dict[str, float]:
    bare = [Doc(nlp.vocab, words=[token.text for token in doc]) for doc in docs]
    examples = [Example(guess, doc) for guess, doc in zip(nlp.pipe(bare), docs, strict=True)]
    found = [tags_of(eg.predicted) for eg in examples]
    scores = Scorer.score_spans(examples, "ents")
    return {"accuracy": accuracy(list(map(tags_of, docs)), found), "f1": scores["ents_f"]}


def train(config: str, seed: int, arguments: argparse.Namespace) -> tuple[Language, float]:
    """Train by a config; the best pipeline, and how many minutes it took."""
    corpus = arguments.corpus
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "spacy", "train", config, "--output", folder]
        command += [f"--paths.{part}={corpus / part}.spacy" for part in ("train", "dev")]
        command += ["--paths.labels=null", f"--system.seed={seed}"]
        if config == DEFAULT:
            command += [f"--training.optimizer.learn_rate.total_steps={arguments.steps}"]
        else:
            steps = arguments.epochs * -(-len(read(corpus / "train.spacy")) // BATCH)
            command += [f"--training.max_epochs={arguments.epochs}"]
            command += [f"--training.eval_frequency={max(1, steps // 10)}"]
        start = time.perf_counter()
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
        minutes = (time.perf_counter() - start) / 60
        return spacy.load(Path(folder) / "model-best"), minutes


def measure(name: str, arguments: argparse.Namespace, seed: int) -> dict[str, Any]:
    path = arguments.output / f"{Path(LESSON[name]).stem}-{seed}.json"
    if not path.exists():
        nlp, minutes = train(LESSON[name], seed, arguments)
        scores = of_pipeline(nlp, read(arguments.corpus / "test.spacy"))
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
