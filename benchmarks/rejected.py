"""Corpora of judged suggestions, to train on by `accuracy.py`.

python benchmarks/rejected.py CORPORA OUT [--start 500] [--judged 500]
python benchmarks/accuracy.py OUT RESULTS OUT/variants.json     (CORPORA: as corpora.py makes them)

A weak pipeline is trained on the first sentences of the Groningen Meaning Bank. It suggests
entities in the next ones, and each suggestion is judged by the annotation: right or wrong. OUT gets
folders whose training text is

- `start`, the first sentences alone;
- `judged`, these, and the next ones with the right suggestions as entities, the wrong ones as
  rejected, and nothing known of other tokens;
- `accepted`, the same without what was rejected;
- `annotated`, these, and the next ones with their annotation.

Development and test text are whole. A judge says yes or no; what annotating costs is marking.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import spacy
from corpora import load, write
from spacy.tokens import Doc, Span
from trainings import do, on_corpus

from spacy_lstm_ner.training.labelling import bare

CONFIG, KEY = Path("configs/default.cfg"), "incorrect_spans"
VARIANTS = {
    "default": {
        "config": str(CONFIG),
        "settings": {"components.lstm_ner.incorrect_spans_key": KEY},
    }
}


def suggest(pipeline: Path, docs: Sequence[Doc]) -> list[list[tuple[int, int, str]]]:
    """What a pipeline finds on the tokens of documents."""
    nlp = spacy.load(pipeline)
    found = nlp.pipe(bare(doc, nlp.vocab) for doc in docs)
    return [[(ent.start, ent.end, ent.label_) for ent in doc.ents] for doc in found]


def judge(doc: Doc, suggestions: Sequence[tuple[int, int, str]], *, rejected: bool) -> Doc:
    """A document of which is known what suggestions are right, and perhaps which are wrong."""
    right = {(ent.start, ent.end, ent.label_) for ent in doc.ents}
    judged = bare(doc, doc.vocab)
    spans = [Span(judged, *suggestion) for suggestion in suggestions]
    accepted = [s for s in spans if (s.start, s.end, s.label_) in right]
    judged.set_ents(accepted, default="missing")
    if rejected:
        judged.spans[KEY] = [s for s in spans if (s.start, s.end, s.label_) not in right]
    return judged


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--start", type=int, default=500)
    parser.add_argument("--judged", type=int, default=500)
    arguments = parser.parse_args()
    parts = load(arguments.corpora / "gmb")
    first = parts["train"][: arguments.start]
    following = parts["train"][arguments.start : arguments.start + arguments.judged]
    start = arguments.output / "start"
    write(start, {**parts, "train": first})
    weak = on_corpus(CONFIG, start, start / "weak", seed=0)
    do([weak])
    suggestions = suggest(weak.pipeline, following)
    pairs = list(zip(following, suggestions, strict=True))
    judged = [judge(doc, found, rejected=True) for doc, found in pairs]
    accepted = [judge(doc, found, rejected=False) for doc, found in pairs]
    write(arguments.output / "judged", {**parts, "train": first + judged})
    write(arguments.output / "accepted", {**parts, "train": first + accepted})
    write(arguments.output / "annotated", {**parts, "train": first + following})
    yes = sum(len(doc.ents) for doc in judged)
    no = sum(len(doc.spans[KEY]) for doc in judged)
    there = sum(len(doc.ents) for doc in following)
    print(f"{yes} suggestions are right, {no} wrong; {there} entities are annotated")
    variants = arguments.output / "variants.json"
    variants.write_text(json.dumps(VARIANTS, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
