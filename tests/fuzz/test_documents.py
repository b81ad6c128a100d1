"""Documents of every kind are predicted, and what was set on them stays."""

import random

import pytest
import spacy
from spacy.tokens import Doc, Span

from ..conformance.small import make_small
from ..conftest import train
from .budget import until_deadline

WORDS = [
    "London",
    "Berlin",
    "Shaka",
    "Khan",
    "and",
    "I",
    ".",
    "?",
    "'s",
    "-",
    "ﬁ",
    "ẞ",
    "日本",
    "a" * 300,
]
ODD = [
    " ",
    "\n",
    "\n\n ",
    "\t",
    "\u200b",
    "\u202e",
    "\ufeff",
    "\x00",
    "👩‍👩‍👧",
    "e\u0301",
    "\U0010ffff",
    "\u3000",
]
LABELS = ["LOC", "PERSON", "ID-7", "Ort/Straße", "💥"]


@pytest.fixture(scope="module", params=["biluo", "bio"])
def nlp(request):
    spacy.util.fix_random_seed(0)
    nlp = make_small(scheme=request.param)
    train(nlp)
    return nlp


def make_doc(vocab):
    """A document with sentences, entities, blocked and missing tokens, or without."""
    n = random.choice([0, 1, 2, 5, 20, 200])
    words = [random.choice(random.choice([WORDS, WORDS, ODD])) for _ in range(n)]
    starts = random.choice([None, [random.choice([True, False, None]) for _ in words]])
    spaces = [random.random() < 0.7 for _ in words]
    doc = Doc(vocab, words=words, spaces=spaces, sent_starts=starts)
    cuts = sorted(random.sample(range(n + 1), k=min(n + 1, 2 * random.randrange(5))))
    spans = [Span(doc, *pair) for pair in zip(cuts[::2], cuts[1::2], strict=False)]
    kinds: dict[str, list[Span]] = {"ents": [], "blocked": [], "missing": [], "outside": []}
    for span in spans:
        kind = random.choice(list(kinds))
        label = random.choice(LABELS)
        span = Span(doc, span.start, span.end, label=label) if kind == "ents" else span
        kinds[kind].append(span)
    doc.set_ents(
        kinds.pop("ents"), **kinds, default="missing" if random.random() < 0.8 else "outside"
    )
    return doc


def spans(doc):
    return {(ent.start, ent.end, ent.label_) for ent in doc.ents}


def test_what_was_set_stays_and_nothing_fails(nlp):
    for i in until_deadline():
        random.seed(i)
        docs = [make_doc(nlp.vocab) for _ in range(random.randrange(8))]
        before = [spans(doc) for doc in docs]
        texts = [[token.text for token in doc] for doc in docs]
        blocked = [
            [token.i for token in doc if token.ent_iob == 3 and not token.ent_type] for doc in docs
        ]
        assert list(nlp.pipe(docs, batch_size=random.choice([1, 3, 100]))) == docs
        for doc, preset, words, outside in zip(docs, before, texts, blocked, strict=True):
            assert [token.text for token in doc] == words
            assert preset <= spans(doc)
            assert not any(doc[i].ent_type for i in outside)
            assert {label for _, _, label in spans(doc) - preset} <= {"LOC", "PERSON"}
            assert all(token.ent_iob for token in doc)
            for start, end, _ in spans(doc) - preset:
                assert not any(doc[i].is_space for i in (start, end - 1))
