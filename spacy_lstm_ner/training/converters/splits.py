"""Dividing documents among training, development and test."""

from collections.abc import Sequence

from ...errors import Errors
from .annotated import Annotated
from .gmb import SPLIT as GMB_SPLIT

NAMES = ("train", "dev", "test")


def split_documents(documents: Sequence[Annotated], how: str) -> dict[str, list[Annotated]]:
    """Divide documents, keeping their order.

    documents (Sequence[Annotated]): The documents.
    how (str): "auto" (the splits that the source gives, if any), "none", "gmb" (the published split
        of the Groningen Meaning Bank), or shares such as "70/15/15".
    RETURNS (Dict[str, List[Annotated]]): Documents by split; one split "all" if there are none.
    RAISES (ValueError): The setting is not one of these, or does not fit the documents.
    """
    if how == "auto" and any(document.split for document in documents):
        return {n: [doc for doc in documents if doc.split == n] for n in NAMES}
    if how in ("auto", "none"):
        return {"all": list(documents)}
    if how == "gmb":
        if len(documents) not in (sum(GMB_SPLIT.values()), sum(GMB_SPLIT.values()) + 1):
            expected = sum(GMB_SPLIT.values()) + 1
            raise ValueError(Errors.E120.format(found=len(documents), expected=expected))
        return _cut(documents, list(GMB_SPLIT.values()))
    shares = how.split("/")
    if len(shares) != 3 or not all(share.isdecimal() for share in shares):
        raise ValueError(Errors.E121.format(how=how))
    train, dev, test = (int(share) for share in shares)
    total = train + dev + test
    if not total:
        raise ValueError(Errors.E121.format(how=how))
    first = len(documents) * train // total
    second = len(documents) * (train + dev) // total
    return _cut(documents, [first, second - first, len(documents) - second])


def _cut(documents: Sequence[Annotated], sizes: list[int]) -> dict[str, list[Annotated]]:
    parts, start = {}, 0
    for name, size in zip(NAMES, sizes, strict=True):
        parts[name] = list(documents[start : start + size])
        start += size
    return parts
