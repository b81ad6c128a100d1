"""How many files a prediction passes through, from `Language.pipe` to `doc.ents`.

python benchmarks/trip.py

Two documents go through the default pipeline, with one word that it has not met. Every call of a
function of this package is noted. A change of file is a call of a function in another file than
that of the call before; a climb is one of a function in a higher room than that of its caller.
--tree prints the calls.
"""

import argparse
import sys
import types
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import spacy
from machine import report
from spacy.language import Language
from spacy.training import Example

import spacy_lstm_ner

PACKAGE = Path(spacy_lstm_ner.__file__).parent
ROOMS = ["cli", "pipeline", "training", "models", "nn", "tags.py", "errors.py", "types.py"]


class Call(NamedTuple):
    depth: int
    file: str
    function: str


class Trip:
    """Calls within the package, in order."""

    def __init__(self) -> None:
        self.open: list[Call] = []
        self.calls: list[Call] = []
        self.climbs: list[tuple[Call, Call]] = []

    def watch(self, frame: types.FrameType, event: str, _: Any) -> None:
        file = Path(frame.f_code.co_filename)
        if event not in ("call", "return") or PACKAGE not in file.parents:
            return
        if event == "return":
            self.open.pop()
            return
        call = Call(len(self.open), str(file.relative_to(PACKAGE)), frame.f_code.co_name)
        if self.open and room(self.open[-1].file) > room(call.file):
            self.climbs.append((self.open[-1], call))
        self.open.append(call)
        if not call.function.startswith("<"):  # comprehensions are no calls
            self.calls.append(call)

    @property
    def changes(self) -> int:
        return sum(a.file != b.file for a, b in pairwise(self.calls))


def room(file: str) -> int:
    return ROOMS.index(file.partition("/")[0])


def make_pipeline() -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner")
    annotation = {"entities": [(0, 3, "PER"), (8, 14, "GEO")]}
    nlp.initialize(lambda: [Example.from_dict(nlp.make_doc("Ann saw London ."), annotation)])
    list(nlp.pipe(["Ann saw London .", "Ann saw ."]))
    return nlp


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tree", action="store_true")
    arguments = parser.parse_args()
    nlp = make_pipeline()
    docs = [nlp.make_doc("Ann saw London ."), nlp.make_doc("Ann met London .")]
    trip = Trip()
    sys.setprofile(trip.watch)
    list(nlp.pipe(docs))
    sys.setprofile(None)
    for call in trip.calls if arguments.tree else ():
        print("  " * call.depth + f"{call.file}: {call.function}")
    files = {call.file for call in trip.calls}
    climbs = [f"{a.file}:{a.function} -> {b.file}:{b.function}" for a, b in trip.climbs]
    counts = {"calls": len(trip.calls), "files": len(files), "changes_of_file": trip.changes}
    report("trip", {**counts, "climbs": climbs})


if __name__ == "__main__":
    main()
