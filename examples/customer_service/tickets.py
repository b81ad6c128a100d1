"""Route tickets by the product, place and date in them, and black out what is personal.

python -m examples.customer_service.tickets training/model-best

Prints where thirty invented tickets go, and how much that is personal stays readable.
"""

import argparse
import json
import math
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span

FOLDER = Path(__file__).parent
MARKED = Path("corpus/dev.spacy")
# Entities with their probabilities decide on routes, all that may be one are blacked out.
SETTINGS = {"spans_key": "lstm_ner", "candidates_key": "likely", "min_probability": 0.001}
PERSONAL = {"PER", "GEO"}
PATTERNS = {
    "MAIL": re.compile(r"[^\s@,;<>()]+@[\w-]+(?:\.[\w-]+)+"),
    "PHONE": re.compile(r"\+?\d(?:[ ()/-]{0,2}\d){6,14}"),
}
PERSON = "a person"

# By what is decided (team, office, due): a label, and the names that lead to each destination.
Routes: TypeAlias = dict[str, dict[str, Any]]


class Choice(NamedTuple):
    """Where a ticket goes, because of what, and how sure that is."""

    to: str
    because: str
    probability: float


def route(doc: Doc, routes: Routes, threshold: float) -> dict[str, Choice]:
    """Choose a destination of each kind for a ticket.

    doc (Doc): The ticket.
    routes (Routes): What leads where.
    threshold (float): Least probability of an entity that decides.
    RETURNS (dict[str, Choice]): Of each kind of destination, the one; where nothing is found, where
        it is doubtful, and where two are named, what the table has otherwise, or a person.
    """
    spans = doc.spans["lstm_ner"]
    found = [(span, float(p)) for span, p in zip(spans, spans.attrs["scores"], strict=True)]
    return {
        kind: _choose([item for item in found if item[0].label_ == rule["label"]], rule, threshold)
        for kind, rule in routes.items()
    }


def _choose(found: list[tuple[Span, float]], rule: dict[str, Any], threshold: float) -> Choice:
    votes: dict[str, Choice] = {}
    for span, probability in sorted(found, key=lambda item: item[1]):
        for to, names in rule["routes"].items():
            words = "|".join(map(re.escape, names))
            if re.search(rf"\b(?:{words})\b", span.text, re.I):
                votes[to] = Choice(to, span.text, probability)
    sure = [vote for vote in votes.values() if vote.probability >= threshold]
    if len(sure) == 1:
        return sure[0]
    otherwise = rule.get("otherwise", PERSON)
    if sure:
        return Choice(otherwise, " and ".join(vote.because for vote in sure), 0.0)
    if votes:
        return max(votes.values(), key=lambda vote: vote.probability)._replace(to=otherwise)
    return Choice(otherwise, "nothing found", 0.0)


def redact(doc: Doc, least: float) -> str:
    """Black out names, places, addresses of mail and numbers of telephones.

    doc (Doc): The ticket.
    least (float): Least probability with which a span is taken for a name or a place.
    RETURNS (str): The text with a label in the place of each.
    """
    parts, done = [], 0
    for start, end, label, _ in sorted(personal(doc, least), key=lambda found: found[::3]):
        if start >= done:
            parts += [doc.text[done:start], f"[{label}]"]
        done = max(done, end)
    return "".join([*parts, doc.text[done:]])


def personal(doc: Doc, least: float) -> Iterator[tuple[int, int, str, float]]:
    """What is to be blacked out: its first and last character, what it is, and its doubt."""
    spans = doc.spans["likely"]
    for span, probability in zip(spans, spans.attrs["scores"], strict=True):
        if span.label_ in PERSONAL and probability >= least:
            yield span.start_char, span.end_char, span.label_, 1.0 - float(probability)
    for label, pattern in PATTERNS.items():
        for match in pattern.finditer(doc.text):
            yield match.start(), match.end(), label, 0.0


def exposures(nlp: Language, marked: Iterable[Doc]) -> list[float]:
    """Of each personal entity that is marked, the highest least probability that hides all of it.

    nlp (Language): The pipeline.
    marked (Iterable[Doc]): Documents with entities that it was not trained on.
    RETURNS (list[float]): Probabilities, 0 where a part of the entity is always readable.
    """
    found = []
    for doc, truth in nlp.pipe(((doc.text, doc) for doc in marked), as_tuples=True):
        best = [0.0] * len(doc.text)
        for start, end, _, doubt in personal(doc, 0.0):
            best[start:end] = [max(known, 1.0 - doubt) for known in best[start:end]]
        ents = [ent for ent in truth.ents if ent.label_ in PERSONAL]
        found += [min(best[ent.start_char : ent.end_char]) for ent in ents]
    return found


def least_probability(exposed: Sequence[float], recall: float) -> float:
    """The probability from which on spans are to be blacked out for a recall.

    exposed (Sequence[float]): The `exposures` of marked documents.
    recall (float): Share of the personal entities that is to be hidden altogether.
    RETURNS (float): The probability.
    RAISES (ValueError): There are no such entities, or so many cannot be hidden.
    """
    if not exposed or not 0 < recall <= 1:
        raise ValueError(f"A recall of {recall} of {len(exposed)} marked persons and places.")
    least = sorted(exposed, reverse=True)[math.ceil(recall * len(exposed)) - 1]
    if not least:
        most = sum(map(bool, exposed)) / len(exposed)
        raise ValueError(f"A recall of {recall} is too much: the pipeline finds {most:.3f}.")
    return least


def load(model: str) -> Language:
    """Load a pipeline, or end with one line that says why not."""
    try:
        return spacy.load(model, config={"components": {"lstm_ner": SETTINGS}})
    except (OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())  # in one line
        sys.exit(f"Cannot load {model!r} ({reason}). Expected a pipeline as of `make train`.")


def read_routes() -> Routes:
    """The table of routes."""
    routes: Routes = json.loads((FOLDER / "routes.json").read_text(encoding="utf-8"))
    return routes


def choose_least(nlp: Language, recall: float) -> float:
    """`least_probability` on the development split, or end with one line that says why not."""
    try:
        marked = DocBin().from_disk(MARKED).get_docs(nlp.vocab)
        return least_probability(exposures(nlp, marked), recall)
    except (OSError, ValueError) as error:
        sys.exit(f"Cannot choose what to black out: {error}")


def arguments(description: str) -> argparse.ArgumentParser:
    """What can be chosen on the command line, here and for the service."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("model", help="pipeline, such as training/model-best")
    parser.add_argument("--threshold", type=float, default=0.8, help="of what decides on a route")
    parser.add_argument("--recall", type=float, default=0.9, help="of names and places to hide")
    return parser


def main() -> None:
    """Route and redact the invented tickets."""
    args = arguments((__doc__ or "").splitlines()[0]).parse_args()
    nlp, routes = load(args.model), read_routes()
    least = choose_least(nlp, args.recall)
    lines = (FOLDER / "tickets.jsonl").read_text(encoding="utf-8").splitlines()
    tickets = [(ticket["text"], ticket) for ticket in map(json.loads, lines)]
    outcomes: Counter[str] = Counter()
    hidden: Counter[bool] = Counter()
    for doc, ticket in nlp.pipe(tickets, as_tuples=True):
        text, choice = redact(doc, least), route(doc, routes, args.threshold)["team"]
        wrong = "doubtful, to a person" if choice.to == PERSON else "wrong"
        outcomes["right" if choice.to == ticket["team"] else wrong] += 1
        hidden.update(name not in text for name in ticket["personal"])
        print(f"{choice.to:10} {choice.because} ({choice.probability:.2f})\n           {text}")
    print("\nteams:", ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items()))
    print(f"hidden from a probability of {least:.3f} on: {hidden[True]} of {hidden.total()}")


if __name__ == "__main__":
    main()
