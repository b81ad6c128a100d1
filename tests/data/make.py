"""Saves pipelines with the present version, for later versions to load.

python -m tests.data.make   (writes tests/data/lstm_ner-<version>/, to stay as it is for ever)
"""

import json
import tempfile
import zipfile
from importlib.metadata import version
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.training import Example

from ..conftest import entities

HERE = Path(__file__).parent

PIPELINES = {
    "default": {
        "tok2vec": {
            "embed": {
                "word_width": 12,
                "min_count": 1,
                "rows": [60, 120, 60],
                "widths": [6, 6, 6],
                "char_width": 8,
            },
            "encode": {"hidden_width": 16},
        },
    },
    "course": {
        "scheme": "bio",
        "head": "softmax",
        "tok2vec": {
            "embed": {
                "@architectures": "spacy_lstm_ner.WordEmbed.v1",
                "width": 16,
                "min_count": 1,
            },
            "encode": {"hidden_width": 16, "bidirectional": False, "clip_norm": None},
        },
    },
}
TRAIN = [
    ("Ann Lee flew to Rome.", ["Ann Lee PER", "Rome GEO"]),
    ("In May the mayor of New York met Bob.", ["May TIM", "New York GEO", "Bob PER"]),
    ("Rome and Paris are far from here.", ["Rome GEO", "Paris GEO"]),
    ("It rains in Paris, says Bob Stone!", ["Paris GEO", "Bob Stone PER"]),
    ("She sold 3 naïve paintings in May 1912.", ["May 1912 TIM"]),
    ("Nothing at all happened here.", []),
]
# Texts of the training data, and others whose words it never shows.
TEXTS = [text for text, _ in TRAIN] + [
    "",
    "Bob flew to New York, Zoë to Łódź.",
    "In May  the MAYOR’S 12 friends\nleft Rome for 東京 — and for Paris.",
]
# All characters have a vector, most of which no text here asks for. Zeros take no room in a zip.
CHARACTERS = 384


def train(model: dict) -> Language:
    spacy.util.fix_random_seed(0)
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner", config={"model": {"precision": "float32", **model}})
    examples = [make_example(nlp, text, marks) for text, marks in TRAIN]
    optimizer = nlp.initialize(lambda: examples)
    for table in character_tables(nlp):
        table.data[CHARACTERS:] = 0.0
    optimizer.learn_rate = 0.01
    for _ in range(600):
        nlp.update(examples, sgd=optimizer)
    return nlp


def make_example(nlp: Language, text: str, marks: list[str]) -> Example:
    spans = []
    for mark in marks:
        words, label = mark.rsplit(" ", 1)
        start = text.index(words)
        spans.append((start, start + len(words), label))
    return Example.from_dict(nlp.make_doc(text), {"entities": spans})


def character_tables(nlp: Language):
    for node in nlp.get_pipe("lstm_ner").model.walk():
        for shim in node.shims:
            for name, parameter in shim.module.named_parameters():
                if name == "characters.table.weight":
                    yield parameter


def describe(nlp: Language) -> dict:
    """What a pipeline finds in TEXTS, and the scores of its last text, rounded."""
    ner = nlp.get_pipe("lstm_ner")
    scores = ner.model.predict([nlp.make_doc(TEXTS[-1])])[0]
    return {
        "labels": list(ner.labels),
        "entities": [[list(ent) for ent in entities(doc)] for doc in nlp.pipe(TEXTS)],
        "scores": [[round(float(value), 4) for value in row] for row in scores],
    }


def write(folder: Path) -> None:
    folder.mkdir()
    for name, model in PIPELINES.items():
        nlp = train(model)
        with tempfile.TemporaryDirectory() as written:
            nlp.to_disk(written)
            with zipfile.ZipFile(folder / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                for path in sorted(Path(written).rglob("*")):
                    archive.write(path, path.relative_to(written))
        text = json.dumps(describe(nlp), ensure_ascii=False, indent=1)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(HERE / f"lstm_ner-{version('spacy_lstm_ner')}")
