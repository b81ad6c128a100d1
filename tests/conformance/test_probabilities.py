"""Probabilities of entities, as whoever uses the pipeline sees them."""

import numpy as np
import pytest
import spacy
from spacy.cli.find_threshold import find_threshold
from spacy.tokens import DocBin

from ..conftest import TRAIN, make_examples
from .small import make_small

TEXTS = [text for text, _ in TRAIN] + ["", "Who likes Berlin? I like Shaka London.", " \n "]


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A pipeline that has not learned enough to be sure."""
    nlp = make_small()
    optimizer = nlp.initialize(lambda: make_examples(nlp))
    optimizer.learn_rate = 0.01
    for _ in range(3):
        nlp.update(make_examples(nlp), sgd=optimizer)
    path = tmp_path_factory.mktemp("saved")
    nlp.to_disk(path)
    return path


def load(path, **settings):
    return spacy.load(path, config={"components": {"lstm_ner": settings}})


def groups(doc, key):
    group = doc.spans[key]
    spans = [(span.start, span.end, span.label_) for span in group]
    return list(zip(spans, group.attrs["scores"].tolist(), strict=True))


def test_one_line_of_the_config_gives_every_entity_a_probability(saved):
    plain, nlp = load(saved), load(saved, spans_key="sc")
    for text in TEXTS:
        doc, before = nlp(text), plain(text)
        assert [(e.start, e.end, e.label_) for e in doc.ents] == [
            (e.start, e.end, e.label_) for e in before.ents
        ]
        assert [span for span, _ in groups(doc, "sc")] == [
            (e.start, e.end, e.label_) for e in doc.ents
        ]
        assert [e._.probability for e in doc.ents] == [p for _, p in groups(doc, "sc")]
        assert not before.spans
        assert not before.user_data
    doc = nlp(TEXTS[0])
    assert 0 < doc.ents[0]._.probability < 1


@pytest.mark.parametrize("settings", [{}, {"n_process": 2}, {"batch_size": 1}], ids=str)
def test_probabilities_are_the_same_however_texts_are_piped(saved, settings):
    nlp = load(saved, spans_key="sc", candidates_key="maybe", min_probability=0.01)
    expected = [nlp(text) for text in TEXTS]
    for doc, alone in zip(nlp.pipe(TEXTS, **settings), expected, strict=True):
        for key in ("sc", "maybe"):
            assert [span for span, _ in groups(doc, key)] == [s for s, _ in groups(alone, key)]
            found, scores = (d.spans[key].attrs["scores"] for d in (doc, alone))
            np.testing.assert_allclose(found, scores, atol=1e-6)
        assert [e._.probability for e in doc.ents] == [
            pytest.approx(e._.probability, abs=1e-6) for e in alone.ents
        ]


def test_in_a_memory_zone(saved):
    nlp = load(saved, spans_key="sc")
    with nlp.memory_zone():
        found = [e._.probability for doc in nlp.pipe(TEXTS) for e in doc.ents]
    assert found == [e._.probability for doc in nlp.pipe(TEXTS) for e in doc.ents]


def test_candidates_are_likelier_than_asked_for_and_hold_the_entities(saved):
    nlp = load(saved, spans_key="sc", candidates_key="maybe", min_probability=0.05)
    for doc in nlp.pipe(TEXTS):
        candidates = dict(groups(doc, "maybe"))
        assert all(chance >= 0.05 for chance in candidates.values())
        for span, chance in groups(doc, "sc"):
            assert chance < 0.05 or candidates[span] == chance
    assert any(len(doc.spans["maybe"]) > len(doc.spans["sc"]) for doc in nlp.pipe(TEXTS))


def test_a_number_trades_precision_for_recall(saved):
    counts = []
    for mode in (0.9, 0.5, 0.05, 0.01):
        nlp = load(saved, mode=mode)
        counts.append(sum(len(doc.ents) for doc in nlp.pipe(TEXTS)))
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


def test_settings_of_the_config_win_over_those_that_were_saved(saved, tmp_path):
    load(saved, spans_key="sc", threshold=0.9).to_disk(tmp_path)
    again = spacy.load(tmp_path)
    assert again.get_pipe("lstm_ner").cfg["threshold"] == 0.9
    assert "sc" in again(TEXTS[0]).spans
    assert load(tmp_path, threshold=0.1).get_pipe("lstm_ner").cfg["threshold"] == 0.1


@pytest.mark.parametrize("key", ["threshold", "mode"])
def test_find_threshold_finds_one(saved, tmp_path, key):
    nlp = load(saved)
    DocBin(docs=[eg.reference for eg in make_examples(nlp)]).to_disk(tmp_path / "dev.spacy")
    best, score, found = find_threshold(
        str(saved),
        tmp_path / "dev.spacy",
        pipe_name="lstm_ner",
        threshold_key=key,
        scores_key="ents_r",
        n_trials=5,
        use_gpu=-1,
        gold_preproc=False,
        silent=True,
    )
    assert found[0.0] == score > found[1.0] == 0.0
    assert best < 1.0


def test_another_components_spans_are_not_overwritten(saved):
    nlp = load(saved, spans_key="sc")
    doc = nlp.make_doc(TEXTS[0])
    doc.spans["sc"] = [doc[:1]]
    with pytest.raises(ValueError, match=r"LN154.*'sc'"):
        nlp(doc)
    assert not doc.ents
    assert nlp(nlp(TEXTS[0])).spans["sc"]  # its own are


def test_a_component_with_another_name_in_another_pipeline_is_itself():
    source, other = spacy.blank("en"), spacy.blank("en")
    source.add_pipe("lstm_ner", config={"spans_key": "sc"})
    source.initialize(lambda: make_examples(source))
    other.add_pipe("lstm_ner", source=source, name="a")
    source.initialize(lambda: make_examples(source))  # spaCy has renamed the one that both share
    assert other.get_pipe("a") is source.get_pipe("lstm_ner")


@pytest.mark.parametrize("factory", ["spancat", "span_ruler"])
@pytest.mark.parametrize("ours", ["spans_key", "candidates_key"])
def test_a_key_that_another_component_writes_to_is_refused(factory, ours):
    nlp = spacy.blank("en")
    nlp.add_pipe(factory, config={"spans_key": "sc"})
    with pytest.raises(ValueError, match=rf"LN169.*'lstm_ner' and '{factory}'.*'sc'"):
        nlp.add_pipe("lstm_ner", config={ours: "sc"})
    nlp.add_pipe("lstm_ner", config={ours: "mine"})
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner", config={ours: "sc"})
    nlp.add_pipe(factory, config={"spans_key": "sc"})
    with pytest.raises(ValueError, match=rf"LN169.*'lstm_ner' and '{factory}'.*'sc'"):
        nlp.initialize(lambda: make_examples(nlp))


def test_numbers_of_half_the_bits_give_nearly_the_same_probabilities(saved):
    found = []
    for precision in ("float32", "bfloat16"):
        nlp = load(saved, candidates_key="maybe", min_probability=0.001)
        nlp.get_pipe("lstm_ner").predict_in(precision)
        found.append([dict(groups(doc, "maybe")) for doc in nlp.pipe(TEXTS)])
    for exact, rough in zip(*found, strict=True):
        for span in exact.keys() | rough.keys():
            assert exact.get(span, 0.0) == pytest.approx(rough.get(span, 0.0), abs=0.01)


def test_long_documents_have_probabilities_too(saved):
    nlp = load(saved, spans_key="sc")
    short = nlp(TEXTS[1])
    long = nlp(" ".join(TEXTS[1:2] * 200))
    assert len(long) > 1000
    assert len(long.spans["sc"]) == len(long.ents)
    assert all(0 < ent._.probability <= 1 for ent in long.ents)
    assert len(short.ents) > 0


def test_training_on_drops_what_was_fitted_before(saved):
    nlp = load(saved)
    ner = nlp.get_pipe("lstm_ner")
    ner.calibration = type(ner.calibration)(temperature=2.0)
    assert nlp.from_bytes(nlp.to_bytes()).get_pipe("lstm_ner").calibration.temperature == 2.0
    nlp.update(make_examples(nlp), sgd=nlp.resume_training())
    assert ner.calibration.temperature == 1.0


def test_anything_can_be_asked_of_a_document_that_was_processed(saved):
    nlp = load(saved, spans_key="sc")
    ner = nlp.get_pipe("lstm_ner")
    for doc in nlp.pipe(TEXTS):
        before = doc.to_bytes()
        asked = ner.ask(doc)
        assert doc.to_bytes() == before
        (best,) = asked.best(1)
        assert [(e.start, e.end, e.label_) for e in best.entities] == [
            (e.start, e.end, e.label_) for e in doc.ents
        ]
        for ent in doc.ents:
            assert asked.probability(ent) == pytest.approx(ent._.probability, abs=1e-6)
            offsets = ent.start_char, ent.end_char
            assert asked.probability(offsets, ent.label_) == asked.probability(ent)
        assert asked.token_labels.shape == (len(doc), 1 + len(asked.labels))
        assert (asked.uncertainty > 0) == bool(doc.text.strip())


def test_an_empty_document_has_one_reading(saved):
    nlp = load(saved)
    asked = nlp.get_pipe("lstm_ner").ask(nlp.make_doc(""))
    assert asked.best(3) == [([], 1.0)]
    assert asked.candidates() == []
    assert asked.token_labels.shape == (0, 1 + len(asked.labels))
    assert asked.uncertainty == 0.0


def test_asking_before_training_says_so():
    nlp = make_small()
    with pytest.raises(ValueError, match="E109"):
        nlp.get_pipe("lstm_ner").ask(nlp.make_doc("London"))
