import json

import pytest

from spacy_lstm_ner.instruments.suspects import (
    Suspect,
    find_suspects,
    join_rounds,
    weights_left,
)

from .mentions import make_reading

TEXT = "Ada Lovelace saw New York in May 1840 with Bo"
GOLD = [(0, 2, "PER", 0.99), (3, 5, "GEO", 0.2), (6, 7, "TIM", 0.3), (9, 10, "PER", 0.4)]
READ = [(0, 2, "PER", 0.99), (3, 4, "ORG", 0.5), (4, 5, "GEO", 0.6), (6, 8, "TIM", 0.65)]


def find(gold, read, *, number=1):
    return list(find_suspects(make_reading(TEXT, gold, read, number=number)))


def make(document, score, *, start=0, annotated="PER", believed=()):
    return Suspect(
        document, start, start + 3, 0, 1, "Ada", "", "", annotated, believed, 1 - score, score
    )


def test_annotated_entities_that_are_not_read_are_suspects():
    york, may, bo = find(GOLD, READ, number=7)
    assert (york.document, york.text, york.annotated) == (7, "New York", "GEO")
    assert (york.start, york.end) == (TEXT.index("New"), TEXT.index(" in May"))
    assert (york.first_token, york.end_token) == (3, 5)
    assert (york.left, york.right) == ("Ada Lovelace saw ", " in May 1840 with Bo ")
    assert (york.probability, york.score) == (0.2, pytest.approx(0.8))
    assert [(each.text, each.label, each.probability) for each in york.believed] == [
        ("New", "ORG", 0.5),
        ("York", "GEO", 0.6),
    ]
    (longer,) = may.believed
    assert (longer.text, longer.start, longer.end) == ("May 1840", 29, 37)
    assert (longer.first_token, longer.end_token) == (6, 8)
    assert (bo.annotated, bo.believed, bo.score) == ("PER", [], pytest.approx(0.6))


def test_entities_that_are_read_where_nothing_is_annotated_are_suspects():
    (york,) = find(GOLD[:1], [READ[0], (3, 5, "GEO", 0.9)])
    assert (york.text, york.annotated) == ("New York", None)
    assert [(each.text, each.label) for each in york.believed] == [("New York", "GEO")]
    assert (york.probability, york.score) == (pytest.approx(0.1), pytest.approx(0.9))


def test_an_entity_of_a_label_that_nobody_annotated_is_suspected_only_against_annotation():
    of_a_rule = (3, 5, "PRODUCT", None)
    assert find(GOLD[:1], [READ[0], of_a_rule]) == []
    (york,) = find(GOLD[:2], [READ[0], of_a_rule])
    assert (york.annotated, york.score) == ("GEO", pytest.approx(0.8))
    assert [(each.label, each.probability) for each in york.believed] == [("PRODUCT", None)]


def test_where_both_agree_there_is_nothing_to_suspect():
    assert find(GOLD, GOLD) == []
    assert find([], []) == []


def test_context_ends_after_fifteen_tokens():
    words = [f"w{i}" for i in range(50)]
    reading = make_reading(" ".join(words), [(20, 22, "PER", 0.1)])
    (suspect,) = find_suspects(reading)
    assert suspect.left.split() == words[5:20]
    assert suspect.right.split() == words[22:37]


def test_a_suspect_can_be_written_as_json_and_read_again():
    for suspect in (*find(GOLD, READ), *find([], READ)):
        record = json.loads(json.dumps(suspect.to_json(), allow_nan=False))
        assert Suspect.from_json(record) == suspect


def test_rounds_are_joined_by_their_places_the_most_probable_error_first():
    rounds = [
        [make(1, 0.8), make(2, 0.9)],
        [make(1, 0.6), make(1, 0.5, start=9)],
    ]
    joined = join_rounds(rounds)
    assert [(each.document, each.start, each.rounds) for each in joined] == [
        (1, 0, 2),
        (2, 0, 1),
        (1, 9, 1),
    ]
    assert [each.score for each in joined] == pytest.approx([0.7, 0.45, 0.25])
    assert joined[0].probability == pytest.approx(0.2)  # as the surest round sees it
    assert join_rounds(rounds[:1]) == [rounds[0][1], rounds[0][0]]


def test_other_labels_at_one_place_are_other_suspects():
    (new,) = find([], [(3, 5, "GEO", 0.9)])
    (other,) = find([], [(3, 5, "ORG", 0.8)])
    (wrong,) = find([(3, 5, "GEO", 0.1)], [])
    assert len(join_rounds([[new], [other], [wrong]])) == 3


def test_a_document_counts_less_for_each_round_that_contradicts_it():
    rounds = [[make(1, 0.8), make(1, 0.9, start=9), make(2, 0.9)], [make(1, 0.6)], []]
    assert weights_left(rounds) == pytest.approx({1: 0.49, 2: 0.7})
