"""Time of training until a pipeline is as good on development data as spaCy's `ner` gets.

python benchmarks/training.py FOLDER OUTPUT [--steps 12000] [--together]

FOLDER holds train.spacy and dev.spacy (corpus/gmb). `configs/default.cfg` trains as it is,
`configs/baseline.cfg` for the given number of steps; both with one thread, evaluated as often, one
after the other or, with --together, at the same time on a core each. The time runs from the start
of `spacy train` to the first evaluation that reaches the best score of `ner`, evaluations
included; the processor's own time is given beside it. OUTPUT/NAME/model-best is what speed.py
compares. An hour.
"""

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from machine import report
from trainings import LINE

CONFIGS = {"lstm_ner": "configs/default.cfg", "ner": "configs/baseline.cfg"}
EVAL_FREQUENCY = 500


class Evaluation(NamedTuple):
    """What was reached, and when: seconds since the start, and of the processor."""

    step: int
    dev_f1: float
    wall: float
    processor: float


def processor_seconds(pid: int) -> float:
    """Time that a running process has had on the processor."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def train(
    config: str, folder: Path, output: Path, core: int, options: list[str]
) -> list[Evaluation]:
    command = [sys.executable, "-u", "-m", "spacy", "train", config, "--output", str(output)]
    command += [f"--paths.{name}={folder / name}.spacy" for name in ("train", "dev")]
    command += [f"--training.eval_frequency={EVAL_FREQUENCY}", *options]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    start, found = time.perf_counter(), []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        os.sched_setaffinity(process.pid, {core})
        for line in process.stdout or ():
            match = LINE.match(line)
            if match:
                spent = time.perf_counter() - start, processor_seconds(process.pid)
                found.append(Evaluation(int(match[1]), float(match[2]), *spent))
                print(output.name, found[-1], flush=True)
    if process.returncode:
        raise SystemExit(f"training {config} failed")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--steps", type=int, default=12000)
    parser.add_argument("--together", action="store_true")
    arguments = parser.parse_args()
    options = {
        "lstm_ner": [],
        "ner": [f"--training.max_steps={arguments.steps}", "--training.patience=0"],
    }
    cores = sorted(os.sched_getaffinity(0))
    with ThreadPoolExecutor(len(CONFIGS) if arguments.together else 1) as pool:
        running = {
            name: pool.submit(
                train, config, arguments.folder, arguments.output / name, core, options[name]
            )
            for (name, config), core in zip(CONFIGS.items(), cores * 2, strict=False)
        }
        found = {name: future.result() for name, future in running.items()}
    best = max(evaluation.dev_f1 for evaluation in found["ner"])
    reached = {
        name: next((e for e in evaluations if e.dev_f1 >= best), None)
        for name, evaluations in found.items()
    }
    result = {
        "best_dev_f1_of_ner": best,
        "reached": {name: e and e._asdict() for name, e in reached.items()},
        "evaluations": {name: [e._asdict() for e in all_] for name, all_ in found.items()},
    }
    ours, theirs = reached["lstm_ner"], reached["ner"]
    if ours and theirs:
        result["share_of_wall"] = round(ours.wall / theirs.wall, 3)
        result["share_of_processor"] = round(ours.processor / theirs.processor, 3)
    report("training", result)


if __name__ == "__main__":
    main()
