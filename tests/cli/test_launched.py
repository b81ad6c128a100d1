import pytest

from spacy_lstm_ner.cli.launched import OUTPUT, arguments_of

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
