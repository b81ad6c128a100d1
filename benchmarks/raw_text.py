"""What raw text is worth without a teacher: `spacy pretrain`, and vectors of floret.

python benchmarks/raw_text.py CORPUS WHOLE OUT [--seeds 3] [--split dev] [--epochs 10]
    (floret: pip install floret)

CORPUS has train.spacy, dev.spacy and test.spacy. WHOLE is a .spacy file whose documents are the raw
text; those of CORPUS's training text may be among them, since their annotation is not read.
`benchmarks/corpora.py` makes a tenth of the Groningen Meaning Bank, `gmb10`, and `gmb`, whose train
is that tenth and the rest.

Trained are the default config; the same after `spacy pretrain` of `configs/pretrain.cfg` for so
many epochs; and the same with vectors that floret learned. OUT keeps the pipelines; what is there
is not made again.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import spacy
import torch
from corpora import read
from machine import report
from spacy.scorer import Scorer
from spacy.training import Example
from tqdm import tqdm
from trainings import train

from spacy_lstm_ner.training.labelling import bare

# Of floret: subwords of so many characters, in rows of so many numbers, of which each has two.
VECTORS = {"dim": 64, "minn": 3, "maxn": 5, "bucket": 20_000, "hashCount": 2, "epoch": 10}


def run(*arguments: str | Path) -> None:
    """A command of spaCy's, on one core.

    RAISES (RuntimeError): It failed, with the end of what it said.
    """
    command = [sys.executable, "-m", "spacy", *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise RuntimeError(f"{command}: {(done.stdout + done.stderr)[-2000:]}")


def write_texts(whole: Path, output: Path) -> None:
    """Write documents as texts that `spacy pretrain` reads, and as lines of words for floret."""
    texts = [[token.text for token in doc] for doc in read(whole)]
    lines = "".join(json.dumps({"text": " ".join(words)}) + "\n" for words in texts)
    (output / "raw.jsonl").write_text(lines, encoding="utf-8")
    words = "".join(" ".join(words) + "\n" for words in texts)
    (output / "raw.txt").write_text(words, encoding="utf-8")


def pretrain(output: Path, epochs: int) -> None:
    folder = output / "pretrained"
    options = [f"--paths.raw_text={output / 'raw.jsonl'}", f"--pretraining.max_epochs={epochs}"]
    run("pretrain", "configs/pretrain.cfg", folder, *options)


def learn_vectors(output: Path) -> None:
    import floret

    model = floret.train_unsupervised(
        str(output / "raw.txt"), model="cbow", mode="floret", thread=1, verbose=0, **VECTORS
    )
    model.save_floret_vectors(str(output / "vectors.floret"))
    run("init", "vectors", "en", output / "vectors.floret", output / "vectors", "--mode", "floret")


def once(path: Path, make: Callable[[], None]) -> float:
    """Make something if it is not there yet; the minutes that it took."""
    minutes = path.with_name(f"{path.name}.minutes")
    if not minutes.exists():
        start = time.perf_counter()
        make()
        minutes.write_text(str((time.perf_counter() - start) / 60), encoding="utf-8")
    return float(minutes.read_text(encoding="utf-8"))


def f1(pipeline: Path, test: Path) -> float:
    nlp = spacy.load(pipeline)
    gold = read(test)
    found = nlp.pipe(bare(doc, nlp.vocab) for doc in gold)
    return 100 * float(Scorer.score_spans(map(Example, found, gold), "ents")["ents_f"])


def measure(
    name: str, config: str, options: Sequence[str], arguments: argparse.Namespace
) -> list[float]:
    """F1 over the seeds."""
    found = []
    for seed in range(arguments.seeds):
        folder = arguments.output / f"{name}-{seed}"

        def fit(folder: Path = folder, seed: int = seed) -> None:
            train(Path(config), arguments.corpus, folder, seed=seed, options=options)

        once(folder, fit)
        found.append(f1(folder / "model-best", arguments.corpus / f"{arguments.split}.spacy"))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("whole", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--split", default="dev")
    parser.add_argument("--epochs", type=int, default=10)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    output = arguments.output
    output.mkdir(parents=True, exist_ok=True)
    write_texts(arguments.whole, output)
    made = {
        "default": 0.0,
        "floret": once(output / "vectors", lambda: learn_vectors(output)),
        "pretrain": once(output / "pretrained", lambda: pretrain(output, arguments.epochs)),
    }
    weights = output / "pretrained" / "model-last.bin"
    ways = {
        "default": ("configs/default.cfg", []),
        "floret": ("configs/vectors.cfg", [f"--paths.vectors={output / 'vectors'}"]),
        "pretrain": ("configs/pretrain.cfg", [f"--paths.init_tok2vec={weights}"]),
    }
    rows = {}
    print("|raw text|F1|deviation|minutes before training|\n|---|---|---|---|")
    for name, (config, options) in tqdm(ways.items()):
        scores = measure(name, config, options, arguments)
        deviation = statistics.stdev(scores) if len(scores) > 1 else 0.0
        rows[name] = {"f1": scores, "minutes": made[name]}
        cells = [f"{statistics.mean(scores):.1f}", f"{deviation:.1f}", f"{made[name]:.1f}"]
        print("|" + "|".join([name, *cells]) + "|", flush=True)
    settings = {key: str(value) for key, value in vars(arguments).items()}
    report("raw_text", {"settings": settings, "vectors": VECTORS, "rows": rows})


if __name__ == "__main__":
    main()
