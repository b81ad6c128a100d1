"""How much a document counts in training.

Its weight goes with a document in a span group without spans, as do the labels that it was
annotated for: so it is kept by `DocBin`, `Doc.to_bytes` and `Doc.copy`.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from spacy.tokens import Doc, SpanGroup

from ..errors import CodedError, Errors
from ..settings import in_range
from ..types import Doubles

# The key in `doc.spans` of the group whose attributes hold the weight.
WEIGHT = "training_weight"


def set_weight(doc: Doc, weight: float) -> None:
    """Say how much a document counts in training.

    Its loss and the gradient of that are multiplied by it: with 2 it teaches as much as if it were
    there twice, with 0 nothing.

    doc (Doc): The document.
    weight (float): 0 or more.
    RAISES (ValueError): It is below 0, or no number.
    """
    doc.spans[WEIGHT] = SpanGroup(doc, name=WEIGHT, attrs={"weight": _checked(weight)})


def weight_of(doc: Doc) -> float:
    """How much a document counts in training; 1 if nothing is said of that.

    RAISES (ValueError): What is said is below 0, or no number.
    """
    # `Doc.from_docs` keeps groups without their attributes.
    return _checked(doc.spans[WEIGHT].attrs.get("weight", 1.0)) if WEIGHT in doc.spans else 1.0


def _checked(weight: Any) -> float:
    if not in_range(weight, 0, math.inf):
        raise CodedError(Errors.E260.format(weight=weight))
    return float(weight)


def weights_of(docs: Sequence[Doc]) -> Doubles | None:
    """How much each document counts; None if nothing is said of any. shape: (documents,).

    RAISES (ValueError): What is said is below 0, or no number.
    """
    if not any(WEIGHT in doc.spans for doc in docs):
        return None
    return np.array([weight_of(doc) for doc in docs])
