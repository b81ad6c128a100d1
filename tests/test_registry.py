"""Every entry point that the package declares can be had by its name."""

import configparser

import pytest
import spacy
from spacy import registry
from spacy.language import Language

from .conftest import ROOT


def declared():
    """Group, name and target of every entry point in setup.cfg."""
    settings = configparser.ConfigParser(delimiters=["="])
    settings.optionxform = str
    settings.read(ROOT / "setup.cfg")
    for group, lines in settings["options.entry_points"].items():
        for line in lines.strip().splitlines():
            name, target = (part.strip() for part in line.split("="))
            yield group, name, target


ENTRY_POINTS = list(declared())
PROMISED = {
    "architectures": [
        "spacy_lstm_ner.LSTMTagger.v1",
        "spacy_lstm_ner.LSTMTagger.v2",
        "spacy_lstm_ner.LSTMEncoder.v1",
        "spacy_lstm_ner.LexicalEmbed.v1",
        "spacy_lstm_ner.WordEmbed.v1",
        "spacy_lstm_ner.CharEmbed.v1",
    ],
    "readers": [
        "spacy_lstm_ner.read_labels.v1",
        "spacy_lstm_ner.PartlyAnnotated.v1",
        "spacy_lstm_ner.Joined.v1",
    ],
    "scorers": ["spacy_lstm_ner.ner_scorer.v1", "spacy_lstm_ner.token_scorer.v1"],
    "augmenters": ["spacy_lstm_ner.augment.v1"],
    "batchers": ["spacy_lstm_ner.DataParallel.v1"],
    "optimizers": ["spacy_lstm_ner.DataParallel.v1"],
}


@pytest.mark.parametrize(("group", "names"), PROMISED.items())
def test_registered_names_load(group, names):
    for name in names:
        assert callable(getattr(registry, group).get(name))


@pytest.mark.parametrize(("group", "name", "target"), ENTRY_POINTS)
def test_entry_points_load(group, name, target):
    spacy.blank("en")  # imports the factories
    kind = group.partition("_")[2]  # of spaCy, or of thinc
    if kind == "factories":
        assert Language.has_factory(name)
        return
    found = getattr(registry, kind).get(name)
    module, _, attribute = target.partition(":")
    if attribute and callable(found):
        assert (found.__module__, found.__name__) == (module, attribute)
    else:
        assert found
