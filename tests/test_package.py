"""What the package promises before anything is trained."""

import subprocess
import sys

import pytest
import spacy
from spacy import displacy, registry

PROMISED = {
    "architectures": [
        "spacy_lstm_ner.LSTMTagger.v1",
        "spacy_lstm_ner.LSTMEncoder.v1",
        "spacy_lstm_ner.LexicalEmbed.v1",
        "spacy_lstm_ner.WordEmbed.v1",
        "spacy_lstm_ner.CharEmbed.v1",
    ],
    "scorers": ["spacy_lstm_ner.token_scorer.v1"],
}


@pytest.mark.parametrize(("group", "names"), PROMISED.items())
def test_registered_names_load(group, names):
    for name in names:
        assert callable(getattr(registry, group).get(name))


def test_component_needs_no_import_and_says_nothing():
    code = "import spacy; spacy.blank('en').add_pipe('lstm_ner')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert done.stderr == ""


def test_a_pipeline_without_the_component_does_not_load_its_torch_modules():
    code = (
        "import sys, spacy; spacy.blank('en');"
        "heavy = 'spacy_lstm_ner.nn', 'spacy_lstm_ner.models';"
        "print([name for name in sys.modules if name.startswith(heavy)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_displacy_has_a_colour_for_each_label():
    doc = spacy.blank("en")("a b c d e")
    labels = ["GEO", "ORG", "PER", "TIM", "ART"]
    doc.ents = [spacy.tokens.Span(doc, i, i + 1, label=label) for i, label in enumerate(labels)]
    html = displacy.render(doc, style="ent", jupyter=False)
    for color in registry.displacy_colors.get("lstm_ner").values():
        assert color in html


@pytest.mark.parametrize(
    ("setting", "value"), [("scheme", "iob"), ("head", "svm"), ("precision", "float16")]
)
def test_unknown_settings_name_what_is_expected(setting, value):
    with pytest.raises(ValueError, match=rf"LN030.*{setting}.*{value}"):
        spacy.blank("en").add_pipe("lstm_ner", config={"model": {setting: value}})


def test_settings_of_the_wrong_type_name_the_key():
    with pytest.raises(ValueError, match="hidden_width"):
        spacy.blank("en").add_pipe(
            "lstm_ner", config={"model": {"tok2vec": {"encode": {"hidden_width": "wide"}}}}
        )
