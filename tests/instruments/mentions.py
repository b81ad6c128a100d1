"""Readings that are written by hand."""

from spacy_lstm_ner.instruments.readings import Mention, Reading


def make_reading(text, gold=(), predicted=(), *, number=1, source="dev"):
    """A reading of words.

    text (str): The words, with a space between.
    gold, predicted (Sequence[tuple]): Entities: start, end, label and, if it is told, probability.
    """
    words = text.split()
    both = {entity[:3] for entity in gold} & {entity[:3] for entity in predicted}
    sides = [
        [Mention(*entity[:3], entity[:3] in both, *entity[3:]) for entity in entities]
        for entities in (gold, predicted)
    ]
    return Reading(source, number, words, [" "] * len(words), *sides)
