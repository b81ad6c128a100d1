"""Names of the types that several modules use."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Bools: TypeAlias = npt.NDArray[np.bool_]
Floats: TypeAlias = npt.NDArray[np.float32]
Doubles: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Ids: TypeAlias = npt.NDArray[np.uint64]

# From what a process has, a list of words, to what each has, in the same order everywhere.
Exchange: TypeAlias = Callable[[list[str]], list[list[str]]]
