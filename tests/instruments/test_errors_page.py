import re
import shutil
import subprocess
from collections import Counter
from html.parser import HTMLParser

import pytest

from spacy_lstm_ner.instruments import errors_page
from spacy_lstm_ner.instruments.errors import inspect_errors
from spacy_lstm_ner.instruments.errors_page import describe, draw, render_page
from spacy_lstm_ner.instruments.familiarity import Seen

from .mentions import make_reading
from .test_familiarity import make_doc

TEXT = "Ada saw <Bo> & Cy in Rome on Monday"
GOLD = [(0, 1, "PER", 0.9), (2, 3, "PER", 0.2), (6, 7, "GEO", 0.4), (8, 9, "A&B", 0.7)]
PREDICTED = [(0, 1, "PER", 0.9), (2, 3, "GEO", 0.8), (6, 8, "GEO", 0.5)]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def make_report(*, number=1, **settings):
    readings = [make_reading(TEXT, GOLD, PREDICTED, number=i + 1) for i in range(number)]
    return inspect_errors(readings, **settings)


def render(report, *, names=("one",), pictures=None):
    return render_page(report, "Where it <errs>", names=names, pictures=pictures or {})


class Listener(HTMLParser):
    """What those who listen are told of a page: headings, captions, and what is left open."""

    def __init__(self, page):
        super().__init__()
        self.headings, self.open, self.counts, self.ids, self.links = [], [], Counter(), [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.counts[tag] += 1
        attrs = dict(attrs)
        self.ids += [attrs["id"]] if "id" in attrs else []
        self.links += [attrs["href"]] if "href" in attrs else []
        if tag not in ("meta", "img"):
            self.open.append(tag)
        if re.fullmatch(r"h\d", tag):
            self.headings.append(int(tag[1]))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_whole_and_told_by_headings_captions_and_labels():
    ours = make_report(number=50, training=[make_doc("Bo", (0, 1, "GEO"))])
    page = Listener(render(ours))
    assert page.open == []
    assert page.headings[0] == 1
    assert all(b - a <= 1 for a, b in zip(page.headings, page.headings[1:], strict=False))
    assert page.counts["table"] == page.counts["caption"] == 8
    assert page.counts["select"] == page.counts["label"] == 2
    assert len(set(page.ids)) == len(page.ids)
    assert page.links
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)


def test_nothing_comes_from_elsewhere_and_text_is_shown_as_it_is():
    page = render(make_report())
    assert not re.findall(r'(?:src|href)="(?!#|data:)|@import|url\(', page)
    assert "<h1>Where it &lt;errs&gt;</h1>" in page
    assert "<p>Ada saw <mark>&lt;Bo&gt;</mark> &amp; Cy in Rome on Monday</p>" not in page
    assert "Ada saw <mark>&lt;Bo&gt;</mark> &amp; Cy in Rome on Monday" in page
    assert "<b>A&amp;B</b> “Monday”, probability 0.700" in page


def test_an_error_is_told_with_both_sides_and_what_training_has():
    page = render(make_report(training=[make_doc("Rome was Rome on", (0, 1, "GEO"))]))
    assert "<li>predicted: <b>GEO</b> “Rome on”, probability 0.500</li>" in page
    assert "<li>annotated: <b>GEO</b> “Rome”, probability 0.400</li>" in page
    assert "<li>in training “Rome”: 1 × GEO, 1 × no entity</li>" in page
    assert "<li>in training “Rome on”: 1 × no entity</li>" in page
    assert "<li>predicted: nothing</li>" in page
    assert "<li>in training “Monday”: never</li>" in page
    assert "in training “" not in render(make_report())


def test_evidence_is_told_by_how_often():
    seen = Seen(part=2, outside=1200)
    seen.labels.update(GEO=1, ORG=3)
    told = "3 × ORG, 1 × GEO, 2 × part of another entity, 1,200 × no entity"
    assert describe(seen) == told
    seen.as_written = False
    assert describe(seen) == f"{told} (with other capitals)"
    assert describe(Seen()) == "never"


def test_too_many_errors_are_left_out_and_counted(monkeypatch):
    monkeypatch.setattr(errors_page, "MOST", 30)
    page = render(make_report(number=45))
    assert page.count("Right span, wrong label: 45") == 1
    assert "<p>15 more are not on this page.</p>" in page
    assert "10 more, of which the model was less sure" in page
    assert page.count("<li data-labels=") == 3 * 30


def test_the_rarest_of_many_labels_are_not_in_the_table_and_that_is_said():
    gold = [(i, i + 1, f"L{i}") for i in range(31)] + [(31, 32, "L0")]
    page = render(inspect_errors([make_reading("a " * 32, gold)]))
    assert page.count('<th scope="col">L') == 30
    assert '<th scope="col">L0</th>' in page
    assert "Rarer labels that are not in the table: 1" in page
    assert "not in the table" not in render(make_report())


def test_another_pipeline_is_beside_it():
    other = [make_reading(TEXT, GOLD, [*GOLD[:2], (6, 8, "PER")])]
    page = render(make_report(other=other), names=["one", "<two>"])
    assert "the second <strong>&lt;two&gt;</strong>" in page
    assert "F1 of two pipelines" in page
    assert "<li>second pipeline: right</li>" in page
    assert "<li>second pipeline: errs there too</li>" in page
    assert "F1 of two pipelines" not in render(make_report())


def test_where_nothing_is_predicted_the_page_says_so():
    report = inspect_errors([make_reading(TEXT, GOLD)])
    assert draw(report.forecasts) == {}
    page = render(report)
    assert "Nothing was predicted." in page
    assert "Missed: annotated, but not predicted: 4" in page


def test_pictures_are_drawn():
    pytest.importorskip("matplotlib", reason="the extra `inspect` is not installed")
    report = make_report()
    assert render(report, pictures=draw(report.forecasts)).count("data:image/png;base64,") == 2
    assert "Pictures need matplotlib" in render(report)


@pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")
def test_the_filters_work_in_a_browser(tmp_path, monkeypatch):
    """A script of the test chooses, and the browser's page is read. Errors are all folded away."""
    monkeypatch.setattr(errors_page, "UNFOLDED", 0)
    other = [make_reading(TEXT, GOLD, GOLD[:2])]
    page = render(make_report(other=other), names=["one", "two"])
    choose = """<script>
    const told = [];
    for (const [name, value] of [["label", "A&B"], ["label", ""], ["cause", "BOUNDARY"],
                                 ["cause", ""], ["other", "true"]]) {
      form.elements[name].value = value;
      form.dispatchEvent(new Event("change"));
      told.push([...document.querySelectorAll("li[data-labels]")]
        .filter((item) => item.checkVisibility())
        .map((item) => item.querySelector("mark").textContent).join("|"),
        document.getElementById("shown").textContent);
    }
    document.title = told.join("; ");
    </script>"""
    path = tmp_path / "page.html"
    path.write_text(page.replace("</body>", f"{choose}</body>"), encoding="utf-8")
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    command += [f"--user-data-dir={tmp_path}/profile", "--enable-logging=stderr"]
    result = subprocess.run(
        [*command, path.as_uri()], capture_output=True, text=True, check=True, timeout=60
    )
    assert "CONSOLE" not in result.stderr
    found = re.search("<title>(.*?)</title>", result.stdout)
    assert found
    assert found[1].split("; ") == [
        *("Monday", "errors shown: 1"),
        *("&lt;Bo&gt;|Rome on|Monday", "errors shown: 3"),
        *("Rome on", "errors shown: 1"),
        *("&lt;Bo&gt;|Rome on|Monday", "errors shown: 3"),
        *("&lt;Bo&gt;", "errors shown: 1"),
    ]
