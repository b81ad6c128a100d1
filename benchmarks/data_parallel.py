"""Time of training until development F1 is so high, with one process and with two.

python benchmarks/data_parallel.py FOLDER [--target 83] [--rounds 2] [--config CONFIG.cfg]

FOLDER holds train.spacy and dev.spacy (corpus/gmb). `configs/data_parallel.cfg` trains with torch's
launcher, each process with one thread; one and two take turns. A training is ended when the target
is reached; the time runs from the start of the command and has everything in it, start-up, reading
and evaluations. Beside it stand the steps that it took.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from machine import report
from trainings import LINE

EVAL_FREQUENCY = 200


class Reached(NamedTuple):
    """When the target was reached, in seconds since the start, and by which step."""

    seconds: float
    step: int


def command(processes: int) -> list[str]:
    launcher = ["-m", "torch.distributed.run", "--standalone"]
    return [sys.executable, *launcher, "--nproc-per-node", str(processes), "-m", "spacy", "train"]


def train(processes: int, config: Path, folder: Path, target: float, seed: int) -> Reached:
    """Train until the target is reached."""
    options = [f"--paths.{name}={folder / name}.spacy" for name in ("train", "dev")]
    options += [f"--training.eval_frequency={EVAL_FREQUENCY}", f"--system.seed={seed}"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    start = time.perf_counter()
    with subprocess.Popen(
        [*command(processes), str(config), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # the launcher tells how it was ended
        text=True,
        env=environment,
    ) as process:
        for line in process.stdout or ():
            match = LINE.match(line)
            if match:
                seconds = time.perf_counter() - start
                print(processes, f"{seconds:.0f} s", line.strip(), file=sys.stderr, flush=True)
                if float(match[2]) >= target:
                    process.terminate()  # the launcher ends those that it has started
                    return Reached(seconds, int(match[1]))
    raise SystemExit(f"training with {processes} processes ended before F1 was {target}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--target", type=float, default=83.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--config", type=Path, default=Path("configs/data_parallel.cfg"))
    arguments = parser.parse_args()
    found: dict[int, list[Reached]] = {1: [], 2: []}
    for seed in range(arguments.rounds):
        for processes, runs in found.items():
            runs.append(
                train(processes, arguments.config, arguments.folder, arguments.target, seed)
            )
    medians = {n: statistics.median(run.seconds for run in runs) for n, runs in found.items()}
    result = {
        "target": arguments.target,
        "runs": {str(n): [run._asdict() for run in runs] for n, runs in found.items()},
        "one against two": medians[1] / medians[2],
    }
    report("data_parallel", result)


if __name__ == "__main__":
    main()
