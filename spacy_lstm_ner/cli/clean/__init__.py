"""`python -m spacy lstm-ner clean`: what is probably annotated wrongly."""

from . import command  # noqa: F401  (adds its command)
