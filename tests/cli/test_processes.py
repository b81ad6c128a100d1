import os
import time
from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from spacy_lstm_ner.cli.processes import JobError, run_all


class Job(NamedTuple):
    path: Path
    fails: str = ""


def work(job, advance):
    """What the processes do."""
    if job.fails == "raises":
        raise ValueError("no such thing")
    if job.fails == "dies":
        os._exit(3)
    advance(2)
    advance(3)
    if job.fails == "hangs":
        time.sleep(600)
    job.path.write_text(f"{os.getpid()} {torch.get_num_threads()}", encoding="utf-8")


def run(*jobs, workers):
    steps = []
    run_all(work, jobs, workers=workers, advance=steps.append)
    return steps


def test_each_job_has_a_process_of_its_own_with_one_thread(tmp_path):
    jobs = [Job(tmp_path / name) for name in "ab"]
    assert sorted(run(*jobs, workers=2)) == [2, 2, 3, 3]
    (first, threads), (second, _) = (job.path.read_text().split() for job in jobs)
    assert len({first, second, str(os.getpid())}) == 3
    assert threads == "1"


@pytest.mark.parametrize(
    ("fails", "reason"), [("raises", "no such thing"), ("dies", "exit code 3")]
)
def test_a_job_that_fails_is_told_and_the_others_are_ended(tmp_path, fails, reason):
    jobs = [Job(tmp_path / "a", "hangs"), Job(tmp_path / "b", fails), Job(tmp_path / "c")]
    with pytest.raises(JobError, match=reason) as raised:
        run(*jobs, workers=2)
    assert raised.value.number == 1
    assert not list(tmp_path.iterdir())


def test_without_jobs_nothing_happens():
    assert run(workers=2) == []


def test_the_others_go_on_where_failures_are_to_be_told(tmp_path):
    jobs = [Job(tmp_path / "a", "raises"), Job(tmp_path / "b", "dies"), Job(tmp_path / "c")]
    steps, errors = [], {}
    run_all(
        work,
        jobs,
        workers=2,
        advance=steps.append,
        failed=lambda error: errors.update({error.number: str(error)}),
    )
    assert [path.name for path in tmp_path.iterdir()] == ["c"]
    assert steps == [2, 3]
    assert errors == {0: "no such thing", 1: "its process ended with exit code 3"}
