"""What tests of conversion share."""

import csv
import io

import spacy
from spacy.tokens import DocBin

from spacy_lstm_ner.training.converters.labels import LabelMap
from spacy_lstm_ner.training.converters.problems import Problems

NLP = spacy.blank("en")
GMB_ROWS = [
    ("Sentence: 1", "London", "NNP", "B-geo"),
    ("", "’s", "POS", "O"),
    ("", "mayor", "NN", "O"),
    ("Sentence: 2", "British", "JJ", "B-gpe"),
    ("", "rain", "NN", "O"),
]


def gmb_bytes(rows=GMB_ROWS, header=("Sentence #", "Word", "POS", "Tag")):
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode("windows-1252")


def read(reader, path):
    """The documents that a format reads from a file, and the problems that it finds."""
    problems = Problems()
    documents = list(reader.read(path, NLP, LabelMap(), problems))
    return documents, problems.found


def load(path):
    return list(DocBin().from_disk(path).get_docs(NLP.vocab))
