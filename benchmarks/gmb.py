"""F1 on the Groningen Meaning Bank, with eight labels and with five.

python benchmarks/gmb.py DATA [--seeds 1]   (DATA: ner_dataset.csv or the zip)

Trains `configs/default.cfg` as it is, on the published split, and scores the test split once.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import srsly
from machine import report

LABEL_SETS = {"GMB-8": "", "GMB-5": "gpe,nat,eve"}


def run(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "spacy", *arguments], check=True)


def measure(data: str, drop: str, seed: int, folder: Path) -> dict[str, object]:
    run("lstm-ner", "convert", data, str(folder), "--split", "gmb", "--upper", "--drop", drop)
    corpus = [f"--paths.{name}={folder / name}.spacy" for name in ("train", "dev")]
    output, metrics = folder / f"training-{seed}", folder / "test.json"
    start = time.perf_counter()
    run("train", "configs/default.cfg", "--output", str(output), *corpus, f"--system.seed={seed}")
    seconds = time.perf_counter() - start
    best = output / "model-best"
    run("evaluate", str(best), str(folder / "test.spacy"), "--output", str(metrics))
    scores = srsly.read_json(metrics)
    size = sum(file.stat().st_size for file in best.rglob("*") if file.is_file())
    return {
        "seed": seed,
        "dev_f1": round(100 * dev_f1(best), 2),
        "test_f1": round(100 * scores["ents_f"], 2),
        "per_label": {k: round(100 * v["f"], 2) for k, v in scores["ents_per_type"].items()},
        "training_minutes": round(seconds / 60, 1),
        "megabytes": round(size / 1e6, 1),
    }


def dev_f1(pipeline: Path) -> float:
    return srsly.read_json(pipeline / "meta.json")["performance"]["ents_f"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--sets", nargs="+", default=list(LABEL_SETS), choices=LABEL_SETS)
    arguments = parser.parse_args()
    results = {}
    for name in arguments.sets:
        with tempfile.TemporaryDirectory() as folder:
            runs = [
                measure(arguments.data, LABEL_SETS[name], seed, Path(folder))
                for seed in range(arguments.seeds)
            ]
        found = [run["test_f1"] for run in runs]
        results[name] = {"mean_test_f1": round(statistics.mean(found), 2), "runs": runs}
    report("gmb", results)


if __name__ == "__main__":
    main()
