"""Colours in displaCy."""

import spacy
from spacy import displacy, registry


def test_displacy_has_a_colour_for_each_label():
    doc = spacy.blank("en")("a b c d e")
    labels = ["GEO", "ORG", "PER", "TIM", "ART"]
    doc.ents = [spacy.tokens.Span(doc, i, i + 1, label=label) for i, label in enumerate(labels)]
    html = displacy.render(doc, style="ent", jupyter=False)
    for color in registry.displacy_colors.get("lstm_ner").values():
        assert color in html
