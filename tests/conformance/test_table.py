"""README.md names a test for everything it promises, and accounts for every test of spaCy's."""

import ast
import re
from collections import Counter
from functools import cache

import pytest

from ..conftest import ROOT
from . import test_upstream
from .upstream import TESTS

README = (ROOT / "tests" / "conformance" / "README.md").read_text(encoding="utf-8")
OURS = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
THEIRS = re.compile(r"`((?!tests/)[\w/]+\.py)::(\w+)`")
NAMES_NER = re.compile(r"""["'](beam_)?ner["']|EntityRecognizer""")


def section(title):
    """The cells of each row of the table under a heading."""
    text = README.split(f"## {title}\n")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return rows[1:]


@cache
def defined(path):
    """Names of a file's tests, those that it takes from elsewhere among them."""
    source = (ROOT / path).read_text(encoding="utf-8")
    return re.findall(r"^(?:def )?(test_\w+)(?=\(| = )", source, re.MULTILINE)


def test_every_test_that_is_named_exists():
    named = OURS.findall(README)
    assert len(named) > 100
    assert [(path, name) for path, name in named if name not in defined(path)] == []


@pytest.mark.parametrize(("title", "count"), [("The checklist", 47), ("The traps", 17)])
def test_every_row_has_a_test_or_a_reason(title, count):
    rows = section(title)
    assert [int(number) for number, *_ in rows] == list(range(1, count + 1))
    for number, _, tests in rows:
        assert OURS.search(tests) or tests.startswith("none: "), number


def run_here():
    """What test_upstream.py runs, as (file, function)."""
    suffix = "__lstm_ner"
    for function in vars(test_upstream).values():
        module = getattr(function, "__module__", "")
        if callable(function) and module.endswith(suffix):
            path = module.removesuffix(suffix).removeprefix("spacy.tests.").replace(".", "/")
            yield f"{path}.py", function.__name__


def listed_as_run():
    for path, functions in section("spaCy's tests, run as they are"):
        for name in re.findall(r"`(\w+)`", functions):
            yield path.strip("`"), name


def test_what_runs_as_it_is_is_listed():
    assert sorted(listed_as_run()) == sorted(run_here())


def names_ner():
    """Test functions of spaCy's that name `ner`, as (file, function)."""
    for path in TESTS.rglob("*.py"):
        relative = path.relative_to(TESTS)
        source = path.read_text(encoding="utf-8")
        if relative.parts[0] == "lang" or not NAMES_NER.search(source):
            continue
        lines = source.splitlines()
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                start = min(part.lineno for part in (node, *node.decorator_list))
                if NAMES_NER.search("\n".join(lines[start - 1 : node.end_lineno])):
                    yield relative.as_posix(), node.name


def test_each_of_spacys_64_tests_is_accounted_for_once():
    accounted = list(listed_as_run())
    for title in ("spaCy's tests, rewritten", "spaCy's tests that do not apply"):
        accounted += [THEIRS.search(upstream).groups() for upstream, _ in section(title)]
    assert Counter(accounted) == Counter(names_ner())
    assert len(accounted) == 64


def test_what_is_rewritten_names_a_test_and_what_does_not_apply_a_reason():
    assert all(OURS.search(here) for _, here in section("spaCy's tests, rewritten"))
    assert all(reason for _, reason in section("spaCy's tests that do not apply"))
