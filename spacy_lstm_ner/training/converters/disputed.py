"""Spans that are said to be entities, and said to be none: nothing is known of those."""

from collections.abc import Iterable

from spacy.tokens import Span

from .mentions import Tokens, tokens_of


def find_disputed(entities: Iterable[Span], wrong: Iterable[Span]) -> set[Tokens]:
    """Find spans that are both. Labels are those that are written: two of them may become one.

    A document that has a span as an entity and in `doc.spans["incorrect_spans"]` cannot be trained
    on.

    entities (Iterable[Span]): Spans that are said to be entities.
    wrong (Iterable[Span]): Spans that are said to be no entities of their label.
    RETURNS (Set[Tokens]): The tokens and the label of each span that is both.
    """
    return {tokens_of(span) for span in entities} & {tokens_of(span) for span in wrong}
