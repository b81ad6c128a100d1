"""What attributes of a token rule out by themselves, whatever its context.

To add a rule, add a row: an attribute that is true or false, as `Doc.to_array` takes it, and the
tags that a token which has it may still have.
"""

from collections.abc import Callable

from spacy.attrs import IS_SPACE

from ..tags import TagScheme
from ..types import Bools


def not_at_the_ends(scheme: TagScheme) -> Bools:
    """All tags but those which only the first or last token of an entity has. shape: (tags,).

    In "bio" no tag tells the last token: there, `trim_whitespace` takes it off what was decoded.
    """
    return ~scheme.edges


RULES: dict[int, Callable[[TagScheme], Bools]] = {
    IS_SPACE: not_at_the_ends,
}
