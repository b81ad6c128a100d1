"""How long the fuzzers run: FUZZ_SECONDS in the environment, a few seconds by default."""

import os
import time
from collections.abc import Iterator
from itertools import count

AT_LEAST = 5  # rounds, whatever the time


def until_deadline() -> Iterator[int]:
    """A running number while time is left.

    YIELDS (int): The number of the round, from 0.
    """
    deadline = time.monotonic() + float(os.environ.get("FUZZ_SECONDS", "3"))
    for number in count():
        if number >= AT_LEAST and time.monotonic() >= deadline:
            print(f"{number} rounds")  # which pytest shows with -s
            return
        yield number
