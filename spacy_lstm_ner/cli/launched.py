"""`torchrun ... -m spacy train`: what each process makes of the command line that all get."""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

# Options of `spacy train`.
OUTPUT, GPU = ("--output", "--output-path", "-o"), ("--gpu-id", "-g")
# What the config of such a training has in it, and how many bytes it may have.
NAME, LARGEST = b"spacy_lstm_ner.DataParallel.", 1 << 20


def adapt_command_line() -> None:
    """If this process is one of several that train together, let the first alone write and print.

    Each takes the graphics card of its own number. spaCy has not read the command line yet.
    """
    rank, local_rank = (int(os.environ.get(name, -1)) for name in ("RANK", "LOCAL_RANK"))
    if min(rank, local_rank) < 0 or os.environ.get("WORLD_SIZE") == "1":
        return
    if sys.argv[1:2] != ["train"] or not any(map(_is_data_parallel, sys.argv[2:])):
        return
    sys.argv[1:] = arguments_of(sys.argv[1:], rank=rank, local_rank=local_rank)
    if rank:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  (until the process ends)


def _is_data_parallel(argument: str) -> bool:
    """Whether this names a config that several processes are to train by."""
    try:
        path = Path(argument)
        return path.is_file() and path.stat().st_size <= LARGEST and NAME in path.read_bytes()
    except (OSError, ValueError):  # it names nothing
        return False


def arguments_of(arguments: Sequence[str], *, rank: int, local_rank: int) -> list[str]:
    """The arguments of `spacy train` for one process.

    arguments (Sequence[str]): The arguments that all get.
    rank (int): The number of the process.
    local_rank (int): Its number among those on its machine.
    """
    found: list[str] = []
    for option, value in _in_pairs(arguments):
        if option in OUTPUT and rank:
            continue
        if option in GPU and value != "-1":
            value = str(local_rank)
        found += [option] if value is None else [option, value]
    return found


def _in_pairs(arguments: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Options of `OUTPUT` and `GPU` with their values; everything else by itself."""
    left = iter(arguments)
    for argument in left:
        name, equals, value = argument.partition("=")
        short = argument[:2]
        if equals and name in (*OUTPUT, *GPU):
            yield name, value
        elif argument in (*OUTPUT, *GPU):
            yield argument, next(left, None)
        elif short in (*OUTPUT, *GPU):
            yield short, argument[2:]
        else:
            yield argument, None
