"""What is learned of sentences in ranked order, beside as many in random order.

python benchmarks/rank.py CONFIG TRAIN.spacy TEST.spacy OUT [--seeds 3] [--start 500] [--step 500]
    [--rounds 4] [--steps 400] [--pool 8000]

As an annotator would work: from a pool of sentences of TRAIN, `--start` are drawn at random and
trained on. Then, round by round, the pipeline ranks what is left of the pool as `lstm-ner rank`
does, the first `--step` sentences get their annotation, and training starts anew with all of them;
beside it, the next ones of a random order. F1 on TEST by the number of sentences, and of tokens,
which is what annotation takes time by. Every training has `--steps` steps. OUT gets rank.png and
one file for each training: a result that is there is not measured again. An hour and a half.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import matplotlib
import spacy
from machine import report
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training import Corpus
from tqdm import tqdm

from spacy_lstm_ner.cli.rank import order

matplotlib.use("Agg")  # no screen is needed
from matplotlib import pyplot

COLORS = {"ranked": "#2a78b5", "random": "#b9c3cc"}


def train(config: Path, docs: list[Doc], seed: int, steps: int) -> Language:
    """Train on sentences, for a number of steps."""
    with tempfile.TemporaryDirectory() as folder:
        # Evaluated once, at the end: which step is best does not matter here.
        for name, part in (("train", docs), ("dev", docs[:50])):
            DocBin(docs=part).to_disk(Path(folder) / f"{name}.spacy")
        command = [sys.executable, "-m", "spacy", "train", str(config), "--output", folder]
        command += [f"--paths.{name}={folder}/{name}.spacy" for name in ("train", "dev")]
        command += ["--paths.labels=null", f"--system.seed={seed}"]
        command += [f"--training.eval_frequency={steps}", f"--training.max_steps={steps}"]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
        return spacy.load(Path(folder) / "model-last")


def ranked(nlp: Language, pool: list[Doc], left: list[int], count: int) -> list[int]:
    """Numbers of the sentences to annotate next."""
    # Without their annotation, and with nothing of the vocabulary that they were read with.
    bare = {
        i: Doc(
            nlp.vocab,
            words=[token.text for token in pool[i]],
            spaces=[bool(token.whitespace_) for token in pool[i]],
        )
        for i in left
    }
    inputs = ((doc, {"text": doc.text, "number": i}) for i, doc in bare.items())
    found = order(nlp, nlp.get_pipe("lstm_ner"), inputs)
    return [text.record["number"] for text in found[:count]]


class Course:
    """Trainings of one seed, in both orders."""

    def __init__(self, arguments: argparse.Namespace, pool: list[Doc], seed: int) -> None:
        self.arguments, self.pool, self.seed = arguments, pool, seed
        self.shuffled = random.Random(seed).sample(range(len(pool)), len(pool))

    def run(self, name: str, bar: tqdm) -> list[dict[str, Any]]:
        """F1 after each round."""
        found = []
        start, step = self.arguments.start, self.arguments.step
        chosen = self.shuffled[:start]
        for number in range(self.arguments.rounds):
            kind = name if number else "start"  # both orders begin with the same sentences
            path = self.arguments.output / f"{kind}-{self.seed}-{len(chosen)}.json"
            if not path.exists():
                path.write_text(json.dumps(self.measure(chosen, kind)), encoding="utf-8")
            found.append(json.loads(path.read_text(encoding="utf-8")))
            bar.set_postfix_str(f"{kind} {self.seed} {len(chosen)}: {found[-1]['f1']:.2f}")
            bar.update()
            following = self.shuffled[len(chosen) : len(chosen) + step]
            chosen = chosen + (found[-1]["next"] if name == "ranked" else following)
        return found

    def measure(self, chosen: list[int], kind: str) -> dict[str, Any]:
        docs = [self.pool[i] for i in chosen]
        nlp = train(self.arguments.config, docs, self.seed, self.arguments.steps)
        left = sorted(set(range(len(self.pool))) - set(chosen))
        following = kind != "random" and ranked(nlp, self.pool, left, self.arguments.step)
        scores = nlp.evaluate(list(Corpus(self.arguments.test)(nlp)))
        return {
            "f1": round(100 * scores["ents_f"], 2),
            "sentences": len(docs),
            "tokens": sum(map(len, docs)),
            "entities": sum(len(doc.ents) for doc in docs),
            "next": following or [],
        }


def draw(rows: list[dict[str, Any]], path: Path) -> None:
    """Draw F1 by sentences and by tokens: the mean, and from the lowest to the highest seed."""
    figure, axes = pyplot.subplots(1, 2, figsize=(9, 3.6), sharey=True)
    for axis, (unit, size) in zip(axes, (("sentences", 1), ("tokens", 1000)), strict=True):
        for name, color in COLORS.items():
            of_name = [row for row in rows if row["order"] == name]
            x = [row[unit] / size for row in of_name]
            axis.plot(x, [row["mean"] for row in of_name], "o-", color=color, label=name)
            lowest, highest = ([row[key] for row in of_name] for key in ("least", "most"))
            axis.fill_between(x, lowest, highest, color=color, alpha=0.2, linewidth=0)
        axis.set_xlabel(f"{unit} annotated" if size == 1 else f"{unit} annotated, in thousands")
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("F1 on test (%)")
    axes[0].legend(frameon=False)
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("config", "train", "test", "output"):
        parser.add_argument(name, type=Path)
    for name, default in (("seeds", 3), ("start", 500), ("step", 500), ("rounds", 4)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--pool", type=int, default=8000)
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    docs = list(DocBin().from_disk(arguments.train).get_docs(spacy.blank("en").vocab))
    pool = random.Random(0).sample(docs, arguments.pool)
    found: dict[str, list[list[dict[str, Any]]]] = {name: [] for name in COLORS}
    with tqdm(total=arguments.seeds * len(COLORS) * arguments.rounds) as bar:
        for seed in range(arguments.seeds):
            course = Course(arguments, pool, seed)
            for name, of_seeds in found.items():
                of_seeds.append(course.run(name, bar))
    rows = [
        {
            "order": name,
            "sentences": of_round[0]["sentences"],
            "tokens": round(statistics.mean(result["tokens"] for result in of_round)),
            "entities": round(statistics.mean(result["entities"] for result in of_round)),
            "mean": round(statistics.mean(result["f1"] for result in of_round), 2),
            "least": min(result["f1"] for result in of_round),
            "most": max(result["f1"] for result in of_round),
        }
        for name, of_seeds in found.items()
        for of_round in zip(*of_seeds, strict=True)
    ]
    print("|" + "|".join(rows[0]) + "|\n|" + "---|" * len(rows[0]))
    for row in rows:
        print("|" + "|".join(map(str, row.values())) + "|")
    draw(rows, arguments.output / "rank.png")
    settings = {key: str(value) for key, value in vars(arguments).items()}
    report("rank", {"settings": settings, "rows": rows})


if __name__ == "__main__":
    main()
