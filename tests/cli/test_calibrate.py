import json
import re
import sys

import pytest
import spacy
from spacy.tokens import DocBin
from typer.testing import CliRunner

from spacy_lstm_ner.cli import lstm_ner_cli, pipelines
from spacy_lstm_ner.cli.pipelines import write_pipeline

from ..conformance.small import make_small
from ..pipeline.test_calibrate import make_examples, overtrained


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A pipeline that has learned by heart, and other text than it was trained on."""
    path = tmp_path_factory.mktemp("files")
    nlp = overtrained()
    nlp.to_disk(path / "model")
    write_texts(path / "dev.spacy", make_examples(nlp, 600, seed=1))
    write_texts(path / "few.spacy", make_examples(nlp, 20, seed=1))
    return path


def write_texts(path, examples):
    DocBin(docs=[eg.reference for eg in examples]).to_disk(path)


def run(*arguments):
    result = CliRunner().invoke(lstm_ner_cli, ["calibrate", *map(str, arguments)])
    return result.exit_code, " ".join(result.output.split())


def test_the_pipeline_is_written_with_what_was_fitted_and_a_page(folder, tmp_path):
    pytest.importorskip("matplotlib", reason="the extra `inspect` is not installed")
    out = tmp_path / "new" / "calibrated"
    code, output = run(
        folder / "model", folder / "dev.spacy", out, "--precision", 0.5, "--recall", 0.3
    )
    assert code == 0, output
    ner = spacy.load(out).get_pipe("lstm_ner")
    assert ner.calibration.temperature > 1.2
    assert set(ner.calibration.points) == {"precision", "recall"}
    assert ner.calibration.points["precision"].promise["text"] == "dev.spacy"
    assert "calibration error" in output
    assert "precision of at least 0.5, with a confidence of 0.99" in output
    page = (out / "calibration" / "index.html").read_text(encoding="utf-8")
    assert "recall of at least 0.3" in page
    assert (out / "calibration" / "reliability.png").read_bytes().startswith(b"\x89PNG")
    assert spacy.load(folder / "model").get_pipe("lstm_ner").calibration.temperature == 1.0


@pytest.mark.filterwarnings("ignore:.W090")
def test_a_file_of_something_else_says_so(folder, tmp_path):
    status, output = run(folder / "model", folder / "model" / "meta.json", tmp_path / "out")
    assert status == 1
    assert "LN141" in output


def test_without_matplotlib_the_pipeline_is_written_without_a_page(folder, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    code, output = run(folder / "model", folder / "dev.spacy", tmp_path / "out")
    assert code == 0, output
    assert "LW101" in output
    assert not (tmp_path / "out" / "calibration").exists()
    assert spacy.load(tmp_path / "out").get_pipe("lstm_ner").calibration.temperature > 1.2


def test_a_pipeline_can_be_calibrated_in_its_place(folder, tmp_path):
    spacy.load(folder / "model").to_disk(tmp_path / "model")
    code, output = run(tmp_path / "model", folder / "dev.spacy", tmp_path / "model")
    assert code == 0, output
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert spacy.load(tmp_path / "model").get_pipe("lstm_ner").calibration.temperature > 1.2


def test_each_label_has_a_promise_of_its_own(folder, tmp_path):
    code, output = run(
        folder / "model", folder / "dev.spacy", tmp_path / "out", "-r", 0.2, "--per-label"
    )
    assert code == 0, output
    assert "GEO: recall of at least 0.2" in output
    assert "PER: recall of at least 0.2" in output


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["model", "few.spacy", "--precision", "0.95"], "LN168"),
        (["model", "dev.spacy", "--precision", "0.9999"], "LN160"),
        (["model", "dev.spacy", "--precision", "0.99", "--confidence", "0.5"], "LN16[01]"),
        (["model", "dev.spacy", "--precision", "1.5"], r"LN034.*precision is 1\.5"),
        (["model", "dev.spacy", "--recall", "0"], "LN034.*recall is 0"),
        (["model", "dev.spacy", "--recall", "0.5", "--confidence", "1"], "LN034.*confidence"),
        (["model", "dev.spacy", "--name", "other"], "LN164.*lstm_ner"),
        (["dev.spacy", "dev.spacy"], "LN140"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_wrong_is_said_and_nothing_is_written(folder, tmp_path, arguments, code):
    model, data, *options = arguments
    status, output = run(folder / model, folder / data, tmp_path / "out", *options)
    assert status == 1
    assert re.search(code, output), output
    assert not list(tmp_path.iterdir())


def test_a_pipeline_without_the_component_says_so(folder, tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.to_disk(tmp_path / "other")
    status, output = run(tmp_path / "other", folder / "dev.spacy", tmp_path / "out")
    assert status == 1
    assert "LN164" in output
    assert "sentencizer" in output


def test_one_of_several_components_is_named(folder, tmp_path):
    nlp = spacy.load(folder / "model")
    nlp.add_pipe("lstm_ner", name="second", source=spacy.load(folder / "model"))
    nlp.to_disk(tmp_path / "two")
    status, output = run(tmp_path / "two", folder / "dev.spacy", tmp_path / "out")
    assert status == 1
    assert "LN165" in output
    assert "lstm_ner, second" in output


def test_other_folders_are_not_overwritten(folder, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("Dear Ada", encoding="utf-8")
    for path in (tmp_path / "mine", tmp_path / "mine" / "letter.txt"):
        status, output = run(folder / "model", folder / "dev.spacy", path)
        assert status == 1
        assert "LN167" in output
    assert (tmp_path / "mine" / "letter.txt").read_text(encoding="utf-8") == "Dear Ada"


def test_a_pipeline_with_other_files_beside_it_is_not_replaced(folder, tmp_path):
    project = tmp_path / "project"
    spacy.load(folder / "model").to_disk(project)
    (project / "notes.txt").write_text("Dear Ada", encoding="utf-8")
    status, output = run(project, folder / "dev.spacy", project)
    assert status == 1
    assert "LN167" in output
    assert (project / "notes.txt").exists()
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.cfg").write_text("[nlp]", encoding="utf-8")
    status, output = run(folder / "model", folder / "dev.spacy", tmp_path / "config")
    assert status == 1
    assert "LN167" in output


def test_a_pipeline_that_was_never_trained_says_so(folder, tmp_path):
    make_small().to_disk(tmp_path / "model")
    status, output = run(tmp_path / "model", folder / "dev.spacy", tmp_path / "out")
    assert status == 1
    assert "E109" in output


@pytest.mark.parametrize("error", [OSError("disk"), KeyboardInterrupt()])
def test_what_stops_the_last_step_leaves_the_pipeline_before(tmp_path, monkeypatch, error):
    nlp = spacy.blank("en")
    write_pipeline(nlp, tmp_path / "model", {})
    rename = pipelines.Path.rename

    def stop(self, target):
        if self.name == "new":
            raise error
        return rename(self, target)

    monkeypatch.setattr(pipelines.Path, "rename", stop)
    with pytest.raises((ValueError, KeyboardInterrupt)):
        write_pipeline(nlp, tmp_path / "model", {})
    assert (tmp_path / "model" / "config.cfg").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_pipeline_that_cannot_be_written_leaves_the_one_before(tmp_path, monkeypatch):
    nlp = spacy.blank("en")
    write_pipeline(nlp, tmp_path / "model", {"notes/note.txt": b"first"})

    def fail(*args, **kwargs):
        raise OSError("No space left on device")

    monkeypatch.setattr(pipelines.Path, "write_bytes", fail)
    with pytest.raises(ValueError, match=r"LN166.*No space left"):
        write_pipeline(nlp, tmp_path / "model", {"notes/note.txt": b"second"})
    assert (tmp_path / "model" / "notes" / "note.txt").read_bytes() == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert (
        json.loads((tmp_path / "model" / "meta.json").read_text(encoding="utf-8"))["lang"] == "en"
    )
