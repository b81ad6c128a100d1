import os
import sys

import pytest

from spacy_lstm_ner.cli.launched import OUTPUT, adapt_command_line, arguments_of

from ..conftest import ROOT

WRITTEN = [
    ["--output", "out"],
    ["--output=out"],
    ["--output-path", "out"],
    ["-o", "out"],
    ["-oout"],
]


@pytest.mark.parametrize("output", WRITTEN, ids=" ".join)
def test_the_first_process_alone_has_an_output(output):
    arguments = ["train", "config.cfg", *output, "--training.max_steps", "3", "-V"]
    rest = ["train", "config.cfg", "--training.max_steps", "3", "-V"]
    assert arguments_of(arguments, rank=1, local_rank=1) == rest
    first = arguments_of(arguments, rank=0, local_rank=0)
    assert [one for one in first if one != "out" and one not in OUTPUT] == rest
    assert "out" in first


@pytest.mark.parametrize("gpu", [["--gpu-id", "0"], ["--gpu-id=0"], ["-g", "0"]], ids=" ".join)
def test_each_process_takes_the_card_of_its_number(gpu):
    found = arguments_of(["train", "config.cfg", *gpu], rank=5, local_rank=1)
    assert found == ["train", "config.cfg", gpu[0].partition("=")[0], "1"]


def test_without_a_card_none_is_taken():
    arguments = ["train", "config.cfg", "--gpu-id", "-1"]
    assert arguments_of(arguments, rank=1, local_rank=1) == arguments


def adapt(monkeypatch, config, *, rank, command="train", processes=2):
    """The command line of a process, and whether what it prints is seen."""
    for name in ("RANK", "LOCAL_RANK"):
        monkeypatch.setenv(name, str(rank))
    monkeypatch.setenv("WORLD_SIZE", str(processes))
    given = ["spacy", command, str(ROOT / "configs" / config), "--output", "out", "--gpu-id", "7"]
    monkeypatch.setattr(sys, "argv", given)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", sys.stdout)
        adapt_command_line()
        return sys.argv[3:], sys.stdout.name != os.devnull


def test_the_command_line_is_that_of_the_process(monkeypatch):
    config = "data_parallel.cfg"
    first = adapt(monkeypatch, config, rank=0)
    assert first == (["--output", "out", "--gpu-id", "0"], True)
    assert adapt(monkeypatch, config, rank=1) == (["--gpu-id", "1"], False)


@pytest.mark.parametrize(
    "other",
    [{"config": "default.cfg"}, {"command": "evaluate"}, {"processes": 1}, {"config": "none.cfg"}],
    ids=str,
)
def test_other_commands_stay_what_they_are(monkeypatch, other):
    settings = {"config": "data_parallel.cfg", "rank": 1, **other}
    unchanged = (["--output", "out", "--gpu-id", "7"], True)
    assert adapt(monkeypatch, settings.pop("config"), **settings) == unchanged
