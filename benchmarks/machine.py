"""What a measurement was made on."""

import datetime
import json
import os
import platform
from pathlib import Path
from typing import Any

import spacy
import torch


def describe() -> dict[str, Any]:
    """The date, the processor and the versions that matter."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = names[0].partition(":")[2].strip() if names else cpu
    return {
        "date": datetime.date.today().isoformat(),
        "cpu": cpu,
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "spacy": spacy.__version__,
        "torch": torch.__version__,
    }


def report(name: str, result: dict[str, Any]) -> None:
    """Print a result and write it to `metrics/`."""
    result = {"machine": describe(), **result}
    text = json.dumps(result, indent=2)
    print(text)
    path = Path("metrics") / f"benchmark_{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")
