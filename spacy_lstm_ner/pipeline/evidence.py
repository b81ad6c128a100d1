"""Which tags annotation and the ends of documents allow."""

from collections.abc import Sequence

import numpy as np

from ..tags import TagScheme
from ..types import Bools, Ints
from .annotation import MISSING


def allowed_mask(tags: Ints, n_tags: int) -> Bools:
    """Tags allowed by an annotation: the given one, or all where it is MISSING.

    RETURNS (Bools): shape: (tokens, tags).
    """
    return (tags[:, None] == MISSING) | (tags[:, None] == np.arange(n_tags))


def boundary_mask(lengths: Sequence[int], scheme: TagScheme) -> Bools:
    """Tags allowed by where documents begin and end. shape: (tokens, tags)."""
    allowed = np.ones((sum(lengths), len(scheme)), dtype=bool)
    last = np.cumsum(lengths, dtype=np.int64) - 1
    allowed[last - np.asarray(lengths) + 1] &= scheme.starts
    allowed[last] &= scheme.ends
    return allowed
