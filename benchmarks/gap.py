"""The gap task: what a network must have kept of a word that it read so many tokens ago.

python benchmarks/gap.py OUT [--seeds 3] [--rates 0.001 0.003] [--steps 800] [--only lstm rnn]

"Mount Selby" is a place, "Mrs Selby" a person, "Studio Selby" an organisation; then other words
follow, and 5 to 200 tokens on, "Selby" comes again alone. Which of the three it is, nothing else
says. Every name has every title, so that a guess is right in one case of three. Each kind of cell
is trained from left to right on gaps of 1 to 200 tokens, drawn evenly on a log scale, at each of
--rates, and tested on 100 documents for each of GAPS: how often the second name is an entity of the
right label. In the table, the mean of the seeds and (the least).

OUT gets gap.png, scores.json for each training, the pipelines, and test.spacy, for `inspect
gradients` to look at. A training that is there is not done again. Clipping is looked at in
clipping.png: the largest gradient at each step of a training with and without. An hour.
"""

import argparse
import json
import random
import statistics
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, TypeAlias

import matplotlib
import spacy
import torch
from machine import report
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example
from spacy.util import load_config
from spacy.vocab import Vocab
from thinc.api import fix_random_seed
from tqdm import tqdm

from spacy_lstm_ner.instruments.drawing import COLORS
from spacy_lstm_ner.instruments.encoders import find_encoder
from spacy_lstm_ner.nn.lstm.encoder import RecurrentEncoder

matplotlib.use("Agg")  # no screen is needed
from matplotlib import pyplot

TITLES = {
    "PER": ("Mr", "Mrs", "Dr", "Professor"),
    "GEO": ("Lake", "Mount", "Port", "Cape"),
    "ORG": ("Bank", "Club", "Institute", "Studio"),
}
NAMES = (
    "Arlen", "Bexley", "Corvin", "Dalby", "Esmond", "Farrow", "Galen", "Hollis", "Ivar", "Jarvis",
    "Kelso", "Lorne", "Maddox", "Norwood", "Orrin", "Perrin", "Quill", "Rowan", "Selby", "Tarrant",
)  # fmt: skip
OTHERS = (
    "the", "rain", "fell", "all", "night", "and", "then", "it", "was", "quiet", "again", "while",
    "people", "waited", "for", "news", "of", "what", "had", "been", "said", "there",
)  # fmt: skip
GAPS = (5, 10, 20, 50, 100, 200)
# What the encoder of the course's config is changed to.
CELLS: dict[str, dict[str, Any]] = {
    "rnn": {"cell": "rnn"},
    "rnn, clipped at 25": {"cell": "rnn", "clip_value": 25.0},
    "rnn with skip": {"cell": "rnn", "skip": True},
    "irnn": {"cell": "irnn", "clip_norm": 1.0},
    "irnn, not clipped": {"cell": "irnn"},
    "gru": {"cell": "gru"},
    "lstm": {"cell": "lstm"},
    "lstm, forget bias 0": {"cell": "lstm", "forget_bias": 0.0},
}
HIDDEN, BATCH = 64, 64

# What was measured of a kind of cell at a rate, of each seed.
Found: TypeAlias = dict[tuple[str, float], list[dict[str, Any]]]


def make_doc(choose: random.Random, gap: int, vocab: Vocab) -> Doc:
    """A document with a name after its title, and the name again `gap` tokens on."""
    label, name = choose.choice(list(TITLES)), choose.choice(NAMES)
    words = [*choose.choices(OTHERS, k=choose.randint(0, 3)), choose.choice(TITLES[label]), name]
    words += [*choose.choices(OTHERS, k=gap - 1), name, *choose.choices(OTHERS, k=2)]
    doc = Doc(vocab, words=words)
    doc.ents = [Span(doc, i, i + 1, label) for i, word in enumerate(words) if word == name]
    return doc


def as_example(doc: Doc) -> Example:
    return Example(Doc(doc.vocab, words=[token.text for token in doc]), doc)


def batches(choose: random.Random, vocab: Vocab) -> Iterator[list[Example]]:
    while True:
        gaps = [round(GAPS[-1] ** choose.random()) for _ in range(BATCH)]
        yield [as_example(make_doc(choose, gap, vocab)) for gap in gaps]


def make_pipeline(encoder: dict[str, Any]) -> Language:
    config = load_config("configs/course.cfg")["components"]["lstm_ner"]["model"]
    config["tok2vec"]["encode"].update({"hidden_width": HIDDEN, **encoder})
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner", config={"model": config})
    return nlp


class LargestGradients:
    """Takes down the largest gradient of an encoder at every step, before it is clipped."""

    def __init__(self, encoder: RecurrentEncoder) -> None:
        self.found: list[float] = []
        self._encoder, self._clip = encoder, encoder.clip_gradients
        encoder.clip_gradients = self  # type: ignore[method-assign]

    def __call__(self) -> None:
        gradients = [weights.grad for weights in self._encoder.parameters()]
        self.found.append(max(float(g.abs().max()) for g in gradients if g is not None))
        self._clip()

    def stop(self) -> None:
        del self._encoder.clip_gradients


def train(nlp: Language, rate: float, seed: int, steps: int, bar: tqdm) -> list[float]:
    """Train a pipeline; the largest gradient of each step."""
    fix_random_seed(seed)
    examples = batches(random.Random(seed), nlp.vocab)
    sample = [example for _ in range(5) for example in next(examples)]
    optimizer = nlp.initialize(lambda: sample)
    optimizer.grad_clip = 0.0  # only what the encoder clips itself
    gradients = LargestGradients(find_encoder(nlp).module)
    for step in range(1, steps + 1):
        optimizer.learn_rate = rate * min(1.0, 4 * (1 - step / (steps + 1)))  # less at the end
        nlp.update(next(examples), sgd=optimizer)
        bar.update()
    gradients.stop()
    return gradients.found


def test_docs(vocab: Vocab) -> dict[int, list[Doc]]:
    choose = random.Random("test")
    return {gap: [make_doc(choose, gap, vocab) for _ in range(100)] for gap in GAPS}


def accuracy(nlp: Language, docs: list[Doc]) -> float:
    """How often the second name is an entity of the right label."""
    right = 0
    for doc, gold in zip(nlp.pipe(as_example(doc).predicted for doc in docs), docs, strict=True):
        second = gold.ents[-1]
        right += any(
            (ent.start, ent.end, ent.label) == (second.start, second.end, second.label)
            for ent in doc.ents
        )
    return right / len(docs)


def folder_of(name: str, rate: float, seed: int) -> str:
    return f"{name.replace(',', '').replace(' ', '-')}-{rate}-{seed}"


def measure(
    name: str, rate: float, seed: int, steps: int, output: Path, bar: tqdm
) -> dict[str, Any]:
    folder = output / folder_of(name, rate, seed)
    path = folder / "scores.json"
    if path.exists():
        bar.update(steps)
    else:
        nlp = make_pipeline(CELLS[name])
        largest = train(nlp, rate, seed, steps, bar)
        scores = {gap: accuracy(nlp, docs) for gap, docs in test_docs(nlp.vocab).items()}
        nlp.to_disk(folder)
        path.write_text(json.dumps({"accuracy": scores, "largest": largest}), encoding="utf-8")
    return json.loads(path.read_text(encoding="utf-8"))


def draw_accuracy(found: Found, path: Path) -> None:
    """A panel for each rate, in it a curve for each cell: the mean, and all seeds around it."""
    rates = list(dict.fromkeys(rate for _, rate in found))
    figure, all_axes = pyplot.subplots(
        1, len(rates), figsize=(2 + 4.5 * len(rates), 4), sharey=True, squeeze=False
    )
    for axis, rate in zip(all_axes[0], rates, strict=True):
        for (name, of_rate), runs in found.items():
            if of_rate == rate:
                draw_cell(axis, name, runs)
        axis.axhline(100 / len(TITLES), color="#8a949c", linewidth=1, linestyle=":")
        axis.text(GAPS[0], 100 / len(TITLES) + 1, "a guess", color="#8a949c", fontsize=8)
        axis.set_xscale("log")
        axis.set_xticks(GAPS, [str(gap) for gap in GAPS])
        axis.minorticks_off()
        axis.set(xlabel="tokens since the name had its title", ylim=(-2, 102))
        axis.set_title(f"learn rate {rate}", fontsize=10)
        axis.spines[["top", "right"]].set_visible(False)
    all_axes[0][0].set_ylabel("right label (%)")
    all_axes[0][-1].legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def draw_cell(axis: pyplot.Axes, name: str, runs: list[dict[str, Any]]) -> None:
    of_gaps = [[100 * run["accuracy"][str(gap)] for run in runs] for gap in GAPS]
    color = COLORS[list(CELLS).index(name)]
    axis.plot(GAPS, [statistics.mean(of_gap) for of_gap in of_gaps], "o-", color=color, label=name)
    low, high = [min(of_gap) for of_gap in of_gaps], [max(of_gap) for of_gap in of_gaps]
    axis.fill_between(GAPS, low, high, color=color, alpha=0.12, linewidth=0)


def draw_clipping(found: Found, path: Path) -> None:
    """The largest gradient at each step of a training, with clipping and without."""
    figure, axis = pyplot.subplots(figsize=(7, 3.2))
    for name, color in (("irnn, not clipped", COLORS[1]), ("irnn", COLORS[0])):
        rate, runs = next(
            ((rate, runs) for (key, rate), runs in found.items() if key == name), (0, [])
        )
        for run in runs[:1]:
            told = "clipped to a norm of 1" if name == "irnn" else "not clipped"
            label = (
                f"{told}: {100 * run['accuracy'][str(GAPS[-1])]:.0f} % right at {GAPS[-1]} tokens"
            )
            axis.plot(run["largest"], color=color, linewidth=0.8, label=label)
            axis.set_title(f"irnn, learn rate {rate}, seed 0", fontsize=10)
    axis.set(yscale="log", xlabel="step of training", ylabel="largest gradient")
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rates", type=float, nargs="+", default=[0.001, 0.003])
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--only", nargs="+", choices=CELLS, default=list(CELLS))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.output.mkdir(parents=True, exist_ok=True)
    docs = [doc for of_gap in test_docs(Vocab()).values() for doc in of_gap[:10]]
    DocBin(docs=docs).to_disk(arguments.output / "test.spacy")
    runs = list(product(arguments.rates, range(arguments.seeds), arguments.only))
    found: Found = {(name, rate): [] for rate, _, name in runs}
    with tqdm(total=len(runs) * arguments.steps, unit="step") as bar:
        for rate, seed, name in runs:
            bar.set_description(f"{name}, rate {rate}, seed {seed}")
            run = measure(name, rate, seed, arguments.steps, arguments.output, bar)
            found[name, rate].append(run)
    draw_accuracy(found, arguments.output / "gap.png")
    draw_clipping(found, arguments.output / "clipping.png")
    print("|cell|rate|" + "|".join(map(str, GAPS)) + "|largest gradient|\n" + "|---" * 9 + "|")
    rows = []
    for (name, rate), of_seeds in found.items():
        percent = {
            gap: [round(100 * run["accuracy"][str(gap)]) for run in of_seeds] for gap in GAPS
        }
        largest = max(max(run["largest"]) for run in of_seeds)
        rows.append({"cell": name, "rate": rate, "right": percent, "largest gradient": largest})
        shown = [f"{statistics.mean(of_gap):.0f} ({min(of_gap)})" for of_gap in percent.values()]
        print(f"|{name}|{rate}|" + "|".join(shown) + f"|{largest:.2g}|")
    report("gap", {"steps": arguments.steps, "seeds": arguments.seeds, "rows": rows})


if __name__ == "__main__":
    main()
