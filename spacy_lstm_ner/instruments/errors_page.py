"""The page that shows where a pipeline errs."""

import html
from collections.abc import Mapping, Sequence

from ..training.reliability import Forecasts
from . import page, reliability
from .bootstrap import DRAWS, SEED, Difference, Interval, Score
from .buckets import Bucket
from .errors import Comparison, Error, Report
from .familiarity import Seen, Words
from .pairing import Cause
from .readings import Mention
from .semeval import Tally

# Most errors of a cause on the page, and how many of them are not folded away.
MOST, UNFOLDED = 300, 20
# Most labels of which the table shows what they are taken for.
MOST_LABELS = 30
# How many tokens are shown on either side of an error.
CONTEXT = 15


def render_page(
    report: Report, title: str, *, names: Sequence[str], pictures: Mapping[str, bytes]
) -> str:
    """Write the page: one file, without anything from elsewhere.

    report (Report): What there is to show.
    title (str): Its heading.
    names (Sequence[str]): What to call the pipeline, and the other one if there is one.
    pictures (Mapping[str, bytes]): PNGs by what they show; none if they cannot be drawn.
    RETURNS (str): HTML.
    """
    parts = {
        "Scores": show_scores(report.scores),
        "Two pipelines": show_comparison(report.scores, report.comparison, names),
        "Four ways to count": show_schemas(report.schemas),
        "Labels that are taken for others": show_confusion(report),
        "Scores by kind": _buckets(report.buckets),
        "How sure it is": _reliability(report.forecasts, pictures),
        "Every error": _errors(report, names),
    }
    body = "\n".join([_lead(report, names), page.sections(parts), SCRIPT])
    return page.render(title, body, style=STYLE)


def draw(forecasts: Forecasts) -> dict[str, bytes]:
    """Draw the pictures of the page, if anything was predicted.

    RETURNS (Dict[str, bytes]): PNGs by what they show.
    RAISES (ValueError): Matplotlib is not installed.
    """
    if not len(forecasts.right):
        return {}
    named = {"predicted entities": forecasts}
    return {
        "Share of predicted entities that was right, by the probability that was given to them": (
            reliability.draw_reliability(named)
        ),
        "Precision of the surest entities, by how many of them are taken": (
            reliability.draw_precision(named)
        ),
    }


def _lead(report: Report, names: Sequence[str]) -> str:
    documents = len(report.readings)
    tokens = sum(len(reading.words) for reading in report.readings)
    (total, *_) = report.scores
    return (
        f"<p>The pipeline <strong>{html.escape(names[0])}</strong> on {documents:,} annotated "
        f"documents with {tokens:,} tokens: {total.annotated:,} entities are annotated, "
        f"{total.predicted:,} are predicted, and {total.right:,} are both. "
        f"F1 is <strong>{_percent(total.f1)}</strong>, as <code>spacy evaluate</code> counts.</p>"
    )


def show_scores(scores: Sequence[Score]) -> str:
    """Precision, recall and F1 of all labels together, and of each, as HTML."""
    rows = [
        [
            _label(score.label),
            _percent(score.precision),
            _percent(score.recall),
            _percent(score.f1),
            _interval(score.interval),
            score.annotated,
            score.predicted,
            score.right,
        ]
        for score in scores
    ]
    header = ["label", "precision", "recall", "F1", "F1 in 95 of 100 draws"]
    return (
        f"<p>In percent. How far F1 would be from that on other documents like these was found by "
        f"drawing as many documents as there are, with replacement, {DRAWS:,} times (bootstrap, "
        f"seed {SEED}). With few documents it says little.</p>"
    ) + page.table(
        [*header, "annotated", "predicted", "both"], rows, caption="Scores of each label"
    )


def show_comparison(
    scores: Sequence[Score], comparison: Comparison | None, names: Sequence[str]
) -> str:
    """Two pipelines side by side, as HTML; nothing if there is but one."""
    if comparison is None:
        return ""
    triples = zip(scores, comparison.scores, comparison.differences, strict=True)
    rows = [
        [
            _label(ours.label),
            f"{_percent(ours.f1)} ({_interval(ours.interval)})",
            f"{_percent(theirs.f1)} ({_interval(theirs.interval)})",
            _signed(difference),
            _interval(difference.interval),
            f"{difference.p_value:.4f}",
        ]
        for ours, theirs, difference in triples
    ]
    first, second = names
    text = (
        f"<p>The first is <strong>{html.escape(first)}</strong>, the second "
        f"<strong>{html.escape(second)}</strong>. Both are scored on the same draws. p is the "
        f"share of the {DRAWS:,} draws in which chance alone moves the difference as far from zero "
        "as it is, or farther (paired bootstrap, two-sided). Among many labels one is below 0.05 "
        "soon; the first row is the one to go by.</p>"
    )
    header = ["label", "F1 of the first", "F1 of the second", "difference", "in 95 of 100", "p"]
    return text + page.table(header, rows, caption="F1 of two pipelines, in percent")


def show_schemas(schemas: Mapping[str, Tally]) -> str:
    """Counts by schema of SemEval, as HTML."""
    rows = [
        [
            name,
            tally.correct,
            tally.incorrect,
            tally.partial,
            tally.missed,
            tally.spurious,
            _percent(tally.precision),
            _percent(tally.recall),
            _percent(tally.f1),
        ]
        for name, tally in schemas.items()
    ]
    header = ["schema", "correct", "incorrect", "partial", "missed", "spurious"]
    return FOUR_WAYS + page.table(
        [*header, "precision", "recall", "F1"], rows, caption="The schemas of SemEval-2013"
    )


def show_confusion(report: Report) -> str:
    """How often each label was predicted for each, as HTML."""
    frequent = sorted(report.scores[1:], key=lambda score: -score.annotated - score.predicted)
    kept = {score.label for score in frequent[:MOST_LABELS]}
    labels = [*(score.label for score in report.scores[1:] if score.label in kept), ""]
    rows = [
        [label or "none", *(report.confusion[label, other] or "·" for other in labels)]
        for label in labels
    ]
    header = ["annotated", *(label or "none" for label in labels)]
    left_out = len(frequent) - len(kept)
    rest = f"<p>Rarer labels that are not in the table: {left_out:,}.</p>" if left_out else ""
    return (
        CONFUSION + page.table(header, rows, caption="Rows: annotated. Columns: predicted") + rest
    )


def _buckets(buckets: Mapping[str, Sequence[Bucket]]) -> str:
    header = ["precision", "recall", "F1", "annotated", "predicted", "both"]
    tables = []
    for title, found in buckets.items():
        rows = [
            [
                bucket.name,
                _percent(bucket.precision),
                _percent(bucket.recall),
                _percent(bucket.f1),
                bucket.annotated,
                bucket.predicted,
                bucket.right,
            ]
            for bucket in found
        ]
        tables.append(page.table(["entities", *header], rows, caption=title))
    return BUCKETS + "".join(tables)


def _reliability(forecasts: Forecasts, pictures: Mapping[str, bytes]) -> str:
    if not len(forecasts.right):
        return "<p>Nothing was predicted.</p>"
    rows = [[name, value] for name, value in reliability.measures(forecasts).items()]
    drawn = page.pictures(pictures) if pictures else "<p>Pictures need matplotlib.</p>"
    numbers = page.table(
        ["predicted entities", "value"], rows, caption="What the probabilities are worth"
    )
    return RELIABILITY + drawn + numbers


def _errors(report: Report, names: Sequence[str]) -> str:
    labels = [score.label for score in report.scores[1:]]
    causes = [cause for cause, errors in report.errors.items() if errors]
    form = _form(labels, causes, names)
    lists = (_of_cause(cause, report.errors[cause], report.seen) for cause in causes)
    return ERRORS + form + "".join(lists)


def _form(labels: Sequence[str], causes: Sequence[Cause], names: Sequence[str]) -> str:
    """Controls, which the script shows."""
    kinds = {cause.name: cause.value for cause in causes}
    controls = _select("label", "Label", {label: label for label in labels})
    controls += _select("cause", "Cause", kinds)
    if len(names) > 1:
        right = {"true": "right", "false": "errs there too"}
        controls += _select("other", "Second pipeline", right)
    return f'<form id="filter" hidden>{controls}<output id="shown"></output></form>'


def _select(name: str, title: str, options: Mapping[str, str]) -> str:
    listed = "".join(
        f'<option value="{html.escape(value)}">{html.escape(text)}</option>'
        for value, text in options.items()
    )
    return (
        f"<label>{html.escape(title)} "
        f'<select name="{name}"><option value="">all</option>{listed}</select></label>'
    )


def _of_cause(cause: Cause, errors: Sequence[Error], seen: Mapping[Words, Seen] | None) -> str:
    items = [_error(error, seen) for error in errors[:MOST]]
    more = ""
    if items[UNFOLDED:]:
        more = (
            f"<details><summary>{len(items) - UNFOLDED:,} more, of which the model was less sure"
            f'</summary><ol start="{UNFOLDED + 1}">{"".join(items[UNFOLDED:])}</ol></details>'
        )
    left_out = len(errors) - len(items)
    rest = f"<p>{left_out:,} more are not on this page.</p>" if left_out else ""
    return (
        f'<section data-cause="{cause.name}"><h3>{html.escape(cause.value)}: {len(errors):,}</h3>'
        f"<ol>{''.join(items[:UNFOLDED])}</ol>{more}{rest}</section>"
    )


def _error(error: Error, seen: Mapping[Words, Seen] | None) -> str:
    facts = [
        _mention("predicted", error, error.pair.predicted),
        _mention("annotated", error, error.pair.gold),
        _evidence(error, seen),
        _other(error),
    ]
    return (
        f"<li {_data(error)}><p>{show_context(error)}</p><ul>{''.join(facts)}</ul>"
        f"<small>{html.escape(error.reading.source)}, document {error.reading.number:,}, "
        f"token {error.bounds[0] + 1:,}</small></li>"
    )


def show_context(error: Error) -> str:
    """The text around an error, which is marked, as HTML."""
    reading, (start, end) = error.reading, error.bounds
    first, last = max(0, start - CONTEXT), min(len(reading.words), end + CONTEXT)
    space = reading.spaces[end - 1]
    return (
        f"{'… ' if first else ''}{html.escape(reading.text(first, start))}"
        f"<mark>{html.escape(reading.text(start, end).removesuffix(space))}</mark>{space}"
        f"{html.escape(reading.text(end, last))}{' …' if last < len(reading.words) else ''}"
    )


def _data(error: Error) -> str:
    """What the script filters by."""
    labels = {mention.label for mention in error.pair if mention is not None}
    listed = html.escape("\n".join(sorted(labels)))
    other = "" if error.other_is_right is None else str(error.other_is_right).lower()
    return f'data-labels="{listed}" data-other="{other}"'


def _mention(side: str, error: Error, mention: Mention | None) -> str:
    if mention is None:
        return f"<li>{side}: nothing</li>"
    text = html.escape(error.text_of(mention))
    return f"<li>{side}: <b>{html.escape(mention.label)}</b> “{text}”, {_chance(mention)}</li>"


def _evidence(error: Error, seen: Mapping[Words, Seen] | None) -> str:
    """What training has of the words, of each entity if they are not the same."""
    if seen is None:
        return ""
    texts = {error.reading.words_of(m): error.text_of(m) for m in error.pair if m is not None}
    return "".join(
        f"<li>in training “{html.escape(text)}”: {html.escape(describe(seen[words]))}</li>"
        for words, text in texts.items()
    )


def _other(error: Error) -> str:
    if error.other_is_right is None:
        return ""
    return f"<li>second pipeline: {'right' if error.other_is_right else 'errs there too'}</li>"


def _chance(mention: Mention) -> str:
    if mention.given:
        return "set by an earlier component"
    if mention.probability is None:
        return "no probability"
    return page.probability(mention.probability)


def describe(seen: Seen) -> str:
    """Say what training has of some words, such as "3 × ORG, 1 × GEO, 12 × no entity"."""
    if not seen:
        return "never"
    told = [f"{number:,} × {label}" for label, number in seen.labels.most_common()]
    if seen.part:
        told.append(f"{seen.part:,} × part of another entity")
    if seen.outside:
        told.append(f"{seen.outside:,} × no entity")
    return ", ".join(told) + ("" if seen.as_written else " (with other capitals)")


def _label(label: str) -> str:
    return label or "all"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.2f}"


def _signed(difference: Difference) -> str:
    return f"{100 * difference.f1:+.2f}"


def _interval(interval: Interval) -> str:
    return f"{_percent(interval.low)} to {_percent(interval.high)}"


FOUR_WAYS = """<p>Task 9.1 of SemEval-2013 counts in four ways
(Segura-Bedmar, Martínez and Herrero-Zazo 2013, aclanthology.org/S13-2056).
<em>Strict</em> asks for the right boundaries and the right label, <em>exact</em> for the right
boundaries, <em>type</em> for the right label on an entity that overlaps. <em>Partial</em> counts
other boundaries as half. If strict is much lower than exact, labels are the trouble; if it is much
lower than type, boundaries are.</p>
"""
CONFUSION = """<p>A row is what is annotated, a column what is predicted. Entities with the same
tokens are put side by side first, then those that overlap: with the same label before others, with
many tokens in common before few, each once. What is left has <em>none</em> on the other side. Where
both labels are the same, boundaries may still differ.</p>
"""
BUCKETS = """<p>Recall is of the annotated entities of a kind, precision of the predicted ones.
<em>Title</em> begins with a capital and has none within a word, <em>mIxed</em> is any other that
has capitals and small letters. With <code>--train</code> there are tables of what training has of
them, as they are written.</p>
"""
RELIABILITY = """<p>Of all predicted entities that are given a probability of 0.8, four in five
should be right. <code>python -m spacy lstm-ner calibrate</code> makes it so.</p>
"""
ERRORS = """<p>What the model is surest of comes first: wrong entities by their probability, missed
ones by the probability that there is no such entity.</p>
"""
STYLE = """
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; list-style: none; }
a { color: inherit; } h3 { font-size: 1rem; margin-top: 1.5rem; }
caption { padding-top: 1rem; } td { white-space: nowrap; }
form { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; padding: .5rem 0;
  background: var(--paper); border-bottom: 1px solid var(--line); }
@media (min-width: 48rem) { form { position: sticky; top: 0; } }
form[hidden] { display: none; }
select, summary { font: inherit; color: inherit; } form label, select { max-width: 100%; }
select { background: var(--mark); border: 1px solid var(--soft); border-radius: 4px;
  padding: .25rem; }
ol > li { margin-bottom: 1rem; } li p { margin: 0; } li small { color: var(--soft); }
mark { color: inherit; background: var(--mark); border-bottom: 2px solid var(--ink);
  padding: 0 .15em; font-weight: 600; }
summary { cursor: pointer; padding: .25rem 0; }
"""
SCRIPT = """<script>
const form = document.getElementById("filter");
const apply = () => {
  const { label, cause, other } = Object.fromEntries(new FormData(form));
  let shown = 0;
  for (const section of document.querySelectorAll("[data-cause]")) {
    section.hidden = Boolean(cause) && section.dataset.cause !== cause;
    for (const item of section.querySelectorAll("li[data-labels]")) {
      const { labels, other: isRight } = item.dataset;
      const isOther = Boolean(label) && !labels.split("\\n").includes(label);
      item.hidden = isOther || (Boolean(other) && isRight !== other);
      shown += !section.hidden && !item.hidden;
    }
    for (const more of section.querySelectorAll("details")) {
      more.open ||= Boolean(label || other);
    }
  }
  document.getElementById("shown").textContent = `errors shown: ${shown.toLocaleString("en")}`;
};
form.hidden = false;
form.addEventListener("change", apply);
apply();
</script>
"""
