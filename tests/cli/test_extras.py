import subprocess
import sys

EXTRAS = ("pyarrow", "ray", "matplotlib", "fastapi", "uvicorn", "transformers")


def test_commands_are_there_without_any_extra():
    without = f"import sys; sys.modules.update(dict.fromkeys({EXTRAS!r}))"
    listed = "from spacy_lstm_ner.cli import lstm_ner_cli; lstm_ner_cli(['--help'])"
    found = subprocess.run(
        [sys.executable, "-c", f"{without}; {listed}"], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    for command in ("convert", "distil", "clean", "annotate", "sweep"):
        assert command in found.stdout
