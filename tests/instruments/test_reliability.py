import re

import numpy as np
import pytest

from spacy_lstm_ner.instruments.reliability import (
    draw_precision,
    draw_reliability,
    measures,
    operating_points,
    render_page,
)
from spacy_lstm_ner.tags import Spans
from spacy_lstm_ner.training.outcomes import Outcomes


def make_outcomes(*, honest=True):
    random = np.random.default_rng(0)
    probability = random.random(400)
    right = random.random(400) < (probability if honest else probability**3)
    start = np.arange(400) * 2
    zeros = np.zeros(400, dtype=np.int64)
    mentions = np.array([[int(right.sum()) + 10]])  # ten that were not even likely
    columns = (probability, right, probability > 0.5, zeros, mentions)
    return Outcomes(["X"], Spans(start, start + 1, zeros), *columns)


def test_measures_tell_the_honest_from_the_too_sure():
    honest, too_sure = (
        measures(make_outcomes().predictions),
        measures(make_outcomes(honest=False).predictions),
    )
    kept = make_outcomes().predicted
    assert honest["entities"] == int(kept.sum())
    assert honest["calibration error"] < too_sure["calibration error"]
    assert honest["p"] > 0.01
    assert too_sure["p"] < 0.01


def test_a_number_that_is_the_mode_trades_precision_for_recall():
    outcomes = make_outcomes()
    rows = operating_points(outcomes)
    taken = outcomes.probability > 0.5
    row = next(row for row in rows if row["mode"] == 0.5)
    found = (taken & outcomes.right).sum()
    assert row["precision"] == pytest.approx(found / taken.sum())
    assert row["recall"] == pytest.approx(found / (outcomes.right.sum() + 10))
    assert row["F1"] == pytest.approx(2 * found / (taken.sum() + outcomes.right.sum() + 10))
    recalls = [row["recall"] for row in rows]
    assert recalls == sorted(recalls, reverse=True)


def test_the_page_is_one_file_with_everything_in_it():
    pytest.importorskip("matplotlib", reason="the extra `inspect` is not installed")
    before, after = make_outcomes(honest=False), make_outcomes()
    forecasts = {"before": before.predictions, "after": after.predictions}
    pictures = {
        "reliability": draw_reliability(forecasts),
        "precision": draw_precision(forecasts),
    }
    assert all(png.startswith(b"\x89PNG") for png in pictures.values())
    page = render_page(
        "Calibrated on <dev>",
        {"before": measures(before.predictions), "after": measures(after.predictions)},
        operating_points(after),
        ["X: precision of at least 0.9 & more"],
        pictures,
    )
    assert page.startswith("<!DOCTYPE html>")
    assert "<h1>Calibrated on &lt;dev&gt;</h1>" in page
    assert "precision of at least 0.9 &amp; more" in page
    assert page.count('src="data:image/png;base64,') == 2
    assert not re.findall(r'(?:src|href)="(?!data:)', page)
    assert len(re.findall(r'<th scope="row">0\.\d+</th>', page)) == len(operating_points(after))
