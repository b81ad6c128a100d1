"""What the corpora of a config are annotated for, one row for each, and what training stops on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import spacy
from spacy.tokens import Doc
from spacy.util import registry
from thinc.api import Config
from wasabi import msg

from ..errors import shorten
from ..pipeline.overview import Overview
from ..training.converters.disputed import find_disputed
from ..training.converters.mentions import tokens_of
from ..training.partly import all_annotated_labels, annotated_labels, found_share
from ..training.weights import weights_of
from . import printable

HEADER = ("corpus", "documents", "annotated for", "tokens", "unknown", "entities", "incorrect")


class Learner(NamedTuple):
    """A component that learns from the annotation.

    name (str): Its name.
    incorrect_spans_key (Optional[str]): Its setting.
    labels (Sequence[str]): Labels that it has before it reads the data.
    """

    name: str
    incorrect_spans_key: str | None = None
    labels: Sequence[str] = ()


def tell_annotated(config: Config, learners: Sequence[Learner]) -> None:
    """Print a table of what is annotated in the corpora that a config trains and scores on.

    Below it stands what training would stop on or say before it starts.

    config (Config): The config, variables filled in.
    learners (Sequence[Learner]): Those of its components whose training data it is.
    RAISES (ValueError): The weight of a document, or what it says of its annotation, is none.
    """
    nlp = spacy.blank(config["nlp"]["lang"])
    keys = _incorrect_spans_keys(config, learners)
    corpora = {}
    for name, block in _corpora(config):
        corpus = registry.resolve({"corpus": block})["corpus"]
        corpora[name] = [eg.reference for eg in corpus(nlp)]
        weights_of(corpora[name])
    rows = [(printable(name), *_row(docs, keys)) for name, docs in corpora.items()]
    msg.divider("Annotation by corpus")
    msg.table(rows, header=HEADER, divider=True, aligns=("l", "r", "l", "r", "r", "r", "r"))
    problems = (
        *_disputes(corpora, keys),
        *_strange_labels(corpora),
        *_doubts(corpora, config["training"]["train_corpus"], learners),
    )
    for problem in problems:
        msg.warn(printable(problem))


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


def _incorrect_spans_keys(config: Config, learners: Iterable[Learner]) -> set[str]:
    """Those of any component, such as spaCy's `ner`, and of learners from another pipeline."""
    parts = config["components"].values()
    keys = [part.get("incorrect_spans_key") for part in parts]
    keys += [learner.incorrect_spans_key for learner in learners]
    return {key for key in keys if key}


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


def _disputes(corpora: Mapping[str, Sequence[Doc]], keys: Iterable[str]) -> Iterator[str]:
    """Entities that are incorrect spans too, on which training stops."""
    for name, docs in corpora.items():
        found = []
        for number, doc in enumerate(docs, start=1):
            wrong = (span for key in keys for span in doc.spans.get(key, ()))
            disputed = find_disputed(doc.ents, wrong)
            found += [(number, ent) for ent in doc.ents if tokens_of(ent) in disputed]
        if found:
            (number, ent), *_ = found
            yield (
                f"{len(found):,} entities of {name} are given as incorrect too, on which training "
                f"stops. The first is {shorten(ent.text)!r} ({ent.label_}) in document {number:,}."
            )


def _strange_labels(corpora: Mapping[str, Sequence[Doc]]) -> Iterator[str]:
    """Labels that documents were annotated for and no entity has, which may be misspelt."""
    every = list(chain.from_iterable(corpora.values()))
    known = {ent.label_ for doc in every for ent in doc.ents}
    for label in sorted(all_annotated_labels(every) - known):
        yield (
            f"No entity has the label {label!r}, which is one that documents were annotated for. "
            "Is it misspelt?"
        )


def _doubts(
    corpora: Mapping[str, Sequence[Doc]], train: str, learners: Sequence[Learner]
) -> Iterator[str]:
    """What components would say of the training data when they are initialized."""
    docs = [
        doc
        for corpus, docs in corpora.items()
        if corpus == train or corpus.startswith(f"{train}.corpora.")
        for doc in docs
    ]
    for name, key, labels in learners if docs else ():
        yield from Overview(key).read(docs).doubts(name=name, labels=labels, corpus=train)
