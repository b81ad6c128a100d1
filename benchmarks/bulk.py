"""Speed and memory of `lstm-ner annotate`, beside a script with `nlp.pipe`.

python benchmarks/bulk.py PIPELINE DATA.spacy [--times 20] [--rounds 3] [--stream 10000000]

The texts of DATA, so many times over, go from JSONL to a Parquet file: by `annotate` with one and
two workers, by `nlp.pipe` with one and two processes (piped.py), and through `nlp.pipe` without
reading or writing entities. Each is a command of its own, timed from its start to its end, so
loading counts; each process has one thread. They take turns. So do Ray, and Spark where pyspark is
installed (`make spark`, and PYTHONPATH=build/spark); beside the time of a command stands what is
left without that of the same command on a few texts, which is its start.

Then a stream of made-up texts of so many words, of which each has a word that no other has, goes
through one worker, whose memory is looked at every second. Writes metrics/benchmark_bulk.json and
a chart, metrics/benchmark_bulk.png.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

from chart import draw_bars
from corpora import read
from machine import report
from memory import make_drawing
from timing import alternate

WORDS_OF_A_TEXT = 22
# Texts that take no time.
FEW = 100
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}
PANELS = {"texts to entities": "From texts in JSONL to entities in Parquet, words per second"}


# From a file of texts to a file or a folder of entities.
Command: TypeAlias = Callable[[Path, Path], list[str]]


def annotate(pipeline: str, *options: str) -> Command:
    command = [sys.executable, "-m", "spacy", "lstm-ner", "annotate", pipeline]
    return lambda texts, output: [*command, str(texts), str(output), *options]


def pipe(pipeline: str, *options: str) -> Command:
    command = [sys.executable, "benchmarks/piped.py", pipeline]
    return lambda texts, output: [*command, str(texts), "--output", str(output), *options]


def pipe_alone(pipeline: str) -> Command:
    return lambda texts, output: [sys.executable, "benchmarks/piped.py", pipeline, str(texts)]


def spark(pipeline: str) -> Command:
    command = [sys.executable, "examples/spark/annotate.py", pipeline]
    return lambda texts, output: [*command, str(texts), str(output)]


def commands(pipeline: str) -> dict[str, Command]:
    found = {
        "annotate, one worker": annotate(pipeline, "--workers", "1"),
        "annotate, two workers": annotate(pipeline, "--workers", "2"),
        "nlp.pipe": pipe(pipeline),
        "nlp.pipe, n_process=2": pipe(pipeline, "--processes", "2"),
        "nlp.pipe, no entities": pipe_alone(pipeline),
    }
    if find_spec("ray"):
        found["annotate by Ray, two workers"] = annotate(
            pipeline, "--workers", "2", "--engine", "ray"
        )
    if find_spec("pyspark"):
        found["Spark, two workers"] = spark(pipeline)
    return found


def remove(output: Path) -> None:
    """Remove a file or a folder, if there is one."""
    if output.is_dir():
        shutil.rmtree(output)
    output.unlink(missing_ok=True)


def seconds(command: Command, texts: Path, output: Path) -> float:
    """How long a command takes."""
    remove(output)
    arguments = command(texts, output)
    start = time.perf_counter()
    subprocess.run(arguments, check=True, capture_output=True, env=ENVIRONMENT)
    taken = time.perf_counter() - start
    print(f"{taken:.1f} s:", *arguments[1:], file=sys.stderr, flush=True)
    return taken


def speed(command: Command, texts: Path, output: Path, words: int) -> float:
    """Words per second of a command."""
    return words / seconds(command, texts, output)


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
    contenders = commands(arguments.pipeline)
    with tempfile.TemporaryDirectory() as folder:
        texts, few = Path(folder) / "texts.jsonl", Path(folder) / "few.jsonl"
        output = Path(folder) / "out.parquet"
        write((doc.text for _ in range(arguments.times) for doc in docs), texts)
        write((doc.text for doc in docs[:FEW]), few)
        starts = {name: seconds(one, few, output) for name, one in contenders.items()}
        measures = {
            name: partial(speed, command, texts, output, words)
            for name, command in contenders.items()
        }
        found = alternate(measures, arguments.rounds, warm_up=False)  # they are commands
        write(made_up(arguments.stream), texts)
        remove(output)
        used = watch(annotate(arguments.pipeline, "--workers", "1")(texts, output))
    speeds = {name: spread._asdict() for name, spread in found.items()}
    quarters = [used[len(used) * i // 4 - 1] for i in (1, 2, 3, 4)]
    mebibytes = {"most": max(used), "by quarter": quarters}
    apart = {name: words / (words / found[name].median - starts[name]) for name in found}
    result = {
        "words": words,
        "words per second": speeds,
        "seconds to start": starts,
        "words per second without the start": apart,
        "MiB": mebibytes,
    }
    report("bulk", result)
    draw_bars({"texts to entities": speeds}, Path("metrics/benchmark_bulk.png"), panels=PANELS)


if __name__ == "__main__":
    main()
