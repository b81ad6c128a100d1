"""How long a fuzzer runs: seconds in a run of all tests, as long as asked for by itself."""

import os
import time
from collections.abc import Iterator

SECONDS = float(os.environ.get("FUZZ_SECONDS", "3"))
MIN_ROUNDS = 20


def until_deadline() -> Iterator[int]:
    """The numbers of rounds, while time is left; a few rounds in any case."""
    deadline = time.monotonic() + SECONDS
    i = 0
    while i < MIN_ROUNDS or time.monotonic() < deadline:
        yield i
        i += 1
    print(f"{i} rounds")
