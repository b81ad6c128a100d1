"""`python -m spacy lstm-ner sweep`: several configs, each with several seeds."""

from . import command  # noqa: F401  (adds its command)
