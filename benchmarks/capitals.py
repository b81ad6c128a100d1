"""F1 of pipelines on annotated text as it is, in lower case and in upper case.

python benchmarks/capitals.py TEST.spacy PIPELINE...

The tokens stay the same; ẞ and the like, which become two letters, stay as they are.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import spacy
import torch
from corpora import read
from machine import report
from spacy.language import Language
from spacy.scorer import Scorer
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_lstm_ner.training.labelling import bare

FORMS: dict[str, Callable[[str], str]] = {"as it is": str, "lower": str.lower, "upper": str.upper}


def in_form(doc: Doc, nlp: Language, form: Callable[[str], str]) -> Doc:
    """An annotated document with its words in another form."""
    words = [form(token.text) for token in doc]
    words = [
        word if len(word) == len(token) else token.text
        for word, token in zip(words, doc, strict=True)
    ]
    found = Doc(nlp.vocab, words=words, spaces=[bool(token.whitespace_) for token in doc])
    found.ents = [Span(found, ent.start, ent.end, ent.label_) for ent in doc.ents]
    return found


def f1(nlp: Language, docs: list[Doc], form: Callable[[str], str]) -> float:
    gold = [in_form(doc, nlp, form) for doc in docs]
    found = nlp.pipe(bare(doc, nlp.vocab) for doc in gold)
    scores = Scorer.score_spans(map(Example, found, gold), "ents")
    return 100 * float(scores["ents_f"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("test", type=Path)
    parser.add_argument("pipelines", nargs="+")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    docs, result = read(arguments.test), {}
    print("|pipeline|", "|".join(FORMS), "|\n", "|---" * (1 + len(FORMS)), "|", sep="")
    for pipeline in arguments.pipelines:
        nlp = spacy.load(pipeline)
        result[pipeline] = {name: f1(nlp, docs, form) for name, form in FORMS.items()}
        cells = [f"{value:.1f}" for value in result[pipeline].values()]
        print("|" + "|".join([pipeline, *cells]) + "|", flush=True)
    report("capitals", {"test": arguments.test.name, "results": result})


if __name__ == "__main__":
    main()
