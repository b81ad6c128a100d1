"""The factory: what it promises before anything is trained."""

import subprocess
import sys

import pytest
import spacy


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
