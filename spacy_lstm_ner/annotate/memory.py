"""Memory that does not grow with what is read."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from spacy.language import Language

# Words that a vocabulary takes in for good. A word that it has is not analysed again, so the most
# frequent ones are to be among them: without any, a pipeline is a third slower.
MOST_WORDS = 100_000


def bounded(nlp: Language) -> AbstractContextManager[Any]:
    """A context in which a pipeline may read some more; no document outlives it.

    Once the vocabulary has many words, what it learns in the context is forgotten at its end.

    nlp (Language): The pipeline.
    """
    return nullcontext() if len(nlp.vocab) < MOST_WORDS else nlp.memory_zone()
