import os
import socket
from pathlib import Path
from typing import NamedTuple

import pytest
import torch

pytest.importorskip("ray")

from spacy_lstm_ner.cli import remote
from spacy_lstm_ner.cli.cluster import connected

from ..conftest import ROOT

pytestmark = pytest.mark.slow


class Job(NamedTuple):
    path: Path
    fails: str = ""


def work(job, advance):
    """What the processes do."""
    if job.fails == "raises":
        raise ValueError("no such thing")
    tried = job.path.with_suffix(".tried")
    if job.fails == "always dies" or (job.fails == "dies once" and not tried.exists()):
        tried.touch()
        os._exit(3)
    advance(2, 0)
    advance(3, 1)
    job.path.write_text(f"{os.getpid()} {torch.get_num_threads()} {Path.cwd()}", encoding="utf-8")


@pytest.fixture(scope="module", autouse=True)
def cluster():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))  # where processes of the cluster find this file
        with connected(None):
            yield


def run(*jobs, workers=None, **settings):
    steps = []
    remote.run_all(
        work, jobs, workers=workers, advance=lambda *done: steps.append(done), **settings
    )
    return sorted(steps)


def test_each_job_has_a_process_of_its_own_and_is_begun_anew_if_that_is_lost(tmp_path):
    jobs = [Job(tmp_path / "a"), Job(tmp_path / "b", "dies once")]
    assert run(*jobs, workers=1) == [(2, 0), (2, 0), (3, 1), (3, 1)]
    (first, *places), (second, *others) = (job.path.read_text().split(" ", 2) for job in jobs)
    assert len({first, second, str(os.getpid())}) == 3
    assert places == others == ["1", str(Path.cwd())]


def test_jobs_that_fail_are_told_with_the_machine_and_the_others_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr(remote, "RETRIES", 0)
    errors = {}
    jobs = [Job(tmp_path / "a", "raises"), Job(tmp_path / "b", "always dies"), Job(tmp_path / "c")]
    steps = run(*jobs, failed=lambda error: errors.update({error.number: str(error)}))
    assert steps == [(2, 0), (3, 1)]
    assert set(errors) == {0, 1}
    assert errors[0] == f"{socket.gethostname()}: no such thing"
    assert "died" in errors[1]


def test_without_jobs_nothing_happens():
    assert run() == []
