"""The shipped corpus keeps its own rules."""

import itertools
import re
from collections import Counter, defaultdict

import pytest
import spacy

from spacy_lstm_ner.training.converters.inline import Inline, parse_inline
from spacy_lstm_ner.training.converters.labels import LabelMap
from spacy_lstm_ner.training.converters.problems import Problems

from .conftest import ROOT

SOURCE = ROOT / "corpus" / "source"
UNMARKED = ROOT / "corpus" / "unmarked.md"
LABELS = ["ART", "GEO", "ORG", "PER", "TIM"]
FILES = sorted(SOURCE.glob("*.md"))
# Names that must be ambiguous, and how many strings must be altogether.
AMBIGUOUS = {
    *("Amazon", "Apple", "Ford", "Java", "Jordan", "Lincoln", "May", "Mercury", "Orange"),
    *("Paris", "Phoenix", "Tesla", "Victoria", "Washington"),
}
LEAST_AMBIGUOUS = len(AMBIGUOUS) + 200
LEAST_SENTENCES = 15_000


@pytest.fixture(scope="module")
def documents():
    nlp, problems, reader = spacy.blank("en"), Problems(), Inline(labels=tuple(LABELS))
    found = []
    for path in FILES:
        found += reader.read(path, nlp, LabelMap(), problems)
    problems.raise_any()
    return found


def test_every_mark_parses_and_aligns_with_tokens(documents):
    assert [place for document in documents for place in document.lost] == []


def test_the_guideline_gives_every_label_eight_examples_and_four_counter_examples():
    text = (ROOT / "corpus" / "GUIDELINE.md").read_text(encoding="utf-8")
    for label in LABELS:
        section = re.search(rf"^## {label}:.*?(?=^## )", text, re.M | re.S).group()
        for start, least in (("Yes: ", 8), ("No: ", 4)):
            (line,) = (line for line in section.splitlines() if line.startswith(start))
            assert len(line.split(" · ")) >= least, (label, start)
    assert set(re.findall(r"\]\((\w+)\)", text)) - set(LABELS) == {"LABEL"}


def test_documents_have_two_to_eight_sentences_and_a_split():
    for path in FILES:
        for document in parse_inline(path.read_text(encoding="utf-8"), path, Problems()):
            assert 2 <= len(document.sentences) <= 8, document.name
            assert document.split in ("train", "dev", "test"), document.name
            assert document.name.startswith(path.stem), document.name


def test_no_mark_starts_with_an_article_in_small_letters(documents):
    found = [
        (document.name, ent.text)
        for document in documents
        for ent in document.doc.ents
        if ent[0].text in ("the", "a", "an") and document.path.stem != "chat"
    ]
    assert found == []


def test_no_two_sentences_are_nearly_equal(documents):
    sentences = [
        (document.name, frozenset(token.lower_ for token in sentence))
        for document in documents
        for sentence in document.doc.sents
    ]
    by_word = defaultdict(list)
    for i, (_, words) in enumerate(sentences):
        for word in words:
            by_word[word].append(i)
    close = []
    for i, (name, words) in enumerate(sentences):
        # Sentences that share 70 % of their words share one of their rarer words.
        rare = sorted(words, key=lambda word: len(by_word[word]))[: 1 + len(words) * 3 // 10]
        for j in {j for word in rare for j in by_word[word] if j < i}:
            other = sentences[j][1]
            if len(words & other) / len(words | other) > 0.7:
                close.append((name, sentences[j][0]))
    assert close == []


def test_no_run_of_eight_words_occurs_more_than_twice(documents):
    runs = Counter()
    for document in documents:
        for sentence in document.doc.sents:
            words = [token.lower_ for token in sentence]
            runs.update(tuple(words[i : i + 8]) for i in range(len(words) - 7))
    assert [run for run, count in runs.items() if count > 2] == []


def test_a_string_marked_in_a_document_is_marked_everywhere_in_it(documents):
    found = Counter(itertools.chain.from_iterable(map(left_unmarked, documents)))
    rows = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in UNMARKED.read_text(encoding="utf-8").splitlines()
        if re.match(r"\| \S+-\d+ ", line)
    ]
    assert [row for row in rows if len(row) != 4 or not row[3]] == [], "rows without a reason"
    listed = Counter(row[:3] for row in rows)

    def lines(places):
        return "\n".join(f"| {' | '.join(place)} |" for place in sorted(places.elements()))

    new, stale = lines(found - listed), lines(listed - found)
    assert not new, (
        "Marked elsewhere in the document, but not in this sentence. Mark it there, or add the row"
        f" with a reason to corpus/unmarked.md:\n{new}"
    )
    assert not stale, (
        "In corpus/unmarked.md, but no such string is left unmarked there any more. Take the row"
        f" out, or correct the number of its sentence:\n{stale}"
    )


def test_the_same_name_has_different_labels_in_different_documents(documents):
    labelled = {
        string for string, uses in ambiguous(documents).items() if len(set(uses) & set(LABELS)) > 1
    }
    assert AMBIGUOUS - labelled == set()
    assert len(labelled) >= LEAST_AMBIGUOUS


def test_there_are_enough_sentences_and_mentions_of_every_label(documents):
    assert sum(len(list(document.doc.sents)) for document in documents) >= LEAST_SENTENCES
    mentions = [(e.label_, e.text) for document in documents for e in document.doc.ents]
    for counts, least in ((mentions, 2000), (set(mentions), 1500)):
        assert min(Counter(label for label, _ in counts)[name] for name in LABELS) >= least


def test_a_seventh_of_the_documents_is_for_development_and_half_of_the_test_mentions_are_new(
    documents,
):
    splits = Counter(document.split for document in documents)
    # Documents that came later went to the other two, so that scores stay comparable.
    assert splits["test"] == 126
    assert splits["dev"] / len(documents) == pytest.approx(1 / 7, abs=0.01)
    assert unseen_in_test(documents) >= 0.5


def test_lists_in_the_readme_are_those_of_the_files(documents):
    readme = (ROOT / "corpus" / "README.md").read_text(encoding="utf-8")
    for part in (count_table, ambiguity_list):
        assert f"\n{part(documents)}\n" in readme, (
            "corpus/README.md is out of date: run python -m tests.update_corpus_counts"
        )


def test_the_example_of_the_readme_can_be_learned_but_not_looked_up(documents):
    for document in documents:
        assert "Obama flew to Thailand" not in document.doc.text
    train = mentions_by_use(document for document in documents if document.split == "train")
    assert train["Barack Obama"]["PER"]
    assert train["Thailand"]["GEO"]
    assert train["last December"]["TIM"]


def mentions_by_use(documents) -> dict[str, dict[str, list[str]]]:
    """In which documents a string has a label, once for every mention."""
    uses = defaultdict(lambda: defaultdict(list))
    for document in documents:
        for ent in document.doc.ents:
            uses[ent.text][ent.label_].append(document.name)
    return uses


def by_first_word(strings) -> dict[str, set[tuple[str, ...]]]:
    """Sequences of words, by the first of them."""
    found = defaultdict(set)
    for words in strings:
        found[words[0]].add(words)
    return found


def unmarked_places(doc, by_first) -> list:
    """Spans of whole tokens that read as one of the strings and are not inside a mark."""
    owner = {token.i: number for number, ent in enumerate(doc.ents) for token in ent}
    texts = [token.text for token in doc]
    found = []
    for start, text in enumerate(texts):
        for words in by_first.get(text, ()):
            end = start + len(words)
            owners = {owner.get(i) for i in range(start, end)}
            inside = len(owners) == 1 and None not in owners
            if not inside and tuple(texts[start:end]) == words:
                found.append(doc[start:end])
    return found


def left_unmarked(document) -> list[tuple[str, str, str]]:
    """What a document marks in one place and not in another: its id, the sentence, the string."""
    doc = document.doc
    starts = [sentence.start for sentence in doc.sents]
    return [
        (document.name, str(sum(start <= span.start for start in starts)), span.text)
        for span in unmarked_places(doc, by_first_word(tuple(t.text for t in e) for e in doc.ents))
    ]


def ambiguous(documents) -> dict[str, dict[str, int]]:
    """How often a string has which label, or none, if it has two uses in two documents.

    Unmarked places count for strings that begin with a capital.
    """
    uses = mentions_by_use(documents)
    by_first = by_first_word(
        tuple(t.text for t in ent)
        for document in documents
        for ent in document.doc.ents
        if ent.text[0].isupper()
    )
    for document in documents:
        for span in unmarked_places(document.doc, by_first):
            if span.text in uses and not any(token.ent_type_ for token in span):
                uses[span.text]["unmarked"].append(document.name)
    return {
        string: {use: len(names) for use, names in by_use.items()}
        for string, by_use in sorted(uses.items())
        if len(by_use) > 1 and len(set().union(*by_use.values())) > 1
    }


def ambiguity_list(documents) -> str:
    """The list between the markers of corpus/README.md."""
    lists = {True: [], False: []}
    for string, uses in ambiguous(documents).items():
        counts = sorted(uses.items(), key=lambda use: (use[0] == "unmarked", -use[1], use[0]))
        entry = f"{string} ({', '.join(f'{use} {count}' for use, count in counts)})"
        lists[len(set(uses) & set(LABELS)) > 1].append(entry)
    return (
        f"{len(lists[True])} strings have different labels in different documents:"
        f" {', '.join(lists[True])}.\n\n"
        f"{len(lists[False])} more have one label and stand unmarked in other documents:"
        f" {', '.join(lists[False])}."
    )


def unseen_in_test(documents) -> float:
    """The share of mentions in test that do not occur under their label in train."""
    known = {(e.text, e.label_) for d in documents if d.split == "train" for e in d.doc.ents}
    test = [(e.text, e.label_) for d in documents if d.split == "test" for e in d.doc.ents]
    return sum(mention not in known for mention in test) / len(test)


def count_table(documents) -> str:
    """The table between the markers of corpus/README.md."""
    registers = sorted({document.path.stem for document in documents})
    rows = [("register", "documents", "sentences", "tokens", *LABELS)]
    for register in [*registers, "all"]:
        part = [d for d in documents if register in ("all", d.path.stem)]
        labels = Counter(ent.label_ for d in part for ent in d.doc.ents)
        sentences = sum(len(list(d.doc.sents)) for d in part)
        tokens = sum(len(d.doc) for d in part)
        rows.append((register, len(part), sentences, tokens, *(labels[name] for name in LABELS)))
    strings = {name: set() for name in LABELS}
    for ent in itertools.chain.from_iterable(d.doc.ents for d in documents):
        strings[ent.label_].add(ent.text)
    rows.append(("distinct strings", "", "", "", *(len(strings[name]) for name in LABELS)))
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    lines.insert(1, "|" + "---|" * len(rows[0]))
    splits = Counter(document.split for document in documents)
    divided = ", ".join(f"{splits[name]} {name}" for name in ("train", "dev", "test"))
    lines += [
        "",
        f"Documents: {divided}. In test, {unseen_in_test(documents):.0%} of the mentions are"
        " strings that do not occur under that label in train.",
    ]
    return "\n".join(lines)
