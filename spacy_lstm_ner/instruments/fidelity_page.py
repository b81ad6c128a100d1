"""The page that shows how faithful a student is to its teachers."""

import html
from collections.abc import Sequence

from . import page
from .errors_page import (
    STYLE,
    show_comparison,
    show_confusion,
    show_context,
    show_schemas,
    show_scores,
)
from .fidelity import Disagreement, Fidelity, Finding, OnGold

# Most disagreements on the page.
MOST = 40


def render_page(fidelity: Fidelity, *, teachers: Sequence[str], student: str) -> str:
    """Write the page: one file, without anything from elsewhere.

    fidelity (Fidelity): What there is to show.
    teachers (Sequence[str]): What to call the teachers.
    student (str): What to call the student.
    RETURNS (str): HTML.
    """
    report, names = fidelity.report, [student, " + ".join(teachers)]
    parts = {
        "Speed and size": _cost(fidelity),
        "Fidelity": show_scores(report.scores),
        "On gold text": "" if fidelity.gold is None else _gold(fidelity.gold, names),
        "Labels that are taken for others": show_confusion(report),
        "Four ways to count": show_schemas(report.schemas),
        "Frequent disagreements": _disagreements(fidelity.disagreements),
    }
    body = _lead(fidelity, names) + page.sections(parts)
    return page.render(f"How faithful: {student}", body, style=STYLE)


def _lead(fidelity: Fidelity, names: Sequence[str]) -> str:
    readings, (total, *_) = fidelity.report.readings, fidelity.report.scores
    tokens = sum(len(reading.words) for reading in readings)
    student, teachers = (f"<strong>{html.escape(name)}</strong>" for name in names)
    return (
        f"<p>The student {student} on {len(readings):,} texts with {tokens:,} tokens that it was "
        f"not trained on, and that were labelled by {teachers}. On this page <em>annotated</em> "
        f"is what the teachers say, right or wrong, and <em>predicted</em> what the student says. "
        f"Tokens that the teachers leave open do not count. F1 against them is "
        f"<strong>{100 * total.f1:.2f}</strong>, at <strong>{fidelity.ratio:,.1f}</strong> times "
        f"their speed.</p>\n"
    )


def _cost(fidelity: Fidelity) -> str:
    rows = [
        [name, round(fidelity.speed[name]), _megabytes(fidelity.size[name])]
        for name in ("teachers", "student")
    ]
    text = (
        "<p>Whole pipelines, from text to entities, in alternation on the same texts and the same "
        "machine; the best round of each. Several teachers read one after the other.</p>"
    )
    return text + page.table(["pipeline", "words per second", "MB on disk"], rows)


def _gold(gold: OnGold, names: Sequence[str]) -> str:
    total = gold.scores[0]
    text = (
        f"<p>F1 of the student on the annotated text that its best weights were chosen by is "
        f"<strong>{100 * total.f1:.2f}</strong>, all labels together; it may be a little less on "
        "other text. The table has only the labels that the teachers find there too.</p>"
    )
    return text + show_comparison(gold.shared, gold.comparison, names)


def _megabytes(size: int | None) -> str:
    return "–" if size is None else f"{size / 1e6:,.1f}"


def _disagreements(found: Sequence[Disagreement]) -> str:
    if not found:
        return "<p>None.</p>"
    items = "".join(_disagreement(each) for each in found[:MOST])
    left_out = len(found) - MOST
    rest = f"<p>{left_out:,} more, at most as frequent, are not on this page.</p>"
    text = "<p>What the student says otherwise, the most frequent first, each with one place.</p>"
    return f"{text}<ol>{items}</ol>{rest if left_out > 0 else ''}"


def _disagreement(each: Disagreement) -> str:
    return (
        f"<li><p>{show_context(each.errors[0])}</p><ul>"
        f"<li>teachers: {_told(each.teacher)}</li><li>student: {_told(each.student)}</li>"
        f"<li>{len(each.errors):,} time{'s' * (len(each.errors) > 1)}</li></ul></li>"
    )


def _told(words: Finding) -> str:
    if not words.label:
        return "nothing"
    return f"<b>{html.escape(words.label)}</b> “{html.escape(words.text)}”"
