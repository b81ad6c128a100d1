"""Search documents by the entities in them: `PER:Washington tea` and `GEO:Washington` differ.

python examples/search/search.py training/model-best "PER:Obama 2009"

A query is words, quoted phrases, and labels with a name or `*`: `ORG:"Red Cross" TIM:* flood` asks
for documents with the Red Cross, any date and the word flood.
"""

import argparse
import html
import math
import re
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin

from spacy_lstm_ner.instruments import page

CORPUS = [Path("corpus") / f"{split}.spacy" for split in ("train", "dev", "test")]
# All spans that may be entities are indexed, with their probabilities: a doubtful name is found
# too, below those that are certain.
LIKELY = {"candidates_key": "likely", "min_probability": 0.02}
SCHEMA = """
CREATE VIRTUAL TABLE documents USING fts5(title UNINDEXED, text);
CREATE VIRTUAL TABLE names USING fts5(document UNINDEXED, name, label UNINDEXED, start UNINDEXED,
    probability UNINDEXED);
"""
STYLE = """
li { margin: .75rem 0; } small { color: var(--soft); }
mark { background: var(--mark); color: inherit; padding: .1rem .25rem; border-radius: 3px; }
"""
TERM = re.compile(r'(?:(?P<label>[^\W\d]\w*):(?=\S))?(?:"(?P<phrase>[^"]*)"|(?P<word>\S+))')


class Term(NamedTuple):
    """A part of a query: words, and the label of the entity that they are to be part of.

    label (str): The label, "" where the words may be anywhere.
    words (str): What to find, "" for any entity of the label.
    """

    label: str
    words: str


class Name(NamedTuple):
    """An entity that was found: its text, its label, its first character and its probability."""

    text: str
    label: str
    start: int
    probability: float


class Hit(NamedTuple):
    """A document that was found.

    title, text (str): The document.
    score (float): How well it fits: bm25 of the words, times the probability of each name.
    names (list[Name]): The most probable entity for each that the query asked for.
    """

    title: str
    text: str
    score: float
    names: list[Name]


class Index:
    """Documents and their entities in SQLite's full-text search.

    labels (Iterable[str]): The labels that queries may use.
    path (str): The database. Only its memory by default.
    """

    def __init__(self, labels: Iterable[str], path: str = ":memory:") -> None:
        self.labels = sorted(labels)
        self.database = sqlite3.connect(path)
        self.database.executescript(SCHEMA)

    def add(self, title: str, text: str, names: Iterable[Name]) -> None:
        """Add a document and the entities in it."""
        row = self.database.execute("INSERT INTO documents VALUES (?, ?)", (title, text))
        self.database.executemany(
            "INSERT INTO names VALUES (?, ?, ?, ?, ?)",
            ((row.lastrowid, *name) for name in names),
        )

    def search(self, query: str) -> list[Hit]:
        """Find the documents that have everything a query asks for, best first.

        RAISES (ValueError): The query is empty, or has a label that there is not.
        """
        terms = parse(query, self.labels)
        names = [self._find_names(term) for term in terms if term.label]
        words = [_quote(term.words) for term in terms if not term.label]
        relevance = self._find_words(" ".join(words)) if words else {}
        matches = [set(part) for part in names] + ([set(relevance)] if words else [])
        hits = [
            self._make_hit(number, relevance.get(number, 1.0), [part[number] for part in names])
            for number in set.intersection(*matches)
        ]
        return sorted(hits, key=lambda hit: (-hit.score, hit.title))

    def _make_hit(self, number: int, relevance: float, names: list[Name]) -> Hit:
        title, text = self.database.execute(
            "SELECT title, text FROM documents WHERE rowid = ?", (number,)
        ).fetchone()
        return Hit(title, text, relevance * math.prod(name.probability for name in names), names)

    def _find_words(self, words: str) -> dict[int, float]:
        """Documents with all of the words, and how well they fit."""
        rows = self.database.execute(
            "SELECT rowid, -bm25(documents) FROM documents WHERE documents MATCH ?", (words,)
        )
        return dict(rows.fetchall())

    def _find_names(self, term: Term) -> dict[int, Name]:
        """The most probable entity that a term asks for in each document that has one."""
        where, values = "label = ?", [term.label]
        if term.words:
            where, values = f"{where} AND names MATCH ?", [term.label, _quote(term.words)]
        rows = self.database.execute(
            f"SELECT document, name, label, start, max(probability) FROM names WHERE {where}"
            " GROUP BY document",
            values,
        )
        return {document: Name(*name) for document, *name in rows}


def parse(query: str, labels: Sequence[str]) -> list[Term]:
    """Take a query apart.

    query (str): The query.
    labels (Sequence[str]): The labels that there are.
    RETURNS (list[Term]): What it asks for.
    RAISES (ValueError): It is empty, or has a label that there is not.
    """
    terms = []
    for match in TERM.finditer(query):
        label, words = match["label"] or "", match["phrase"] or match["word"] or ""
        if label and label not in labels:
            raise ValueError(
                f"Unknown label {label!r} in the query. Expected one of: {', '.join(labels)}."
            )
        terms.append(Term(label, "" if label and words == "*" else words))
        if not re.search(r"\w", terms[-1].words) and not terms[-1].label:
            terms.pop()  # a dash or a bracket, which no document is found by
    if not terms:
        raise ValueError("The query is empty. Give words, or a label with a name: PER:Obama 2009")
    return terms


def _quote(words: str) -> str:
    return '"' + words.replace('"', '""') + '"'


def load(model: str) -> Language:
    """Load a pipeline that finds all likely entities, or end with one line that says why not."""
    try:
        return spacy.load(model, config={"components": {"lstm_ner": LIKELY}})
    except (OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())  # in one line
        sys.exit(f"Cannot load {model!r} ({reason}). Expected a pipeline as of `make train`.")


def read(nlp: Language, paths: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """The texts of `.spacy` files, each with a title: the name of its file, and its number."""
    for path in paths:
        for number, doc in enumerate(DocBin().from_disk(path).get_docs(nlp.vocab), start=1):
            yield doc.text, f"{path.stem} {number}"


def build(nlp: Language, texts: Iterable[tuple[str, str]]) -> Index:
    """Find the entities of texts, and index both.

    nlp (Language): A pipeline.
    texts (Iterable[tuple[str, str]]): Each text with its title.
    RETURNS (Index): What can be searched.
    """
    index = Index(nlp.pipe_labels["lstm_ner"])
    for doc, title in nlp.pipe(texts, as_tuples=True):
        index.add(title, doc.text, likely_names(doc))
    return index


def likely_names(doc: Doc) -> Iterator[Name]:
    """The spans of a document that may be entities."""
    spans = doc.spans["likely"]
    for span, probability in zip(spans, spans.attrs["scores"], strict=True):
        yield Name(span.text, span.label_, span.start_char, float(probability))


def describe(query: str, hits: Sequence[Hit], limit: int) -> str:
    """Write the best hits as lines of text."""
    lines = [f"{query}: {len(hits)} found"]
    for hit in hits[:limit]:
        names = ", ".join(f"{name.text} {name.label} {name.probability:.2f}" for name in hit.names)
        lines += [f"  {hit.score:5.2f}  {hit.title:10} {names}", f"         {excerpt(hit)}"]
    return "\n".join(lines)


def write_page(found: dict[str, list[Hit]], limit: int) -> str:
    """Write the best hits of queries as a page, with what was asked for marked."""
    parts = []
    for query, hits in found.items():
        parts.append(f"<h2><code>{html.escape(query)}</code>: {len(hits)} found</h2><ol>")
        for hit in hits[:limit]:
            source = f"<small>({html.escape(hit.title)}, score {hit.score:.2f})</small>"
            parts.append(f"<li>{excerpt(hit, mark=True)} {source}</li>")
        parts.append("</ol>")
    return page.render("Search by entity", "".join(parts), style=STYLE)


def excerpt(hit: Hit, *, mark: bool = False, margin: int = 80) -> str:
    """The part of a text around the first entity that was asked for; with marks, as HTML."""
    middle = hit.names[0].start if hit.names else 0
    start, end = max(0, middle - margin), middle + 2 * margin
    parts, done = ["…" if start else ""], start
    for name in sorted(hit.names, key=lambda name: name.start) if mark else []:
        if done <= name.start and name.start + len(name.text) <= end:
            parts.append(html.escape(hit.text[done : name.start]))
            note = f"<small>{html.escape(name.label)} {name.probability:.2f}</small>"
            parts.append(f"<mark>{html.escape(name.text)} {note}</mark>")
            done = name.start + len(name.text)
    rest = hit.text[done:end]
    parts += [html.escape(rest) if mark else rest, "…" if end < len(hit.text) else ""]
    return "".join(parts)


def main() -> None:
    """Index documents, and answer queries."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", help="pipeline, such as training/model-best")
    parser.add_argument("queries", nargs="+", help="such as 'PER:Obama 2009'")
    parser.add_argument("--docs", nargs="+", type=Path, default=CORPUS, help=".spacy files")
    parser.add_argument("--limit", type=int, default=5, help="hits to show of each query")
    parser.add_argument("--page", type=Path, help="HTML file to write the hits to as well")
    args = parser.parse_args()
    nlp = load(args.model)
    try:
        index = build(nlp, read(nlp, args.docs))
        found = {query: index.search(query) for query in args.queries}
        if args.page:
            args.page.write_text(write_page(found, args.limit), encoding="utf-8")
    except (OSError, ValueError) as error:
        sys.exit(f"Cannot search: {error}")
    for query, hits in found.items():
        print(describe(query, hits, args.limit))


if __name__ == "__main__":
    main()
