"""`torchrun ... -m spacy train`: what each process makes of the command line that all get."""

import os
import sys
from collections.abc import Iterator, Sequence

# Options of `spacy train`.
OUTPUT, GPU = ("--output", "--output-path", "-o"), ("--gpu-id", "-g")


def adapt_command_line() -> None:
    """If this process is one of several that train together, let the first alone write and print.

    Each takes the graphics card of its own number. spaCy has not read the command line yet.
    """
    rank, local_rank = os.environ.get("RANK"), os.environ.get("LOCAL_RANK")
    if rank is None or local_rank is None or sys.argv[1:2] != ["train"]:
        return
    sys.argv[1:] = arguments_of(sys.argv[1:], rank=int(rank), local_rank=int(local_rank))
    if rank != "0":
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  (until the process ends)


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
