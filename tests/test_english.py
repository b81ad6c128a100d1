"""The English pipeline in models/: small, fit for this version, and as README.md says."""

import lzma
import re
import subprocess
import sys
import zipfile
from email.parser import Parser

import pytest
import spacy
from packaging.requirements import Requirement
from spacy.cli.train import train
from spacy.tokens import DocBin

from spacy_lstm_ner.models.format import read_layer
from spacy_lstm_ner.training.converters.gmb import GMB

from .conftest import ENGLISH, ROOT, entities
from .first_example import main as run_first_example
from .test_composition import write_corpus
from .training.util import gmb_bytes

MEGABYTES = 6


def metadata(site):
    (path,) = site.glob("*.dist-info/METADATA")
    return Parser().parsestr(path.read_text(encoding="utf-8"))


def test_it_is_small(wheel):
    assert wheel.stat().st_size <= MEGABYTES * 10**6


def test_it_asks_for_a_version_of_this_package_and_of_spacy(site):
    required = map(Requirement, metadata(site).get_all("Requires-Dist"))
    versions = {item.name.replace("-", "_"): item.specifier for item in required}
    (ours,) = re.findall(r"^version = (.*)$", (ROOT / "setup.cfg").read_text(), re.MULTILINE)
    assert versions["spacy_lstm_ner"].contains(ours, prereleases=True)
    assert versions["spacy"].contains(spacy.__version__)


def test_it_says_whose_it_is_and_what_it_was_made_of(installed):
    meta = spacy.load(ENGLISH).meta
    assert meta["license"] == "MIT"
    assert {"name", "url", "license"} <= set(meta["sources"][0])
    assert len(meta["description"]) > 40


def test_the_first_example_prints_what_the_page_says(installed):
    run_first_example()


def test_weights_have_16_bits(installed):
    nlp = spacy.load(ENGLISH)
    for node in nlp.get_pipe("lstm_ner").model.walk():
        for shim in node.shims:
            for weights in read_layer(shim.to_bytes()).tensors.values():
                assert bytes(weights.half().float().numpy()) == bytes(weights.numpy())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Angela Merkel met Emmanuel Macron in Paris on Tuesday.",
            ["Angela Merkel PER", "Emmanuel Macron PER", "Paris GEO", "Tuesday TIM"],
        ),
        ("", []),
        ("Nothing is here to be found.", []),
    ],
)
def test_it_finds_what_anyone_would(installed, text, expected):
    found = entities(spacy.load(ENGLISH)(text))
    assert [f"{text} {label}" for text, label in found] == expected


def test_training_goes_on_from_it_with_labels_of_ones_own(installed, tmp_path):
    """What it knew it still knows, and the new label is learned with few sentences."""
    frames = ("I had {} for lunch.", "We like {} very much.", "Is there any {} left?")
    foods = ("soup", "rice", "salad", "bread")
    texts = [frame.format(food) for frame in frames for food in foods]
    foods_of = [
        (text, [(text.index(food), text.index(food) + len(food), "FOOD")])
        for text, food in zip(texts, foods * len(frames), strict=True)
    ]
    corpus = write_corpus(tmp_path / "train.spacy", foods_of)
    overrides = {
        "paths.train": str(corpus),
        "paths.dev": str(corpus),
        "training.max_steps": 40,
        "training.eval_frequency": 40,
    }
    train(ROOT / "configs" / "finetune.cfg", tmp_path / "training", overrides=overrides)
    nlp = spacy.load(tmp_path / "training" / "model-best")
    assert nlp.get_pipe("lstm_ner").labels == ("ART", "FOOD", "GEO", "ORG", "PER", "TIM")
    found = entities(nlp("Angela Merkel had soup for lunch in Paris."))
    assert found == [("Angela Merkel", "PER"), ("soup", "FOOD"), ("Paris", "GEO")]


def test_its_raw_text_is_the_words_of_gmb_and_of_the_texts(tmp_path):
    sentences = range(sum(GMB.published_split))
    rows = [[(f"Sentence: {i}", f"Ann{i}", "NNP", "B-per"), ("", ".", ".", "O")] for i in sentences]
    with zipfile.ZipFile(tmp_path / "gmb.zip", "w") as archive:
        archive.writestr("ner.csv", gmb_bytes([row for pair in rows for row in pair]))
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "masc.txt").write_text("Ann 's mail\n\nIt is n't here .\n", encoding="utf-8")
    with lzma.open(texts / "speeches.txt.xz", "wt", encoding="utf-8") as file:
        file.write("We're here. You are not.\n")
    output = tmp_path / "made" / "raw.spacy"
    script = ROOT / "models" / "english_text.py"
    command = [sys.executable, script, tmp_path / "gmb.zip", texts, output]
    subprocess.run(command, check=True, capture_output=True)
    docs = list(DocBin().from_disk(output).get_docs(spacy.blank("en").vocab))
    words = [[token.text for token in doc] for doc in docs]
    assert words == [
        *([f"Ann{i}", "."] for i in sentences[: GMB.published_split.train]),
        ["Ann", "'s", "mail"],
        ["It", "is", "n't", "here", "."],
        ["We", "'re", "here", "."],
        ["You", "are", "not", "."],
    ]
    assert not any(token.ent_iob for doc in docs for token in doc)
