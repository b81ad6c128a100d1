"""Runs Python with torch's launcher, as a user would."""

import os
import subprocess
import sys
from pathlib import Path

import spacy_lstm_ner

PATH = os.pathsep.join([str(Path(spacy_lstm_ner.__file__).parents[1]), *sys.path])


def launch(*arguments: object, processes: int = 2) -> subprocess.CompletedProcess[str]:
    """Run a script, or `-m` and a module, in several processes."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", str(processes), *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": PATH}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, env=environment, check=False
    )
