"""`python -m spacy lstm-ner distil`: a small, fast pipeline that does what a large one does."""

from . import command  # noqa: F401  (adds its command)
