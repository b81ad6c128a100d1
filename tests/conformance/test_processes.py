"""Several processes: the same entities as in one, and never a hang (trap 8)."""

import subprocess
import sys

import pytest

SCRIPT = """
import multiprocessing, sys, torch, spacy
if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[2])
    torch.set_num_threads(2)
    nlp = spacy.load(sys.argv[1])
    texts = ["I like London and Berlin.", "Who is Shaka Khan?", "", "Nothing."] * 20
    alone = [[e.text for e in doc.ents] for doc in nlp.pipe(texts)]
    assert alone[0] == ["London", "Berlin"], alone[0]
    torch.randn(500, 500) @ torch.randn(500, 500)
    for n in (2, 4):
        found = [[e.text for e in doc.ents] for doc in nlp.pipe(texts, n_process=n, batch_size=8)]
        assert found == alone
    print("equal")
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_find_what_one_process_finds(trained, tmp_path, method):
    trained.to_disk(tmp_path / "pipeline")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "pipeline"), method],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "equal"
