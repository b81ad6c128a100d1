"""Related documents: those that share entities, the more the rarer and the surer these are.

python examples/recommendation/recommend.py training/model-best "test 42"

Finds the entities of the shipped corpus, and what to read after a document, with the reason.
"""

import argparse
import html
import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin

from spacy_lstm_ner.instruments import page

CORPUS = [Path("corpus") / f"{split}.spacy" for split in ("train", "dev", "test")]
SCORED = {"spans_key": "lstm_ner"}  # gives each entity a probability
DATES = "TIM"  # "Monday" is said of too many things to relate them
STYLE = """
ol { padding-left: 1.5rem; } li { margin: .75rem 0; } li p, blockquote { margin: .25rem 0; }
blockquote { padding: .75rem; border-radius: 4px; background: var(--mark); }
small, .why { color: var(--soft); }
"""


class Mention(NamedTuple):
    """An entity in a document: its text, its label, and how probable it is."""

    text: str
    label: str
    probability: float


class Entity(NamedTuple):
    """What documents share: a name in small letters, with its label."""

    name: str
    label: str


class Related(NamedTuple):
    """A document that is related to another.

    title (str): The document.
    score (float): How much.
    shared (dict[Entity, float]): What each entity that both mention adds to it, most first.
    """

    title: str
    score: float
    shared: dict[Entity, float]


class Library:
    """Documents with the entities in them."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.sure: dict[str, dict[Entity, float]] = {}  # of a document: its entities' probabilities
        self.documents: dict[Entity, list[str]] = defaultdict(list)
        self.spellings: dict[Entity, str] = {}

    def add(self, title: str, text: str, mentions: Iterable[Mention]) -> None:
        """Add a document. Of several mentions of an entity in it, the surest counts."""
        self.texts[title], sure = text, self.sure.setdefault(title, {})
        for mention in mentions:
            entity = Entity(mention.text.lower(), mention.label)
            self.spellings.setdefault(entity, mention.text)
            if entity not in sure:
                self.documents[entity].append(title)
            sure[entity] = max(sure.get(entity, 0.0), mention.probability)

    def rarity(self, entity: Entity) -> float:
        """How much it says that a document mentions an entity, the idf: 0 if all do."""
        return math.log(len(self.texts) / len(self.documents[entity]))

    def relate(self, title: str, limit: int = 5) -> list[Related]:
        """Find the documents most related to one.

        title (str): The document.
        limit (int): How many to return at most.
        RETURNS (list[Related]): Those that share an entity, most related first.
        RAISES (ValueError): There is no such document.
        """
        if title not in self.texts:
            some = ", ".join(repr(known) for known in list(self.texts)[-3:])
            raise ValueError(f"There is no document {title!r}. Expected one such as {some}.")
        shared: dict[str, dict[Entity, float]] = defaultdict(dict)
        for entity, sure in self.sure[title].items():
            for other in self.documents[entity]:
                if other != title:
                    weight = sure * self.sure[other][entity] * self.rarity(entity)
                    shared[other][entity] = weight
        related = [
            Related(other, sum(weights.values()), _most_first(weights))
            for other, weights in shared.items()
        ]
        return sorted(related, key=lambda found: (-found.score, found.title))[:limit]

    def explain(self, found: Related) -> str:
        """Say why a document is related."""
        reasons = (
            f"{entity.label} {self.spellings[entity]} (in {len(self.documents[entity])} documents)"
            for entity in found.shared
        )
        return f"both mention {', '.join(reasons)}"


def _most_first(weights: dict[Entity, float]) -> dict[Entity, float]:
    return dict(sorted(weights.items(), key=lambda item: -item[1]))


def find_mentions(doc: Doc) -> list[Mention]:
    """The entities of a document but for dates."""
    return [
        Mention(ent.text, ent.label_, ent._.probability) for ent in doc.ents if ent.label_ != DATES
    ]


def load(model: str) -> Language:
    """Load a pipeline whose entities have probabilities, or end with one line that says why not."""
    try:
        return spacy.load(model, config={"components": {"lstm_ner": SCORED}})
    except (OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())  # in one line
        sys.exit(f"Cannot load {model!r} ({reason}). Expected a pipeline as of `make train`.")


def read(nlp: Language, paths: Iterable[Path]) -> Iterator[tuple[Doc, str]]:
    """The documents of `.spacy` files, each with a title: the name of its file, and its number."""
    for path in paths:
        for number, doc in enumerate(DocBin().from_disk(path).get_docs(nlp.vocab), start=1):
            yield doc, f"{path.stem} {number}"


def build(nlp: Language, paths: Iterable[Path]) -> Library:
    """Find the entities of the documents in `.spacy` files."""
    library = Library()
    texts = ((doc.text, title) for doc, title in read(nlp, paths))
    for doc, title in nlp.pipe(texts, as_tuples=True):
        library.add(title, doc.text, find_mentions(doc))
    return library


def describe(library: Library, title: str, related: list[Related]) -> str:
    """Write related documents as lines of text."""
    lines = [f"{title}: {library.texts[title]}", "", "Related:" if related else "Nothing related."]
    for found in related:
        text = library.texts[found.title]
        lines += [
            f"  {found.score:5.1f}  {found.title}: {library.explain(found)}",
            f"         {text[:100]}{'…' if len(text) > 100 else ''}",
        ]
    return "\n".join(lines)


def write_page(library: Library, title: str, related: list[Related]) -> str:
    """Write a document and those that are related to it as a page."""
    parts = [f"<blockquote>{html.escape(library.texts[title])}</blockquote>"]
    parts.append(f"<h2>{'To read next' if related else 'Nothing is related to it'}</h2><ol>")
    for found in related:
        heading = f"<strong>{html.escape(found.title)}</strong> <small>{found.score:.1f}</small>"
        reason = f'<p class="why">{html.escape(library.explain(found))}</p>'
        text = f"<p>{html.escape(library.texts[found.title])}</p>"
        parts.append(f"<li>{heading}{reason}{text}</li>")
    return page.render(f"Related to {title}", "".join([*parts, "</ol>"]), style=STYLE)


def main() -> None:
    """Find what is related to a document."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", help="pipeline, such as training/model-best")
    parser.add_argument(
        "title", help="document, such as 'test 42', which is the 42nd of test.spacy"
    )
    parser.add_argument("--docs", nargs="+", type=Path, default=CORPUS, help=".spacy files")
    parser.add_argument("--limit", type=int, default=5, help="documents to show")
    parser.add_argument("--page", type=Path, help="HTML file to write them to as well")
    args = parser.parse_args()
    nlp = load(args.model)
    try:
        library = build(nlp, args.docs)
        related = library.relate(args.title, args.limit)
        if args.page:
            args.page.write_text(write_page(library, args.title, related), encoding="utf-8")
    except (OSError, ValueError) as error:
        sys.exit(f"Cannot recommend documents: {error}")
    print(describe(library, args.title, related))


if __name__ == "__main__":
    main()
