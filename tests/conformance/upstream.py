"""spaCy's own tests, read from the installed package, with `ner` swapped for `lstm_ner`.

So is `beam_ner`, without the width and density of its beam: a lattice has all paths.

Nothing of spaCy is copied into this project, and an upgrade of spaCy brings its new tests along.
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import spacy

TESTS = Path(spacy.__file__).parent / "tests"


def load(path: str) -> ModuleType:
    """Run one of spaCy's test files, names swapped, as a module of its own.

    path (str): The file, below spaCy's folder of tests. It runs once per process: some of the files
        register factories.
    RETURNS (ModuleType): The module.
    """
    name = "spacy.tests." + path.removesuffix(".py").replace("/", ".") + "__lstm_ner"
    if name in sys.modules:
        return sys.modules[name]
    # Before a text it is not a name: in annotation as JSON, it is the key of a token's tag.
    source = (TESTS / path).read_text(encoding="utf-8")
    source = re.sub(r'"(?:beam_)?ner"(?!: (?:"|iob))', '"lstm_ner"', source)
    source = re.sub(r'"beam_\w+": beam_\w+,', "", source)
    module = ModuleType(name)
    module.__package__ = name.rpartition(".")[0]
    module.__file__ = str(TESTS / path)
    sys.modules[name] = module
    exec(compile(source, module.__file__, "exec"), module.__dict__)
    return module


def take(path: str, name: str, *, only: str = "lstm_ner") -> Callable[..., Any]:
    """One test function of a file. Of its parametrized cases, those about our component remain.

    path (str): The file.
    name (str): The function.
    only (str): What cases are about, where they differ in the component.
    RETURNS (Callable): The function, for pytest to find under a name of ours.
    """
    function = getattr(load(path), name)
    marks = []
    for mark in getattr(function, "pytestmark", []):
        cases = [case for case in mark.args[1] if _mentions(case, only)] if mark.args[1:] else []
        if mark.name == "parametrize" and cases:
            mark = pytest.mark.parametrize(mark.args[0], cases).mark
        marks.append(mark)
    function.pytestmark = marks
    return function


def _mentions(case: Any, name: str) -> bool:
    parts = case if isinstance(case, (tuple, list)) else [case]
    return name in parts
