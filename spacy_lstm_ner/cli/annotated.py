"""What the corpora of a config are annotated for, one row for each."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import spacy
from spacy.tokens import Doc
from spacy.util import registry
from thinc.api import Config
from wasabi import msg

from ..training.partly import annotated_labels, found_share
from . import printable

HEADER = ("corpus", "documents", "annotated for", "tokens", "unknown", "entities", "incorrect")


def tell_annotated(config: Config) -> None:
    """Print a table of what is annotated in the corpora that a config trains and scores on.

    config (Config): The config, variables filled in.
    """
    nlp = spacy.blank(config["nlp"]["lang"])
    keys = _incorrect_spans_keys(config)
    rows = []
    for name, block in _corpora(config):
        corpus = registry.resolve({"corpus": block})["corpus"]
        rows.append((printable(name), *_row([eg.reference for eg in corpus(nlp)], keys)))
    msg.divider("Annotation by corpus")
    msg.table(rows, header=HEADER, divider=True, aligns=("l", "r", "l", "r", "r", "r", "r"))


def _corpora(config: Config) -> Iterator[tuple[str, dict[str, Any]]]:
    """The blocks of corpora by name; of corpora that are joined, of each."""
    names = [config["training"][f"{use}_corpus"] for use in ("train", "dev")]
    for name in names:
        block: dict[str, Any] = config
        for part in name.split("."):
            block = block.get(part, {})
        if not block:  # one reader gives them all
            continue
        joined = block.get("corpora")
        if isinstance(joined, dict):
            yield from ((f"{name}.corpora.{part}", joined[part]) for part in joined)
        else:
            yield name, block


def _incorrect_spans_keys(config: Config) -> set[str]:
    parts = config["components"].values()
    return {key for part in parts if (key := part.get("incorrect_spans_key"))}


def _row(docs: list[Doc], keys: Iterable[str]) -> tuple[str, ...]:
    tokens = sum(map(len, docs))
    unknown = sum(token.ent_iob == 0 for token in chain.from_iterable(docs))
    incorrect = sum(len(doc.spans[key]) for doc in docs for key in keys if key in doc.spans)
    return (
        f"{len(docs):,}",
        "; ".join(sorted({_labels(doc) for doc in docs})),
        f"{tokens:,}",
        f"{100 * unknown / max(1, tokens):.0f} %",
        f"{sum(len(doc.ents) for doc in docs):,}",
        f"{incorrect:,}",
    )


def _labels(doc: Doc) -> str:
    labels, found = annotated_labels(doc), found_share(doc)
    named = "all labels" if labels is None else ", ".join(sorted(labels)) or "no label"
    return named if found is None else f"{named}, {100 * found:.0f} % of the entities"
