"""The shipped corpus keeps its own rules."""

import itertools
import re
from collections import Counter, defaultdict

import pytest
import spacy

from spacy_lstm_ner.training.inline import parse_inline, read_inline
from spacy_lstm_ner.training.labels import LabelMap
from spacy_lstm_ner.training.problems import Problems

from .conftest import ROOT

SOURCE = ROOT / "corpus" / "source"
LABELS = ["ART", "GEO", "ORG", "PER", "TIM"]
FILES = sorted(SOURCE.glob("*.md"))


@pytest.fixture(scope="module")
def documents():
    nlp, problems, names = spacy.blank("en"), Problems(), set()
    found = []
    for path in FILES:
        found += read_inline(path, nlp, LabelMap(), problems, known_labels=LABELS, names=names)
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
        if ent[0].text in ("the", "a", "an") and document.register != "chat"
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


def test_counts_in_the_readme_are_those_of_the_files(documents):
    readme = (ROOT / "corpus" / "README.md").read_text(encoding="utf-8")
    assert count_table(documents) in readme


def test_the_example_of_the_readme_is_not_in_the_corpus(documents):
    for document in documents:
        assert "Obama flew to Thailand" not in document.doc.text


def count_table(documents) -> str:
    """The table between the markers of corpus/README.md."""
    registers = sorted({document.register for document in documents})
    rows = [("register", "documents", "sentences", "tokens", *LABELS)]
    for register in [*registers, "all"]:
        part = [d for d in documents if register in ("all", d.register)]
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
    known = {(e.text, e.label_) for d in documents if d.split == "train" for e in d.doc.ents}
    test = [(e.text, e.label_) for d in documents if d.split == "test" for e in d.doc.ents]
    unseen = sum(mention not in known for mention in test) / len(test)
    lines += [
        "",
        f"Documents: {divided}. In test, {unseen:.0%} of the mentions are strings that do",
    ]
    lines[-1] += " not occur under that label in train."
    return "\n".join(lines)
