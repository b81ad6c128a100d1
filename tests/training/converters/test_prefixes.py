import pytest

from spacy_lstm_ner.training.converters.annotated import Row
from spacy_lstm_ner.training.converters.prefixes import add_prefixes


def tags_of(*sentences):
    rows = [[Row(1, "w", tag) for tag in sentence.split()] for sentence in sentences]
    return [" ".join(row.tag for row in sentence) for sentence in add_prefixes(rows)]


def test_neighbours_of_one_label_are_one_entity():
    assert tags_of("PER PER O LOC", "LOC ORG ORG O - ORG") == [
        "B-PER I-PER O B-LOC",
        "B-LOC B-ORG I-ORG O - B-ORG",
    ]


@pytest.mark.parametrize(
    "sentences",
    [
        ("PER O", "B-LOC"),  # one prefix anywhere
        ("PER O E-LOC",),
        ("NN VB NN",),  # no "O": a column of something else
        ("_ _",),
        ("O - O",),
    ],
)
def test_other_tags_are_left_as_they_are(sentences):
    assert tags_of(*sentences) == list(sentences)


def test_a_label_may_have_a_hyphen():
    assert tags_of("O GPE-LOC GPE-LOC") == ["O B-GPE-LOC I-GPE-LOC"]
