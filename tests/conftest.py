import os
import sys
import zipfile
from pathlib import Path

# Small pipelines gain nothing from threads, and threads that wait for each other on a busy machine
# take ten times as long. Read when the libraries load; processes that tests start inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Ray tells nobody that there are tests.
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

import pytest
import spacy
from spacy.language import Language
from spacy.training import Example

ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared" / "data"
ENGLISH = "en_lstm_ner_sm"

TRAIN = [
    ("Who is Shaka Khan?", [(7, 17, "PERSON")]),
    ("I like London and Berlin.", [(7, 13, "LOC"), (18, 24, "LOC")]),
]


def make_examples(nlp: Language) -> list[Example]:
    return [Example.from_dict(nlp.make_doc(text), {"entities": ents}) for text, ents in TRAIN]


def entities(doc) -> list[tuple[str, str]]:
    return [(ent.text, ent.label_) for ent in doc.ents]


def train(nlp: Language, *, steps: int = 60) -> dict[str, float]:
    return learn(nlp, make_examples(nlp), steps=steps)


def learn(nlp: Language, examples: list[Example], *, steps: int = 60) -> dict[str, float]:
    """Initialize and learn the same examples over and over; the last losses."""
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.005
    losses: dict[str, float] = {}
    for _ in range(steps):
        losses = nlp.update(examples, sgd=optimizer, losses={})
    return losses


@pytest.fixture(autouse=True)
def seed():
    spacy.util.fix_random_seed(0)


class SeedShared:
    """Lets what several tests share be the same whichever tests ran before.

    A plugin of its own: of this file, pytest calls no hook for fixtures of the whole session, since
    the session lies above it.
    """

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef):
        if fixturedef.scope != "function":
            spacy.util.fix_random_seed(0)


def pytest_configure(config):
    config.pluginmanager.register(SeedShared())


@pytest.fixture(scope="session")
def trained() -> Language:
    """A pipeline that knows TRAIN by heart. Tests must not change it."""
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner")
    train(nlp)
    return nlp


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The English pipeline in models/."""
    (path,) = (ROOT / "models").glob(f"{ENGLISH}-*.whl")
    return path


@pytest.fixture(scope="session")
def site(wheel, tmp_path_factory) -> Path:
    """A folder like site-packages, with the English pipeline in it."""
    path = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(path)
    return path


@pytest.fixture
def installed(site, monkeypatch):
    """As if the English pipeline were installed."""
    monkeypatch.syspath_prepend(str(site))
    yield site
    sys.modules.pop(ENGLISH, None)
