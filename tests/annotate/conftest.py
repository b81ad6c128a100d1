import pytest
import spacy
from spacy.language import Language


def make_finder() -> Language:
    """A pipeline that finds Ada and Berlin."""
    nlp = spacy.blank("en")
    patterns = [{"label": "PER", "pattern": "Ada"}, {"label": "GEO", "pattern": "Berlin"}]
    nlp.add_pipe("entity_ruler").add_patterns(patterns)
    return nlp


@pytest.fixture
def finder() -> Language:
    return make_finder()
