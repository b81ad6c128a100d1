"""What installing the package adds to `import spacy; spacy.blank("en")`, torch already imported.

python benchmarks/import_cost.py

spaCy imports every installed factory when a pipeline is made. This times the import of ours in
fresh processes, after everything that spaCy imports anyway.
"""

import statistics
import subprocess
import sys

from machine import report

CODE = """
import time, torch, spacy, spacy.language
from spacy.lang.en import English
start = time.perf_counter()
import spacy_lstm_ner.pipeline.factory
print(time.perf_counter() - start)
"""


def main() -> None:
    seconds = [
        float(subprocess.run([sys.executable, "-c", CODE], capture_output=True, check=True).stdout)
        for _ in range(11)
    ]
    milliseconds = [1000 * s for s in seconds]
    report(
        "import_cost",
        {
            "median_ms": round(statistics.median(milliseconds), 2),
            "max_ms": round(max(milliseconds), 2),
        },
    )


if __name__ == "__main__":
    main()
