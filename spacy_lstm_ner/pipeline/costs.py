"""What mistakes cost in training: a margin by which the annotated reading is to win.

Softmax-margin (Gimpel and Smith 2010, https://aclanthology.org/N10-1112): in training, every tag
that a token does not have scores higher by what it costs to take the token for that. A cost of
missing a label makes for more recall of it, one of taking what is outside for an entity for more
precision.
"""

from collections.abc import Mapping

import numpy as np

from ..errors import CodedError, Errors
from ..tags import OUTSIDE
from ..types import Doubles
from .evidence import Evidence


def margin(gold: Evidence, costs: Mapping[str, float], *, name: str) -> Doubles | None:
    """How much higher each tag scores in training. shape: (tokens, tags).

    gold (Evidence): What the annotation says. Tags that it allows do not score higher.
    costs (Mapping[str, float]): What it costs to take a token for something else, by the label of
        its entity; "O" for tokens outside.
    name (str): Name of the component, for the message of an error.
    RETURNS (Optional[Doubles]): None if nothing costs anything.
    RAISES (ValueError): A cost is of a label that there is not.
    """
    if not costs:
        return None
    labels = (*gold.scheme.labels, OUTSIDE)  # the label of "O" is at place -1
    for label in costs:
        if label not in labels:
            known = ", ".join(labels)
            raise CodedError(Errors.E042.format(name=name, label=label, known=known))
    of_label = np.array([costs.get(label, 0.0) for label in labels])
    of_tag = of_label[gold.scheme.label_of_tag]  # (tags,)
    of_token = np.where(gold.mask, of_tag, np.inf).min(1, keepdims=True)  # (tokens, 1)
    return np.where(gold.mask, 0.0, of_token)
