from spacy_lstm_ner.instruments.pairing import Cause, confusion, pair

from .mentions import make_reading


def pairs_of(gold, predicted):
    return list(pair(make_reading("a b c d e f g h", gold, predicted)))


def causes(gold, predicted):
    return [found.cause for found in pairs_of(gold, predicted)]


def test_what_is_wrong_is_named():
    assert causes([(0, 2, "X")], [(0, 2, "X")]) == [None]
    assert causes([(0, 2, "X")], [(0, 2, "Y")]) == [Cause.LABEL]
    assert causes([(0, 2, "X")], [(1, 3, "X")]) == [Cause.BOUNDARY]
    assert causes([(0, 2, "X")], [(1, 3, "Y")]) == [Cause.BOTH]
    assert causes([], [(1, 3, "Y")]) == [Cause.SPURIOUS]
    assert causes([(1, 3, "Y")], []) == [Cause.MISSED]
    assert causes([(0, 2, "X")], [(2, 3, "X")]) == [Cause.MISSED, Cause.SPURIOUS]


def test_the_same_label_goes_before_more_tokens_and_more_tokens_before_few():
    first, second = pairs_of([(0, 4, "X")], [(0, 3, "Y"), (3, 4, "X")])
    assert (first.cause, first.predicted.start) == (Cause.BOUNDARY, 3)
    assert (second.cause, second.predicted.start) == (Cause.SPURIOUS, 0)
    first, second = pairs_of([(0, 4, "X")], [(0, 1, "X"), (1, 4, "X")])
    assert (first.predicted.start, second.cause) == (1, Cause.SPURIOUS)


def test_equal_entities_go_together_before_all_others():
    """Predicted entities may overlap where the pipeline has other tokens than the annotation."""
    assert causes([(0, 1, "X")], [(0, 2, "X"), (0, 1, "X")]) == [None, Cause.SPURIOUS]


def test_confusion_has_every_entity_once_and_none_on_both_sides():
    gold = [(0, 1, "X"), (1, 2, "X"), (3, 5, "Y"), (6, 7, "X")]
    predicted = [(0, 1, "X"), (1, 2, "Y"), (4, 5, "Y"), (7, 8, "Y")]
    found = confusion(pairs_of(gold, predicted))
    expected = {("X", "X"): 1, ("X", "Y"): 1, ("Y", "Y"): 1, ("X", ""): 1, ("", "Y"): 1}
    assert found == expected


def test_a_long_document_takes_no_longer_than_its_parts_together():
    """Entities are paired with those near by, so 20,000 of them are no 400 million pairs."""
    gold = [(i, i + 1, "X") for i in range(0, 40_000, 2)]
    predicted = [(i, i + 1, "Y") for i in range(0, 40_000, 2)]
    reading = make_reading("a " * 40_000, gold, predicted)
    assert {found.cause for found in pair(reading)} == {Cause.LABEL}
