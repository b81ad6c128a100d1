"""Tags that are labels by themselves, without B- and I-, as Stanford's recognizer reads them."""

import re
from collections.abc import Sequence
from itertools import pairwise

from ...tags import MISSING, OUTSIDE
from .annotated import Row

# A prefix of BIO, BILUO, BIOES or BMEWO, and a label.
_PREFIXED = re.compile(r"[BIMLEUSW]-.+")


def add_prefixes(sentences: Sequence[Sequence[Row]]) -> Sequence[Sequence[Row]]:
    """Give tags prefixes if those of a file have none: neighbours of one label are one entity.

    A file is of such tags if no tag has a prefix, and some tag is "O": a column of something else,
    such as parts of speech, has none.

    sentences (Sequence[Sequence[Row]]): The sentences of a file.
    RETURNS (Sequence[Sequence[Row]]): The same, with tags of BIO.
    """
    tags = {row.tag for sentence in sentences for row in sentence}
    if OUTSIDE not in tags or any(_PREFIXED.fullmatch(tag) for tag in tags):
        return sentences
    return [_of_sentence(sentence) for sentence in sentences]


def _of_sentence(sentence: Sequence[Row]) -> list[Row]:
    before = [OUTSIDE, *(row.tag for row in sentence)]
    tags = [
        tag if tag in (OUTSIDE, MISSING) else f"{'I' if tag == last else 'B'}-{tag}"
        for last, tag in pairwise(before)
    ]
    return [row._replace(tag=tag) for row, tag in zip(sentence, tags, strict=True)]
