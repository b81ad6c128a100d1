from collections import Counter

import pytest
import spacy
from spacy.tokens import Doc

from spacy_lstm_ner.training.voting import Naming, vote

VOCAB = spacy.blank("en").vocab
WORDS = ["Ada", "Lovelace", "of", "London", "met", "NASA", "yesterday"]


def read(*entities, words=WORDS):
    doc = Doc(VOCAB, words=words)
    doc.set_ents([doc.char_span(*_chars(doc, text), label=label) for text, label in entities])
    return doc


def _chars(doc, text):
    start = doc.text.index(text)
    return start, start + len(text)


def annotation(doc):
    """Entities, and the words that are left open."""
    entities = [(ent.text, ent.label_) for ent in doc.ents]
    return entities, [token.text for token in doc if not token.ent_iob]


ADA, LONDON, NASA, DAY = (
    ("Ada Lovelace", "PERSON"),
    ("London", "GPE"),
    ("NASA", "NORP"),
    ("yesterday", "DATE"),
)
NAMING = Naming({"PERSON": "PER", "GPE": "GEO"}, drop=["NORP"], unknown=["DATE"])


def test_labels_are_renamed_dropped_and_left_open():
    doc = vote([read(ADA, LONDON, NASA, DAY)], NAMING)
    assert annotation(doc) == ([("Ada Lovelace", "PER"), ("London", "GEO")], ["yesterday"])
    assert [token.ent_iob_ for token in doc] == ["B", "I", "O", "B", "O", "O", ""]


def test_labels_that_nobody_names_stay():
    assert annotation(vote([read(ADA, DAY)], Naming())) == ([ADA, DAY], [])


def test_two_teachers_leave_open_what_they_disagree_on():
    one, other = read(ADA, LONDON), read(("Ada", "PERSON"), LONDON, ("NASA", "ORG"))
    found = annotation(vote([one, other], NAMING))
    assert found == ([("London", "GEO")], ["Ada", "Lovelace", "NASA"])


def test_of_three_teachers_two_decide_whether_it_is_an_entity_or_none():
    readings = [
        read(ADA, LONDON),
        read(ADA, ("London", "ORG")),
        read(("Ada", "PERSON"), ("London", "FAC"), ("NASA", "ORG")),
    ]
    assert annotation(vote(readings, NAMING)) == ([("Ada Lovelace", "PER")], ["London"])


def test_labels_are_compared_by_their_new_names():
    naming = Naming({"GPE": "GEO", "LOC": "GEO"})
    readings = [read(LONDON), read(("London", "LOC"))]
    assert annotation(vote(readings, naming)) == ([("London", "GEO")], [])


def test_a_teacher_that_cannot_know_votes_for_nothing():
    readings = [read(DAY), read(), read(("yesterday", "TIM"))]
    assert annotation(vote(readings, NAMING)) == ([], ["yesterday"])
    assert annotation(vote([read(DAY), read(), read()], NAMING)) == ([], [])


def test_teachers_may_have_tokens_of_their_own():
    words = ["Ada", "Lovelace", "of", "Lon", "don", "met", "NA", "SA", "yester", "day"]
    other = Doc(
        VOCAB, words=words, spaces=[True, True, True, False, True, True, False, True, False, False]
    )
    other.set_ents([other.char_span(0, 12, label="PERSON"), other.char_span(16, 19, label="GPE")])
    found = annotation(vote([read(ADA, LONDON), other], NAMING))
    assert found == ([("Ada Lovelace", "PER")], ["London"])
    found = annotation(vote([other, read(ADA, LONDON)], NAMING))
    assert found == ([("Ada Lovelace", "PER")], ["Lon", "don"])


def test_a_naming_that_says_two_things_of_a_label_is_refused():
    with pytest.raises(ValueError, match=r"LN213.*GPE, ORG"):
        Naming({"GPE": "GEO"}, drop=["GPE", "ORG"], unknown=["ORG", "DATE"])


@pytest.mark.parametrize("name", ["O", "!PER", " PER", ""])
def test_a_label_cannot_be_called_what_no_label_can(name):
    with pytest.raises(ValueError, match=r"LN267.*'PERSON'"):
        Naming({"PERSON": name})


FOUND = Counter(PERSON=3000, GPE=20, DATE=1)


@pytest.mark.parametrize(
    ("naming", "gold", "expected"),
    [
        (Naming({"PER": "PERSON"}), [], r"LN212.*--map names PER,.*PERSON \(3,000\), GPE \(20\)"),
        (Naming(drop=["X", "Y"]), [], r"LN212.*--drop names X, Y"),
        (Naming({"GPE": "GEO"}, unknown=["TIME"]), [], "LN212.*--unknown names TIME"),
        (Naming({"GPE": "GEO"}), ["PERSON", "GEO"], r"LN211.*have: DATE \(1\).*has: GEO, PERSON"),
        (Naming(), ["PER"], r"LN211.*DATE \(1\), GPE \(20\), PERSON \(3,000\)"),
        (Naming({"GPE": "GOE"}), ["PERSON", "GEO", "DATE"], r"LN211.*: GOE \(20, called GPE\)\."),
        (Naming(drop=["GPE", "DATE"], unknown=["PERSON"]), [], r"LN224.*: PERSON \(3,000\)"),
        (Naming(drop=["GPE", "DATE", "PERSON"]), ["PER"], "LN224"),
    ],
)
def test_a_naming_that_does_not_fit_the_labels_is_refused(naming, gold, expected):
    with pytest.raises(ValueError, match=expected):
        naming.check(FOUND, gold)


@pytest.mark.parametrize(
    ("naming", "gold"),
    [
        (Naming(), []),
        (Naming({"GPE": "GEO", "LAW": "ART"}), []),
        (Naming({"GPE": "GEO"}, drop=["PERSON", "LAW"], unknown=["DATE"]), ["GEO"]),
        (Naming({"GPE": "GEO"}, drop=["DATE"]), ["PERSON", "GEO"]),
    ],
)
def test_a_naming_that_fits_is_let_be(naming, gold):
    naming.check(FOUND, gold)


def test_names_that_no_teacher_has_are_told():
    naming = Naming({"GPE": "GEO", "PRESON": "PER"}, drop=["LAW"], unknown=["DATE", "TIME"])
    assert naming.missing(FOUND) == ["LAW", "PRESON", "TIME"]
