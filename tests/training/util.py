"""What tests of conversion share."""

import csv
import io
import json

import pytest
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


def write_lines(path, *records):
    """Write records as JSON Lines."""
    lines = "\n".join(json.dumps(record) for record in records)
    path.write_text(lines, encoding="utf-8")
    return path


def unknown(doc):
    """The tokens of which nothing is known."""
    return [token.text for token in doc if not token.ent_iob_]


def parquet_bytes(columns, metadata=None):
    """A table in Parquet, with what `datasets` says about its columns."""
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pytest.importorskip("pyarrow").table(columns)
    if metadata is not None:
        table = table.replace_schema_metadata({"huggingface": json.dumps(metadata)})
    data = io.BytesIO()
    parquet.write_table(table, data)
    return data.getvalue()
