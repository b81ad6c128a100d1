"""What is expected of text of which the entities alone are annotated: that most of it is outside.

Without that, such text teaches that everything is an entity, since nothing says otherwise. The
share of the tokens that are in entities is held near a given one (Effland and Collins 2021,
https://aclanthology.org/2021.tacl-1.78).
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ..models.scores import Scores
from ..nn.neutral import neutrally
from .evidence import Evidence

# How far the share may be from what is expected, and what a share beyond that costs.
MARGIN, WEIGHT = 0.05, 10.0
# Instead of no tokens at all, as where no document counts.
TINY = 1e-9


def documents_of_entities_alone(gold: Evidence, lengths: Sequence[int]) -> list[int]:
    """Numbers of the documents with entities, tokens that may be anything, and none outside.

    gold (Evidence): What the documents are annotated with.
    lengths (Sequence[int]): Tokens of each document.
    """
    inside, unknown = ~gold.mask[:, 0], ~gold.known
    if not unknown.any():  # as where all is annotated
        return []
    outside = ~inside & ~unknown
    ends = np.cumsum(lengths)
    return [
        number
        for number, (start, end) in enumerate(zip(ends - lengths, ends, strict=True))
        if inside[start:end].any() and unknown[start:end].any() and not outside[start:end].any()
    ]


@neutrally
def loss_of_share(
    scores: Scores,
    documents: Sequence[int],
    possible: Evidence,
    share: float,
    weights: Tensor | None = None,
) -> tuple[Tensor, Scores]:
    """What it costs that the share of tokens in entities is another than expected.

    scores (Scores): The scores.
    documents (Sequence[int]): Numbers of the documents to look at, all together.
    possible (Evidence): Tags that the tokens may have at all.
    share (float): The expected share.
    weights (Optional[Tensor]): How much each document of the batch counts; None if all count the
        same. shape: (documents of the batch,).
    RETURNS (Tuple[Tensor, Scores]): The loss, for each of the documents, and the gradient of the
        sum. shape: (documents,).
    """
    leaves = scores.as_leaves()
    part, tokens = leaves.of_documents(documents)
    lattice = part.lattice(possible.scheme).restrict(possible.mask[tokens.cpu().numpy()])
    inside = np.arange(len(possible.scheme)) > 0
    expected = lattice.expected_tokens(inside)
    counts = expected.new_ones(len(documents)) if weights is None else weights[list(documents)]
    total = (counts * expected.new_tensor(part.lengths)).sum()
    found = (counts * expected).sum() / total.clamp(min=TINY)
    losses = counts * WEIGHT * torch.relu((found - share).abs() - MARGIN)
    losses.sum().backward()
    return losses.detach(), leaves.gradient()
