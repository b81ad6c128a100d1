"""Ids that several rows have, found by eight bytes of each."""

import json
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from ..outputs import replaced

# Bytes of ids that are compared in memory at a time.
AT_ONCE = 1 << 28


def write_ids(path: Path, ids: Sequence[Any]) -> None:
    """Write what tells ids from others.

    path (Path): The file.
    ids (Sequence[Any]): Numbers or strings.
    """
    digests = [blake2b(json.dumps(one).encode(), digest_size=8).digest() for one in ids]
    with replaced(path, shared=True) as file:
        file.write(b"".join(digests))


def count_repeated(files: Sequence[Path]) -> int:
    """How many rows have an id that another row before them has.

    files (Sequence[Path]): What `write_ids` wrote.
    """
    shares = 1 + sum(file.stat().st_size for file in files) // AT_ONCE
    repeated = 0
    for share in range(shares):
        ids = [np.fromfile(file, np.uint64) for file in files]
        found = np.concatenate([some[some % np.uint64(shares) == share] for some in ids])
        repeated += len(found) - len(np.unique(found))
    return repeated
