"""`python -m spacy lstm-ner annotate`: entities of any number of texts, from files to files."""

from . import command  # noqa: F401  (adds its command)
