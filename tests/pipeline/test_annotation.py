import numpy as np
import pytest
import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_lstm_ner.pipeline.annotation import (
    MISSING,
    gold_tags,
    preset_tags,
    read_annotation,
    reference_labels,
    trim_whitespace,
)
from spacy_lstm_ner.tags import TagScheme

SCHEME = TagScheme(["GEO", "PER"])


def names(tags):
    return ["-" if tag == MISSING else SCHEME.tags[tag] for tag in tags]


def make_doc(vocab, words, ents=(), **settings):
    doc = Doc(vocab, words=words)
    spans = [Span(doc, start, end, label=label) for start, end, label in ents]
    doc.set_ents(spans, **{"default": "outside", **settings})
    return doc


def make_example(vocab, predicted, reference, ents, **settings):
    return Example(Doc(vocab, words=predicted), make_doc(vocab, reference, ents, **settings))


def test_gold_tags_of_several_documents():
    vocab = spacy.blank("en").vocab
    first = make_example(vocab, list("abc"), list("abc"), [(0, 2, "GEO")])
    second = make_example(vocab, ["Ann", "ran"], ["Ann", "ran"], [(0, 1, "PER")])
    found = names(gold_tags([first, second], SCHEME))
    assert found == ["B-GEO", "L-GEO", "O", "U-PER", "O"]


def test_gold_tags_keep_neighbours_of_one_label_apart():
    vocab = spacy.blank("en").vocab
    ents = [(0, 2, "GEO"), (2, 3, "GEO"), (3, 6, "GEO")]
    example = make_example(vocab, list("abcdef"), list("abcdef"), ents)
    found = names(gold_tags([example], SCHEME))
    assert found == ["B-GEO", "L-GEO", "U-GEO", "B-GEO", "I-GEO", "L-GEO"]


def test_gold_tags_do_not_run_on_into_the_next_document():
    vocab = spacy.blank("en").vocab
    first = make_example(vocab, ["a", "b"], ["a", "b"], [(1, 2, "GEO")])
    second = make_example(vocab, ["c"], ["c"], [(0, 1, "GEO")])
    found = names(gold_tags([first, second], SCHEME))
    assert found == ["O", "U-GEO", "U-GEO"]


def test_gold_tags_of_missing_annotation():
    vocab = spacy.blank("en").vocab
    example = make_example(vocab, ["a", "b"], ["a", "b"], [(0, 1, "GEO")], default="missing")
    assert names(gold_tags([example], SCHEME)) == ["U-GEO", "-"]


def test_gold_tags_align_tokens_that_were_split_or_merged():
    vocab = spacy.blank("en").vocab
    merged = make_example(vocab, ["NewYork", "won"], ["New", "York", "won"], [(0, 2, "GEO")])
    split = make_example(vocab, ["New", "York", "won"], ["NewYork", "won"], [(0, 1, "GEO")])
    assert names(gold_tags([merged], SCHEME)) == ["U-GEO", "O"]
    assert names(gold_tags([split], SCHEME)) == ["B-GEO", "L-GEO", "O"]


def test_gold_tags_take_whitespace_off_the_ends():
    vocab = spacy.blank("en").vocab
    words = [" ", "New", "\n", "York", " "]
    example = make_example(vocab, words, words, [(0, 5, "GEO")])
    found = names(gold_tags([example], SCHEME))
    assert found == ["O", "B-GEO", "I-GEO", "L-GEO", "O"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("B _ I", "B _ I"),
        ("B _ _ O", "B . . O"),
        ("B _ I _ _", "B _ I . ."),
        ("B _ B _ I", "B . B _ I"),
        ("B I _ -", "B I . -"),
        ("B _|B _", "B .|B ."),
        ("O . B", "O . B"),
    ],
)
def test_whitespace_is_trimmed_off_what_ends_with_it(before, after):
    """A low line is whitespace inside of an entity, a dot whitespace outside, a bar a new text."""
    scheme = TagScheme(["GEO"], scheme="bio")
    numbers = {"O": 0, "B": 1, "I": 2, "_": 2, ".": 0, "-": MISSING}
    texts = [text.split() for text in before.split("|")]
    symbols = [symbol for text in texts for symbol in text]
    last = np.array([i == len(text) - 1 for text in texts for i in range(len(text))])
    tags = np.array([numbers[symbol] for symbol in symbols])
    space = np.array([symbol in "_." for symbol in symbols])
    expected = [numbers[symbol] for symbol in after.replace("|", " ").split()]
    assert trim_whitespace(tags, space, last, scheme).tolist() == expected


@pytest.mark.parametrize("name", ["biluo", "bio"])
def test_gold_tags_keep_a_line_break_inside(name):
    scheme = TagScheme(["GEO"], scheme=name)
    words = ["New", "\n", "York", "\n", "\n"]
    example = make_example(spacy.blank("en").vocab, words, words, [(0, 5, "GEO")])
    tags = [scheme.tags[tag] for tag in gold_tags([example], scheme)]
    last = "L-GEO" if name == "biluo" else "I-GEO"
    assert tags == ["B-GEO", "I-GEO", last, "O", "O"]


@pytest.mark.parametrize("seed", range(5))
def test_fast_and_aligned_gold_tags_agree(seed):
    vocab = spacy.blank("en").vocab
    random = np.random.default_rng(seed)
    words, ents, start = [f"w{i}" for i in range(30)], [], 0
    while start < 28:
        end = start + int(random.integers(1, 4))
        if random.random() < 0.6:
            ents.append((start, min(end, 28), str(random.choice(["GEO", "PER"]))))
        start = end
    same = make_example(vocab, words, words, ents)
    # A reference in fewer tokens takes the aligning path, up to its last two tokens.
    joined = make_example(vocab, words, [*words[:28], "w28w29"], ents)
    found = gold_tags([joined], SCHEME)[:28]
    assert np.array_equal(gold_tags([same], SCHEME)[:28], found)


def test_gold_tags_of_a_document_do_not_depend_on_its_neighbours():
    vocab = spacy.blank("en").vocab
    words = ["Ann", "met", "Bob", "and", "Cid"]
    example = make_example(vocab, words, words, [(0, 1, "PER"), (4, 5, "ORG")])
    doc = example.reference
    doc.set_ents(doc.ents, blocked=[Span(doc, 2, 3)], default="outside")
    misaligned = make_example(vocab, ["xy"], ["x", "y"], [])
    assert names(gold_tags([example], SCHEME)) == ["U-PER", "O", "-", "O", "-"]
    assert names(gold_tags([example, misaligned], SCHEME)) == ["U-PER", "O", "-", "O", "-", "O"]


def test_preset_tags_are_entities_and_blocked_tokens():
    vocab = spacy.blank("en").vocab
    doc = Doc(vocab, words=list("abcd"))
    blocked = [Span(doc, 3, 4)]
    doc.set_ents([Span(doc, 0, 2, label="PER")], blocked=blocked, default="missing")
    found = names(preset_tags(read_annotation([doc]), SCHEME))
    assert found == ["B-PER", "L-PER", "-", "O"]


def test_preset_entities_of_an_unknown_label_are_outside():
    vocab = spacy.blank("en").vocab
    doc = Doc(vocab, words=list("abc"))
    doc.set_ents([Span(doc, 0, 2, label="ART")], default="missing")
    assert names(preset_tags(read_annotation([doc]), SCHEME)) == ["O", "O", "-"]


def test_tokens_outside_by_an_earlier_component_are_free():
    vocab = spacy.blank("en").vocab
    doc = make_doc(vocab, list("ab"))
    assert names(preset_tags(read_annotation([doc]), SCHEME)) == ["-", "-"]


def test_old_negative_labels_are_refused():
    vocab = spacy.blank("en").vocab
    example = make_example(vocab, ["a"], ["a"], [(0, 1, "!PER")])
    with pytest.raises(ValueError, match="E869"):
        reference_labels([example])
