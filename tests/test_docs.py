"""Documents that are generated, or that state what files hold, are current."""

import re
from configparser import ConfigParser
from io import StringIO
from pathlib import Path

import pytest
from spacy.schemas import ConfigSchemaTraining
from spacy.util import load_model_from_config, registry
from thinc.api import Config
from weasel.cli.document import project_document

from spacy_lstm_ner.pipeline.factory import DEFAULT_LSTM_NER_MODEL

from .conftest import ROOT

START, END = "<!-- WEASEL: AUTO-GENERATED DOCS START", "<!-- WEASEL: AUTO-GENERATED DOCS END"
# Folders of the root that may hold pages which are not the repository's.
MADE = {"assets", "build", "dist", "metrics", "packages", "training", "visuals"}
FOLDERS = [
    path
    for path in ROOT.iterdir()
    if path.is_dir() and path.name not in MADE and not path.name.startswith(".")
]
PAGES = sorted([*ROOT.glob("*.md"), *(page for path in FOLDERS for page in path.rglob("*.md"))])
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def read(page: str | Path) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str | Path) -> list[str]:
    """What a page says to write into a config."""
    return re.findall(r"```ini\n(.*?)```", read(page), re.DOTALL)


# All but the list of all settings, which has comments behind them, and parts of a file of configs/.
BLOCKS = [*blocks("docs/partly.md"), *blocks("docs/settings.md")[1:]]


def anchors(page: Path) -> set[str]:
    """Names that GitHub gives the headings of a page, to link to."""
    headings = re.findall(r"^#+ (.+)$", read(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_project_documentation_is_current(tmp_path):
    committed = read("docs/project.md")
    copy = tmp_path / "project.md"
    copy.write_text(committed, encoding="utf-8")
    project_document(ROOT, copy)
    # It expects to lie beside project.yml.
    current = copy.read_text(encoding="utf-8").replace("](project.yml)", "](../project.yml)")
    assert current == committed
    assert START in committed
    assert END in committed


def test_settings_name_every_config():
    settings = read("docs/settings.md")
    for path in (ROOT / "configs").glob("*.cfg"):
        assert f"configs/{path.name}" in settings


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_to_files_lead_somewhere(page):
    for target in LINK.findall(CODE.sub("", read(page))):
        # An address on the web, or an inline mark of the corpus such as [London](GEO).
        if "://" in target or re.fullmatch(r"[A-Z]{3}", target):
            continue
        name, _, anchor = target.partition("#")
        linked = page.parent / name if name else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_scripts_and_configs_named_on_a_page_exist(page):
    for name in re.findall(r"\b(?:benchmarks|configs)/[\w/-]+\.(?:py|cfg)\b", read(page)):
        assert (ROOT / name).exists(), name


def test_readme_is_short():
    assert len(read("README.md").splitlines()) <= 100


def test_settings_are_the_defaults():
    """The block of settings, read as a config, is what the factory fills in."""
    block, *_ = blocks("docs/settings.md")
    lines = [re.sub(r"\s+#.*", "", line) for line in block.splitlines()]
    config = Config().from_str("[components]\n" + "\n".join(lines))
    assert config["components"]["lstm_ner"]["model"] == DEFAULT_LSTM_NER_MODEL


@pytest.mark.parametrize("block", BLOCKS)
def test_what_a_page_says_to_write_into_a_config_can_be_read_there(block):
    config = ConfigParser(interpolation=None)
    config.optionxform = str
    config.read_string(read("configs/default.cfg"))
    for section in re.findall(r"^\[(.+)\]$", block, re.MULTILINE):
        parent, _, name = section.rpartition(".")
        if config.has_section(parent):
            config.remove_option(parent, name)  # of null, in place of which the section is
        if config.has_section(section):
            config[section].clear()
    config.read_string(block)
    text = StringIO()
    config.write(text)
    nlp = load_model_from_config(
        Config().from_str(
            text.getvalue(), interpolate=False, overrides={"paths.train": "a", "paths.dev": "b"}
        ),
        auto_fill=True,
    )
    settings = nlp.config.interpolate()
    assert all(map(callable, registry.resolve(settings["corpora"]).values()))
    assert registry.resolve(settings["training"], schema=ConfigSchemaTraining)
