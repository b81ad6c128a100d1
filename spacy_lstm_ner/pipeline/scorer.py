"""Scores of entities as spaCy has them, in text that is annotated in part too; and of tokens."""

from collections.abc import Callable, Iterable
from typing import Any

from spacy.scorer import get_ner_prf
from spacy.training import Example

from ..training.partly import annotated_labels


def score_entities(examples: Iterable[Example], **kwargs: Any) -> dict[str, Any]:
    """Score entities as `spacy.ner_scorer.v1` does.

    In a document that was annotated for some labels, predicted entities of other labels are neither
    right nor wrong.

    examples (Iterable[Example]): Predicted and reference documents.
    RETURNS (Dict[str, Any]): "ents_p", "ents_r", "ents_f" and "ents_per_type".
    """
    return get_ner_prf(map(_of_annotated_labels, examples))


def score_entities_and_tokens(examples: Iterable[Example], **kwargs: Any) -> dict[str, Any]:
    """Score entities and, beside them, the tag of every token.

    Token accuracy is the share of tokens whose BIO tag is right, padding left out, as taggers are
    often reported. Most tokens are outside of entities, so a constant "O" already scores high.

    examples (Iterable[Example]): Predicted and reference documents.
    RETURNS (Dict[str, Any]): What `score_entities` returns and "tag_token_acc", None without
        annotated tokens.
    """
    examples = [_of_annotated_labels(eg) for eg in examples]
    right = total = 0
    for eg in examples:
        gold = eg.get_aligned("ENT_IOB"), eg.get_aligned("ENT_TYPE")
        for token, iob, label in zip(eg.predicted, *gold, strict=True):
            if iob:
                total += 1
                right += token.ent_iob == iob and token.ent_type == label
    return {**get_ner_prf(examples), "tag_token_acc": right / total if total else None}


def _of_annotated_labels(eg: Example) -> Example:
    """An example without those predicted entities that its reference does not speak of."""
    labels = annotated_labels(eg.reference)
    if labels is None:
        return eg
    predicted = eg.predicted.copy()
    predicted.ents = [ent for ent in predicted.ents if ent.label_ in labels]
    return Example(predicted, eg.reference)


def make_scorer() -> Callable[..., dict[str, Any]]:
    """Make the scorer `spacy_lstm_ner.ner_scorer.v1`."""
    return score_entities


def make_token_scorer() -> Callable[..., dict[str, Any]]:
    """Make the scorer `spacy_lstm_ner.token_scorer.v1`."""
    return score_entities_and_tokens
