"""Speed and memory of `lstm-ner annotate`, beside a script with `nlp.pipe`.

python benchmarks/bulk.py PIPELINE DATA.spacy [--times 20] [--rounds 3] [--stream 10000000]

The texts of DATA, so many times over, go from JSONL to a Parquet file: by `annotate` with one and
two workers, by `nlp.pipe` with one and two processes (piped.py), and through `nlp.pipe` without
reading or writing entities. Each is a command of its own, timed from its start to its end, so
loading counts; each process has one thread. They take turns. Then a stream of made-up texts of so
many words, of which each has a word that no other has, goes through one worker, whose memory is
looked at every second. Writes metrics/benchmark_bulk.json and a chart, metrics/benchmark_bulk.png.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from chart import draw_bars
from corpora import read
from machine import report
from memory import make_drawing
from timing import alternate

WORDS_OF_A_TEXT = 22
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}
PANELS = {"texts to entities": "From texts in JSONL to entities in Parquet, words per second"}


def annotate(pipeline: str, texts: Path, output: Path, workers: int) -> list[str]:
    command = [sys.executable, "-m", "spacy", "lstm-ner", "annotate", pipeline]
    return [*command, str(texts), str(output), "--workers", str(workers)]


def pipe(pipeline: str, texts: Path, *options: str) -> list[str]:
    return [sys.executable, "benchmarks/piped.py", pipeline, str(texts), *options]


def speed(command: list[str], output: Path, words: int) -> float:
    """Words per second of a command."""
    output.unlink(missing_ok=True)
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=ENVIRONMENT)
    taken = time.perf_counter() - start
    print(f"{taken:.1f} s:", *command[1:], file=sys.stderr, flush=True)
    return words / taken


def made_up(words: int) -> Iterator[str]:
    """Texts of made-up words, each with a word of its own."""
    draw = make_drawing(WORDS_OF_A_TEXT - 1)
    for i in range(words // WORDS_OF_A_TEXT):
        yield " ".join([f"n{i}", *draw()])


def write(texts: Iterator[str], path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": text}) + "\n" for text in texts)


def watch(command: list[str]) -> list[float]:
    """MiB of the largest process of a command, each second."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    found = []
    while process.poll() is None:
        found.append(max(map(resident, [process.pid, *children(process.pid)])))
        time.sleep(1)
    if process.returncode:
        raise RuntimeError(f"{command} failed")
    return found


def children(pid: int) -> list[int]:
    try:
        told = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:  # it has ended
        return []
    return [int(child) for child in told.split()]


def resident(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024
    except (OSError, IndexError):  # it has ended
        return 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pipeline")
    parser.add_argument("data", type=Path)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--stream", type=int, default=10_000_000)
    arguments = parser.parse_args()
    docs = read(arguments.data)
    words = arguments.times * sum(map(len, docs))
    with tempfile.TemporaryDirectory() as folder:
        texts, output = Path(folder) / "texts.jsonl", Path(folder) / "out.parquet"
        write((doc.text for _ in range(arguments.times) for doc in docs), texts)
        to = ["--output", str(output)]
        commands = {
            "annotate, one worker": annotate(arguments.pipeline, texts, output, 1),
            "annotate, two workers": annotate(arguments.pipeline, texts, output, 2),
            "nlp.pipe": pipe(arguments.pipeline, texts, *to),
            "nlp.pipe, n_process=2": pipe(arguments.pipeline, texts, *to, "--processes", "2"),
            "nlp.pipe, no entities": pipe(arguments.pipeline, texts),
        }
        measures = {
            name: partial(speed, command, output, words) for name, command in commands.items()
        }
        found = alternate(measures, arguments.rounds, warm_up=False)  # they are commands
        write(made_up(arguments.stream), texts)
        output.unlink(missing_ok=True)
        used = watch(annotate(arguments.pipeline, texts, output, 1))
    speeds = {name: spread._asdict() for name, spread in found.items()}
    quarters = [used[len(used) * i // 4 - 1] for i in (1, 2, 3, 4)]
    mebibytes = {"most": max(used), "by quarter": quarters}
    report("bulk", {"words": words, "words per second": speeds, "MiB": mebibytes})
    draw_bars({"texts to entities": speeds}, Path("metrics/benchmark_bulk.png"), panels=PANELS)


if __name__ == "__main__":
    main()
