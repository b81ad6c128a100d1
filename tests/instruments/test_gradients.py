import numpy as np
import pytest
import spacy
from spacy.tokens import Doc
from spacy.training import Example

from spacy_lstm_ner.instruments import gradients
from spacy_lstm_ner.instruments.encoders import find_encoder
from spacy_lstm_ner.instruments.gradients import Flow, draw, gradient_flow

from .test_encoders import EMBED, ENCODER, TOK2VEC


def make_pipeline(*, factor=1.0, bidirectional=False):
    """An encoder of rectified units that are all on: its matrix is a multiple of the identity."""
    encode = {**ENCODER, "cell": "irnn", "bidirectional": bidirectional}
    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec", config={"model": {**TOK2VEC, "embed": EMBED, "encode": encode}})
    nlp.initialize(lambda: [make_example(nlp, 3)])
    for cell in find_encoder(nlp).module.cells():
        cell.weight_hh_l0.data *= factor
        cell.bias_ih_l0.data.fill_(1.0)
    return nlp


def make_example(nlp, tokens):
    words = [f"w{i % 7}" for i in range(tokens)]
    return Example(Doc(nlp.vocab, words=words), Doc(nlp.vocab, words=words))


@pytest.mark.parametrize(
    ("factor", "regime"),
    [(0.75, "vanishing"), (0.9375, "stable"), (1.0, "stable"), (1.25, "exploding")],
)
def test_each_token_takes_its_factor_off(factor, regime):
    nlp = make_pipeline(factor=factor, bidirectional=True)
    flows = gradient_flow(nlp, [make_example(nlp, 40), make_example(nlp, 45)])
    assert [(flow.layer, flow.direction) for flow in flows] == [
        (1, "left to right"),
        (1, "right to left"),
    ]
    for flow in flows:
        lags = np.arange(len(flow.median))
        for quartile in (flow.low, flow.median, flow.high):
            np.testing.assert_allclose(quartile, factor**lags)
        assert flow.rate == pytest.approx(factor)
        assert flow.regime == regime


def test_every_token_that_has_a_past_counts():
    nlp = make_pipeline()
    (flow,) = gradient_flow(nlp, [make_example(nlp, 40), make_example(nlp, 50)])
    # Fifteen tokens in one document and twenty-five in the other look twenty-five back.
    assert flow.tokens[:2].tolist() == [90, 88]
    assert flow.tokens[25] == 15 + 25
    assert len(flow.tokens) == 31  # ten and twenty look thirty back, fewer than thirty beyond


def test_long_documents_are_read_in_windows(monkeypatch):
    nlp = make_pipeline()
    monkeypatch.setattr(gradients, "LONGEST", 40)
    (flow,) = gradient_flow(nlp, [make_example(nlp, 100)])
    assert flow.tokens[0] == 100
    assert flow.tokens[1] == 97
    assert len(flow.tokens) == 26  # fifteen tokens in each of the two windows of forty


def test_little_text_says_nothing_of_what_it_cannot_show():
    nlp = make_pipeline()
    (flow,) = gradient_flow(nlp, [make_example(nlp, 31)])
    assert flow.tokens.tolist() == [31, 30]
    assert flow.regime == "unknown"
    (flow,) = gradient_flow(nlp, [make_example(nlp, 29)])
    assert len(flow.tokens) == len(flow.median) == 0
    assert flow.regime == "unknown"
    assert gradient_flow(nlp, []) == []


def test_a_curve_for_each_model_and_a_panel_for_each_direction():
    pytest.importorskip("matplotlib", reason="the extra `inspect` is not installed")
    lags = np.arange(10)
    tokens = np.full(10, 50)

    def make_flow(direction, factor):
        return Flow(1, direction, tokens, factor**lags / 2, factor**lags, 2 * factor**lags)

    figure = draw(
        {
            "plain": [make_flow("left to right", 0.5)],
            "both": [make_flow("left to right", 0.9), make_flow("right to left", 0.8)],
        }
    )
    first, second = figure.axes
    assert [axes.get_title() for axes in (first, second)] == [
        "layer 1, left to right",
        "layer 1, right to left",
    ]
    assert [line.get_label() for line in first.lines] == [
        "plain: 0.50 a token",
        "both: 0.90 a token",
    ]
    np.testing.assert_allclose(first.lines[0].get_ydata(), 0.5**lags)
    assert [line.get_label() for line in second.lines] == ["both: 0.80 a token"]
