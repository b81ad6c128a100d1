"""Commands given files of something else: a coded message, never a traceback."""

import pytest
import spacy
from spacy.cli._util import app
from spacy.util import registry
from typer.testing import CliRunner

registry.cli.get_all()  # as `python -m spacy` does, so that plugins add their commands

SCORES = {
    "folder": None,
    "empty": "",
    "list": "[]",
    "number": "1",
    "other": '{"a": 1}',
    "cut": '{"a',
}
SCORES["strings"] = '{"ents_f": "a", "ents_p": 1, "ents_r": 1, "ents_per_type": {}, "speed": 1}'


def fails(*args):
    """What a command says that ends by itself with exit code 1."""
    result = CliRunner().invoke(app, ["lstm-ner", *map(str, args)])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit), result.exception
    return "".join(result.output.split())


def put(path, content):
    path.mkdir() if content is None else path.write_text(content)
    return path


@pytest.mark.parametrize("kind", SCORES)
def test_scores_of_something_else(tmp_path, kind):
    assert "LN130" in fails("scores", f"a={put(tmp_path / kind, SCORES[kind])}")


@pytest.mark.parametrize("content", [None, "", "no documents"])
def test_render_of_something_else(tmp_path, content):
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler")
    nlp.to_disk(tmp_path / "pipeline")
    data = put(tmp_path / "x.spacy", content)
    assert "LN141" in fails("render", tmp_path / "pipeline", data, tmp_path / "x.html")


@pytest.mark.parametrize("model", ["nowhere", "."])
def test_render_by_no_pipeline(tmp_path, model):
    data = put(tmp_path / "x.spacy", "")
    assert "LN140" in fails("render", tmp_path / model, data, tmp_path / "x.html")


def test_render_by_a_pipeline_that_finds_no_entities(tmp_path):
    spacy.blank("en").to_disk(tmp_path / "pipeline")
    data = put(tmp_path / "x.spacy", "")
    assert "LN143" in fails("render", tmp_path / "pipeline", data, tmp_path / "x.html")


@pytest.mark.parametrize(
    "content",
    [
        None,
        "",
        "no config",
        "[nlp]\nlang = 1\n",
        '[nlp]\nlang = "en"\npipeline = ["a"]\n[components]\n[components.a]\nsource = "nowhere"\n',
    ],
)
def test_debug_data_of_something_else(tmp_path, content):
    assert "LN144" in fails("debug-data", put(tmp_path / "x.cfg", content))
