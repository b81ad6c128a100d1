import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import nullcontext

import pytest
import spacy
from spacy.cli._util import app
from spacy.tokens import Doc, DocBin
from spacy.util import load_config, registry
from typer.testing import CliRunner

from spacy_lstm_ner.cli.lock import locked
from spacy_lstm_ner.cli.processes import JobError
from spacy_lstm_ner.cli.sweep import engines, training
from spacy_lstm_ner.cli.sweep.engines import Engine
from spacy_lstm_ner.training import student

from ...conformance.small import make_small

registry.cli.get_all()  # as `python -m spacy` does, so that plugins add their commands

NAMES = ["Ada", "Bo", "Cy", "Dan", "Eve", "Fay"]
PLACES = ["Rome", "Bonn", "Kyiv", "Oslo"]
WIDTH = "components.lstm_ner.model.tok2vec.encode.hidden_width"
# Of a training: what is not the same on a busy machine.
TIMES = ("minutes", "speed")


def write_corpus(path, names):
    vocab = spacy.blank("en").vocab
    tags = ["B-PER", "O", "B-GEO", "O"]
    docs = [
        Doc(vocab, words=[name, "saw", place, "."], ents=tags) for name in names for place in PLACES
    ]
    DocBin(docs=docs).to_disk(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Corpora, and the configs of two small pipelines that learn a little of them."""
    path = tmp_path_factory.mktemp("files")
    write_corpus(path / "train.spacy", NAMES[:4])
    write_corpus(path / "dev.spacy", NAMES[3:])
    config = student.default_config("en").merge({"components": make_small().config["components"]})
    config["training"] |= {"max_steps": 12, "eval_frequency": 4}
    config["training"]["batcher"]["size"] = 20
    config.to_disk(path / "small.cfg")
    load_config(path / "small.cfg", {WIDTH: 8}).to_disk(path / "narrow.cfg")
    return path


def arguments(folder, out, *options, configs=("small", "narrow")):
    paths = [f"--paths.{name}={folder / name}.spacy" for name in ("train", "dev")]
    files = [folder / f"{name}.cfg" for name in configs]
    return [*map(str, ["lstm-ner", "sweep", *files, "--output", out, *paths, *options])]


def run(folder, out, *options, code=0, **settings):
    """What the command says."""
    result = CliRunner().invoke(app, arguments(folder, out, *options, **settings))
    assert result.exit_code == code, (result.output, result.exception)
    return " ".join(re.sub(r"\x1b\[[0-9;]*m", "", result.output).split())


def run_here(work, jobs, *, workers, advance, failed):
    for number, job in enumerate(jobs):
        try:
            work(job, advance)
        except Exception as error:
            failed(JobError(number, str(error)))


@pytest.fixture
def here(monkeypatch):
    """There are no processes but this one."""
    engine = Engine(lambda task: nullcontext(), run_here)
    monkeypatch.setitem(engines.ENGINES, "local", engine)


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def scores_of(out):
    """What each training scored, but for what depends on the machine."""
    found = {path.parent.relative_to(out): read(path) for path in out.glob("*/*/scores.json")}
    return {
        str(name): {key: value for key, value in scores.items() if key not in TIMES}
        for name, scores in found.items()
    }


def state(folder):
    """Every file but the lock, and when it was written."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "lock")
    return {path: path.stat().st_mtime_ns for path in files}


@pytest.fixture(scope="module")
def done(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "new" / "sweep"
    return out, run(folder, out, "--seeds", 2)


def test_each_config_is_trained_with_each_seed_as_spacy_does(folder, done, tmp_path):
    out, _ = done
    assert set(scores_of(out)) == {"small/0", "small/1", "narrow/0", "narrow/1"}
    for name in ("small", "narrow"):
        paths = [f"--paths.{part}={folder / part}.spacy" for part in ("train", "dev")]
        command = ["train", folder / f"{name}.cfg", "--output", tmp_path, "--system.seed", 1]
        result = CliRunner().invoke(app, [*map(str, command), *paths])
        assert result.exit_code == 0, result.output
        ours, theirs = (out / name / "1" / "model-best"), tmp_path / "model-best"
        model = "lstm_ner/model"
        assert (ours / model).read_bytes() == (theirs / model).read_bytes()
        assert load_config(ours / "config.cfg") == load_config(theirs / "config.cfg") | {
            "training": load_config(theirs / "config.cfg")["training"] | {"seed": 1}
        }
        log = (out / name / "1" / "training.log").read_text(encoding="utf-8")
        assert "ENTS_F" in log


def test_scores_are_those_of_the_best_weights_on_development_text(folder, done):
    out, _ = done
    told = read(out / "small" / "1" / "scores.json")
    nlp = spacy.load(out / "small" / "1" / "model-best")
    scores = nlp.evaluate(list(spacy.training.Corpus(folder / "dev.spacy")(nlp)))
    assert told["ents_f"] == scores["ents_f"] > 0
    assert told["ents_per_type"] == scores["ents_per_type"]
    assert told["steps"] == 13  # spaCy counts them from 0 to the most there are
    assert told["minutes"] > 0
    assert told["speed"] > 0


def test_the_table_has_mean_and_deviation_of_both_seeds(done):
    out, said = done
    told = read(out / "results.json")
    assert list(told) == ["small", "narrow"]
    assert "config seeds F1 (%) precision recall steps minutes words/s" in said
    for name in told:
        first, second = (read(out / name / str(seed) / "scores.json")["ents_f"] for seed in (0, 1))
        mean, deviation = (first + second) / 2, abs(first - second) / math.sqrt(2)
        assert told[name]["ents_f"] == pytest.approx({"mean": mean, "deviation": deviation})
        assert f"{name} 2 {100 * mean:.2f} ± {100 * deviation:.2f}" in said
    assert str(out / "results.json") in said


def test_what_is_done_is_not_done_again_and_seeds_can_be_added(folder, done, here):
    out, said = done
    before, scores = state(out), scores_of(out)
    assert said.endswith(run(folder, out, "--seeds", 2))
    changed = {path for path, at in state(out).items() if before.get(path) != at}
    assert {path.name for path in changed} <= {"results.json"}
    assert "narrow 3" in run(folder, out, "--seeds", 3, configs=["narrow"])
    added = {path for path, at in state(out).items() if before.get(path) != at}
    assert {path.parent.name for path in added if path.name == "scores.json"} == {"2"}
    assert scores.items() <= scores_of(out).items()


def test_ctrl_c_keeps_what_is_whole(folder, done, here, monkeypatch, tmp_path):
    out, train = tmp_path / "out", training.train_pipeline

    def stop(nlp, path, **settings):
        if path.parent.name == "narrow":
            (path / "model-last").mkdir()
            raise KeyboardInterrupt
        train(nlp, path, **settings)

    monkeypatch.setattr(training, "train_pipeline", stop)
    run(folder, out, "--seeds", 1, code=130)
    assert list(scores_of(out)) == ["small/0"]
    assert [path.name for path in (out / "narrow").iterdir() if path.is_dir()] == []
    before = state(out / "small" / "0")
    monkeypatch.setattr(training, "train_pipeline", train)
    run(folder, out, "--seeds", 1)
    assert state(out / "small" / "0") == before
    expected = {name: found for name, found in scores_of(done[0]).items() if name.endswith("/0")}
    assert scores_of(out) == expected


@pytest.mark.slow
def test_after_a_kill_the_same_command_goes_on(folder, here, tmp_path):
    out = tmp_path / "out"
    options = ("--seeds", 2, "--workers", 1)
    command = arguments(folder, out, *options, configs=["small"])
    with subprocess.Popen(
        [sys.executable, "-m", "spacy", *command], stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        while not list(out.glob("small/1.*.part")):
            assert process.poll() is None
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
    assert list(scores_of(out)) == ["small/0"]
    assert list(out.glob("small/1.*.part"))
    before = state(out / "small" / "0")
    run(folder, out, *options, configs=["small"])
    assert set(scores_of(out)) == {"small/0", "small/1"}
    assert state(out / "small" / "0") == before
    assert not list(out.glob("small/*.part"))


def test_a_training_that_fails_is_told_at_the_end_and_the_others_go_on(folder, tmp_path, here):
    out = tmp_path / "out"
    load_config(folder / "small.cfg", {"paths.vectors": "nowhere"}).to_disk(folder / "bad.cfg")
    said = run(folder, out, "--seeds", 1, configs=["bad", "narrow"], code=1)
    assert re.search(r"bad 0 - - - - - - narrow 1 [\d.]+ .*bad/0 failed .*nowhere", said), said
    assert list(scores_of(out)) == ["narrow/0"]
    assert list(read(out / "results.json")["narrow"]["seeds"]) == ["0"]
    # Nothing was trained by it, so it can be corrected.
    before = state(out / "narrow" / "0")
    load_config(folder / "small.cfg").to_disk(folder / "bad.cfg")
    run(folder, out, "--seeds", 1, configs=["bad", "narrow"])
    assert set(scores_of(out)) == {"bad/0", "narrow/0"}
    assert state(out / "narrow" / "0") == before


def test_another_config_of_the_same_name_is_refused(folder, done):
    out, _ = done
    before = state(out)
    said = run(folder, out, "--training.max_steps", 16, f"--{WIDTH}=12", code=1)
    assert "LN341" in said
    assert "training.max_steps was 12, now it is 16" in said
    assert f"{WIDTH} was 24, now it is 12" in said
    assert "eval_frequency" not in said
    assert state(out) == before


def test_other_corpora_are_refused(folder, done, tmp_path):
    out, _ = done
    before, text = state(out), (folder / "dev.spacy").read_bytes()
    write_corpus(folder / "dev.spacy", NAMES[4:])
    try:
        said = run(folder, out, "--seeds", 2, code=1)
    finally:
        (folder / "dev.spacy").write_bytes(text)
    assert "LN214" in said
    assert re.search(r"paths\.dev was \"\w+\", now", said)
    assert state(out) == before


def test_without_its_manifest_a_config_is_begun_anew(folder, tmp_path, here):
    out = tmp_path / "out"
    run(folder, out, "--seeds", 1)
    narrow = state(out / "narrow")
    (out / "small" / "manifest.json").unlink()
    run(folder, out, "--seeds", 1, "--training.max_steps", 4, configs=["small"])
    assert read(out / "small" / "0" / "scores.json")["steps"] == 5
    assert state(out / "narrow") == narrow


def test_a_damaged_result_is_named(folder, tmp_path, here):
    out = tmp_path / "out"
    run(folder, out, "--seeds", 1, configs=["narrow"])
    (out / "narrow" / "0" / "scores.json").write_text('{"ents_f"')
    said = run(folder, out, "--seeds", 1, configs=["narrow"], code=1)
    assert re.search(r"LN344.*narrow/0/scores\.json", said), said


@pytest.mark.parametrize(
    ("configs", "options", "expected"),
    [
        (["small", "./small"], (), "LN340.*'small'"),
        (["nowhere"], (), "LN343.*nowhere"),
        (["train"], (), "LN343.*train"),
        (["small"], ("--training.nothing.here", 1), "LN343.*training -> nothing"),
        (["small"], ("--system.seed", 1), "LN342.*system.seed"),
        (["small"], ("--engine", "spark"), "LN030.*'spark'.*local, ray"),
        (["small"], ("--address", "auto"), "LN310.*'auto'"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_made(
    folder, tmp_path, configs, options, expected
):
    (folder / "train.cfg").write_text("no config", encoding="utf-8")
    said = run(folder, tmp_path / "out", *options, configs=configs, code=1)
    assert re.search(expected, said), said
    assert not (tmp_path / "out").exists()


def test_without_a_config_the_order_is_told(folder, tmp_path):
    assert "CONFIG" in run(folder, tmp_path / "out", configs=[], code=2)


def test_other_files_and_folders_stay_what_they_are(folder, tmp_path):
    (tmp_path / "letter.txt").write_text("Dear Ada", encoding="utf-8")
    assert "LN215" in run(folder, tmp_path, code=1)
    assert "LN215" in run(folder, tmp_path / "letter.txt", code=1)
    assert "LN142" in run(folder, tmp_path / "letter.txt" / "out", code=1)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_two_runs_do_not_train_in_one_folder(folder, done):
    out, _ = done
    with locked(out / "_work"):
        assert re.search(f"LN302.*{out.name}", run(folder, out, code=1))


@pytest.mark.slow
def test_a_cluster_trains_the_same(folder, done, tmp_path):
    pytest.importorskip("ray")
    out = tmp_path / "out"
    run(folder, out, "--seeds", 1, "--engine", "ray")
    expected = {name: found for name, found in scores_of(done[0]).items() if name.endswith("/0")}
    assert scores_of(out) == expected


def test_a_folder_of_somebody_else_is_not_written_over(folder, tmp_path, here):
    notes = tmp_path / "sweep" / "small" / "notes.txt"
    notes.parent.mkdir(parents=True)
    notes.write_text("mine")
    (tmp_path / "sweep" / "_work").mkdir()
    assert "LN215" in run(folder, tmp_path / "sweep", code=1)
    assert notes.read_text() == "mine"
