"""Ray, on a cluster of two nodes with a core each."""

import json
import os
import shutil
import subprocess
import sys
from functools import partial

import numpy as np
import pyarrow as pa
import pytest
import ray
from ray.cluster_utils import Cluster

from spacy_lstm_ner.annotate import arrow
from spacy_lstm_ner.cli.annotate import plan, run
from spacy_lstm_ner.cli.annotate.engines import ENGINES
from spacy_lstm_ner.cli.annotate.engines import ray as engine
from spacy_lstm_ner.cli.annotate.plan import make_plan
from spacy_lstm_ner.cli.annotate.run import annotate, facts_of
from spacy_lstm_ner.cli.annotate.task import Task
from spacy_lstm_ner.cli.manifest import write_manifest
from spacy_lstm_ner.cli.processes import JobError
from spacy_lstm_ner.errors import CodedError
from spacy_lstm_ner.pipeline.version import version_of
from tests.annotate.conftest import make_finder
from tests.conftest import ROOT

from . import deadly

ENTRY_POINT = f"[spacy_factories]\ndeadly = {deadly.__name__}:Deadly\n"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Of a cluster whose workers know the component `deadly`."""
    plugins = tmp_path_factory.mktemp("plugins")
    info = plugins / "deadly-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: deadly\nVersion: 1\n")
    (info / "entry_points.txt").write_text(ENTRY_POINT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(plugins), str(ROOT)]))
        cluster = Cluster()
        for _ in range(2):
            cluster.add_node(num_cpus=1, include_dashboard=False)
        yield cluster.address
        cluster.shutdown()


@pytest.fixture(scope="module")
def joined(address):
    """This process is connected to the cluster."""
    ray.init(address, logging_level="ERROR", log_to_driver=False)
    yield
    ray.shutdown()


@pytest.fixture(autouse=True)
def in_parts(monkeypatch):
    monkeypatch.setattr(plan, "SMALLEST", 9000)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    (folder / "killed").touch()
    nlp = make_finder()
    nlp.add_pipe("deadly", config={"marker": str(folder / "killed")})
    nlp.to_disk(folder / "finder")
    return folder / "finder"


@pytest.fixture
def texts(tmp_path):
    """1,000 texts, of which one ends its process once, and one is none."""
    path = tmp_path / "texts.jsonl"
    records = [{"id": i, "text": f"Ada {i}", "meta": "abcdefgh" * (i % 5)} for i in range(1000)]
    records[500]["text"] = "deadly"
    records[700]["text"] = 3
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return path


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class Missing:
    """Is not there on another machine, as what is of a package that is not installed there."""

    def __reduce__(self):
        return int, ("no package",)


def do_one_part(monkeypatch, name):
    """An engine does one part, and fails."""
    whole = ENGINES[name]

    def annotate_one(task, plan, left, advance):
        whole.annotate(task, plan, left[:1], advance)
        raise JobError(1, "no power")

    monkeypatch.setitem(ENGINES, name, whole._replace(annotate=annotate_one))


def test_when_a_worker_is_killed_the_output_is_what_it_is_without(model, texts, tmp_path, joined):
    (model.parent / "killed").unlink()
    counts = annotate(Task(str(model), str(texts), tmp_path / "ray", engine="ray"))
    assert int((model.parent / "killed").read_text()) != os.getpid()
    assert (counts.annotated, counts.failed) == (999, 1)
    annotate(Task(str(model), str(texts), tmp_path / "local", workers=1))
    found = content(tmp_path / "ray")
    assert found == content(tmp_path / "local")
    assert len(found) > 5
    assert json.loads(found["_errors.jsonl"])["id"] == 700


def test_a_part_that_ends_every_process_is_given_up(model, texts, tmp_path):
    task = Task(str(model), str(texts), tmp_path / "out", engine="ray")
    write_manifest(task.manifest, {})
    (task.work / "starts-000002").write_bytes(b"...")
    work = engine.Work(task, make_plan(task), version_of(model), tmp_path)
    assert work({"item": np.array([2])})["error"] == [""]
    assert "ended 4 processes" in work({"item": np.array([2])})["error"][0]


def test_what_ray_cannot_do_is_told_in_a_line(model, texts, tmp_path, joined, monkeypatch, capfd):
    monkeypatch.setattr(engine, "version_of", lambda model: Missing())
    with pytest.raises(CodedError, match=r"LN303.*LN312.*no package.*The 0 of"):
        annotate(Task(str(model), str(texts), tmp_path / "out", engine="ray"))
    assert "Traceback" not in capfd.readouterr().err


def test_engines_go_on_with_what_another_began_but_not_with_another_pipeline(
    model, texts, tmp_path, joined, monkeypatch
):
    annotate(Task(str(model), str(texts), tmp_path / "whole", workers=1))
    task = partial(Task, str(model), str(texts), tmp_path / "out", workers=1)
    for name, done in (("local", 1), ("ray", 2)):
        with monkeypatch.context() as patch:
            do_one_part(patch, name)
            with pytest.raises(CodedError, match=rf"LN303.*no power.*The {done} of"):
                annotate(task(engine=name, resume=done > 1))
    with monkeypatch.context() as patch:
        patch.setattr(engine, "version_of", lambda model: "of yesterday")
        with pytest.raises(CodedError, match=r"LN303.*LN287.*of yesterday.*The 2 of"):
            annotate(task(engine="ray", resume=True))
    annotate(task(engine="local", resume=True))
    assert content(tmp_path / "out") == content(tmp_path / "whole")


def test_a_machine_that_sees_other_files_says_so(model, texts, tmp_path, joined, monkeypatch):
    def lose(task):
        facts = facts_of(task)
        texts.unlink()
        return facts

    monkeypatch.setattr(run, "facts_of", lose)
    with pytest.raises(CodedError, match=r"LN303.*LN309.*texts\.jsonl is not there"):
        annotate(Task(str(model), str(texts), tmp_path / "out", engine="ray"))


def test_parts_that_went_elsewhere_are_missed(model, texts, tmp_path, joined):
    task = Task(str(model), str(texts), tmp_path / "out", engine="ray")
    plan = make_plan(task)
    write_manifest(task.manifest, {})
    with pytest.raises(CodedError, match=r"LN309.*done-000000\.json is not there"):
        engine.RAY.annotate(task, plan, [0], lambda *done: task.done(0).unlink())


def test_the_command_prints_nothing_of_its_cluster(model, texts, tmp_path, address):
    shutil.copytree(model, tmp_path / "finder")
    command = [sys.executable, "-m", "spacy", "lstm-ner", "annotate"]
    arguments = ["finder", "texts.jsonl", "out.jsonl", "--engine", "ray", "--address", address]
    found = subprocess.run([*command, *arguments], cwd=tmp_path, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    assert "Read 1,000 documents, annotated 999, 1 failed" in found.stdout
    assert "ray" not in found.stdout + found.stderr
    assert len((tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()) == 999
    assert not (tmp_path / "out.jsonl.parts").exists()


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"engine": "ray", "address": "localhost:1"}, r"LN308.*'localhost:1'.*refused"),
        ({"engine": "ray", "address": "nowhere"}, r"LN308.*'nowhere'"),
        ({"address": "localhost:1"}, "LN310"),
        ({"engine": "spark"}, r"LN030.*local, ray"),
    ],
)
def test_clusters_that_cannot_be_used(model, texts, tmp_path, options, code):
    with pytest.raises(CodedError, match=code):
        annotate(Task(str(model), str(texts), tmp_path / "out", **options))
    assert not (tmp_path / "out").exists()


def test_without_ray_it_says_what_to_install(model, texts, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(CodedError, match=r"LN307.*spacy_lstm_ner\[ray\]"):
        annotate(Task(str(model), str(texts), tmp_path / "out", engine="ray"))


def test_datasets_of_ray_are_mapped_by_the_function_for_batches_of_arrow(model, joined):
    texts = pa.table({"text": ["Ada", None, "no one"]})
    found = ray.data.from_arrow(texts).map_batches(partial(arrow, model), batch_format="pyarrow")
    rows = found.take_all()
    assert [row["text"] for row in rows] == ["Ada", None, "no one"]
    assert rows[0]["ents"][0]["label"] == "PER"
    assert rows[1]["error"].startswith("[LN286]")
    assert rows[2]["ents"] == []
