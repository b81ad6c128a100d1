"""Scores beside those of entities."""

from collections.abc import Callable, Iterable
from typing import Any

from spacy.scorer import get_ner_prf
from spacy.training import Example


def score_entities_and_tokens(examples: Iterable[Example], **kwargs: Any) -> dict[str, Any]:
    """Score entities as spaCy does and, beside them, the tag of every token.

    Token accuracy is the share of tokens whose BIO tag is right, padding left out, as taggers are
    often reported. Most tokens are outside of entities, so a constant "O" already scores high.

    examples (Iterable[Example]): Predicted and reference documents.
    RETURNS (Dict[str, Any]): "ents_p", "ents_r", "ents_f", "ents_per_type", and "tag_token_acc",
        None without annotated tokens.
    """
    examples = list(examples)
    right = total = 0
    for eg in examples:
        gold = eg.get_aligned("ENT_IOB"), eg.get_aligned("ENT_TYPE")
        for token, iob, label in zip(eg.predicted, *gold, strict=True):
            if iob:
                total += 1
                right += token.ent_iob == iob and token.ent_type == label
    return {**get_ner_prf(examples), "tag_token_acc": right / total if total else None}


def make_token_scorer() -> Callable[..., dict[str, Any]]:
    """Make the scorer `spacy_lstm_ner.token_scorer.v1`."""
    return score_entities_and_tokens
