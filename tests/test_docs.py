"""Documents that are generated, or that state what files hold, are current."""

import re

import pytest
from weasel.cli.document import project_document

from .conftest import ROOT

START, END = "<!-- WEASEL: AUTO-GENERATED DOCS START", "<!-- WEASEL: AUTO-GENERATED DOCS END"


def test_project_documentation_is_current(tmp_path):
    committed = (ROOT / "README.md").read_text(encoding="utf-8")
    copy = tmp_path / "README.md"
    copy.write_text(committed, encoding="utf-8")
    project_document(ROOT, copy)
    assert copy.read_text(encoding="utf-8") == committed
    assert START in committed
    assert END in committed


def test_readme_names_every_config():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in (ROOT / "configs").glob("*.cfg"):
        assert f"configs/{path.name}" in readme


@pytest.mark.parametrize("name", ["README.md", "docs/architecture.md", "benchmarks/README.md"])
def test_links_to_files_lead_somewhere(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        if re.fullmatch(r"[A-Z]{3}", target) is None:  # an inline mark, shown as an example
            assert (ROOT / name).parent.joinpath(target).exists(), target


def test_readme_settings_are_the_defaults():
    """The block of settings, read as a config, is what the factory fills in."""
    from thinc.api import Config

    from spacy_lstm_ner.pipeline.factory import DEFAULT_LSTM_NER_MODEL

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"```ini\n(.*?)```", readme, re.DOTALL)
    assert block
    lines = [re.sub(r"\s+#.*", "", line) for line in block[1].splitlines()]
    config = Config().from_str("[components]\n" + "\n".join(lines))
    assert config["components"]["lstm_ner"]["model"] == DEFAULT_LSTM_NER_MODEL
