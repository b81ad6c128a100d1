"""Two processes with gradients of their own; what they have afterwards is known beforehand."""

import json
import os
import socket
import subprocess
import sys

import torch

from spacy_lstm_ner.parallel.gradients import add_up_gradients
from spacy_lstm_ner.parallel.processes import add_up, agree, count, exchange, rank

from .launch import PATH, launch

SCRIPT = """
import json, sys
import torch
from torch import nn
from spacy_lstm_ner.parallel.gradients import add_up_gradients
from spacy_lstm_ner.parallel.processes import agree, count, exchange, rank

class Layers(nn.Module):
    def __init__(self):
        super().__init__()
        self.both = nn.Parameter(torch.zeros(2, 2))
        self.first_alone = nn.Parameter(torch.zeros(3))
        self.none = nn.Parameter(torch.zeros(3))
        self.table = nn.Embedding(6, 2, sparse=True)
        self.other = nn.Embedding(4, 1, sparse=True)

layers = Layers()
me = rank()
layers.both.grad = torch.full((2, 2), 1.0 + me)
rows = torch.tensor([[1, 4, 4], [0, 4, 5]][me])
layers.table(rows).sum().backward()
if me == 0:
    layers.first_alone.grad = torch.tensor([1.0, 2.0, 3.0])
else:
    (3 * layers.other(torch.tensor([2]))).sum().backward()
add_up_gradients(layers, 7)
try:
    add_up_gradients(layers, me)
except ValueError as error:
    refused = str(error)
told = {
    "count": count(), "rank": me,
    "both": layers.both.grad.tolist(),
    "first_alone": layers.first_alone.grad.tolist(),
    "none": layers.none.grad,
    "table": layers.table.weight.grad.to_dense().tolist(),
    "rows": layers.table.weight.grad.coalesce().indices()[0].tolist(),
    "other": layers.other.weight.grad.to_dense().tolist(),
    "refused": refused[:7],
    "exchanged": exchange(["a", "b"][: me + 1]),
    "same": [agree(5, torch.device("cpu")), agree(me, torch.device("cpu"))],
}
open(f"{sys.argv[1]}/{me}.json", "w").write(json.dumps(told))
"""


def test_gradients_are_those_of_all_processes_together(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    result = launch(script, tmp_path)
    assert result.returncode == 0, result.stderr
    for number in range(2):
        told = json.loads((tmp_path / f"{number}.json").read_text())
        assert (told.pop("count"), told.pop("rank")) == (2, number)
        assert told == {
            "both": [[3.0, 3.0], [3.0, 3.0]],
            "first_alone": [1.0, 2.0, 3.0],
            "none": None,
            "table": [[1.0, 1.0], [1.0, 1.0], [0.0, 0.0], [0.0, 0.0], [3.0, 3.0], [1.0, 1.0]],
            "rows": [0, 1, 4, 5],
            "other": [[0.0], [0.0], [3.0], [0.0]],
            "refused": "[LN321]",
            "exchanged": [["a"], ["a", "b"]],
            "same": [True, False],
        }


def test_a_process_by_itself_keeps_what_it_has():
    layer = torch.nn.Linear(2, 1)
    layer(torch.ones(1, 2)).sum().backward()
    add_up_gradients(layer)
    tensor = torch.ones(2)
    add_up(tensor)
    assert layer.weight.grad.tolist() == [[1.0, 1.0]]
    assert tensor.tolist() == [1.0, 1.0]
    assert (count(), rank(), exchange("a")) == (1, 0, ["a"])
    assert agree(1, torch.device("cpu"))


LEFT = """
import torch
from spacy_lstm_ner.parallel.processes import add_up, rank

add_up(torch.ones(1))
if rank() == 0:
    add_up(torch.ones(1))
"""


def test_a_process_says_that_another_has_ended(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(LEFT)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    processes = [
        subprocess.Popen(
            [sys.executable, script],
            env={**os.environ, **told, "RANK": rank, "PYTHONPATH": PATH},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in "01"
    ]
    (_, first), (_, second) = (process.communicate(timeout=100) for process in processes)
    assert processes[0].returncode
    assert "LN320" in first
    assert "LN320" not in second
