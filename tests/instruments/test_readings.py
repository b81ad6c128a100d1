import pytest
import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_lstm_ner.instruments import bootstrap
from spacy_lstm_ner.instruments.readings import read
from spacy_lstm_ner.training.calibration import Calibration
from spacy_lstm_ner.training.partly import set_annotated_labels

from ..conformance.small import make_small
from ..conftest import learn
from ..pipeline.test_calibrate import make_examples
from ..test_wiring import make_shared


@pytest.fixture(scope="module")
def nlp():
    """A pipeline that has learned a little. Tests must not change it."""
    nlp = make_small()
    learn(nlp, make_examples(nlp, 40, seed=0), steps=15)
    return nlp


@pytest.fixture
def own(nlp):
    """A copy of it."""
    return make_small().from_bytes(nlp.to_bytes())


def read_all(nlp, examples):
    return list(read(nlp, nlp.get_pipe("lstm_ner"), {"dev": examples}))


def scores_of(nlp, examples):
    """What spaCy says of documents, and what we say: all, and by label."""
    readings = read_all(nlp, [eg.copy() for eg in examples])
    labels = sorted({m.label for r in readings for m in (*r.gold, *r.predicted)})
    theirs = nlp.evaluate(examples)
    found = {"": {"p": theirs["ents_p"], "r": theirs["ents_r"], "f": theirs["ents_f"]}}
    ours = bootstrap.score(readings, labels)
    return (
        found | theirs["ents_per_type"],
        {score.label: {"p": score.precision, "r": score.recall, "f": score.f1} for score in ours},
    )


def with_gaps(nlp):
    """Documents of which some tokens, or all, have no annotation."""
    examples = make_examples(nlp, 30, seed=1)
    for i, eg in enumerate(examples):
        doc = eg.reference
        missing = {0: [doc[2:3]], 1: [doc[0:1]], 2: [doc[:]]}.get(i % 5, [])
        entities = [ent for ent in doc.ents if all(ent[0] not in span for span in missing)]
        doc.set_ents(entities, missing=missing, default="outside")
    return examples


def for_some_labels(nlp):
    """Documents of which every other was annotated for places alone."""
    examples = make_examples(nlp, 30, seed=1)
    for eg in examples[::2]:
        eg.reference.ents = [ent for ent in eg.reference.ents if ent.label_ == "GEO"]
        set_annotated_labels(eg.reference, ["GEO"])
    return examples


def with_other_tokens(nlp):
    """Annotation on other tokens than those of the pipeline."""
    examples = []
    for eg in make_examples(nlp, 30, seed=1):
        words = [token.text for token in eg.reference]
        text, *rest = [words[2][:1], words[2][1:]] if len(examples) % 2 else [words[2]]
        spaces = [True, True, *([False] if rest else []), True, False, False]
        doc = Doc(nlp.vocab, words=[*words[:2], text, *rest, *words[3:]], spaces=spaces)
        spans = [Span(doc, 2, 3 + len(rest), ent.label_) for ent in eg.reference.ents]
        doc.set_ents(spans, default="outside")
        examples.append(Example(nlp.make_doc(doc.text), doc))
    return examples


@pytest.mark.parametrize(
    "make",
    [lambda nlp: make_examples(nlp, 30, 1), with_gaps, for_some_labels, with_other_tokens],
)
def test_entities_count_as_in_the_scorer(nlp, make):
    theirs, ours = scores_of(nlp, make(nlp))
    assert ours == theirs
    assert 0.2 < ours[""]["f"] < 1


@pytest.mark.parametrize("settings", [{"mode": 0.7}, {"threshold": 0.9}])
def test_settings_of_the_recognizer_hold(nlp, monkeypatch, settings):
    examples = make_examples(nlp, 30, seed=1)
    before = scores_of(nlp, examples)[1]
    for name, value in settings.items():
        monkeypatch.setitem(nlp.get_pipe("lstm_ner").cfg, name, value)
    theirs, ours = scores_of(nlp, examples)
    assert ours == theirs
    assert ours != before


def test_a_recognizer_may_listen_to_another_component():
    nlp = make_shared()
    learn(nlp, make_examples(nlp, 20, seed=0), steps=10)
    theirs, ours = scores_of(nlp, make_examples(nlp, 30, seed=1))
    assert ours == theirs
    assert ours[""]["f"] > 0.2


@pytest.mark.parametrize("before", [True, False])
def test_entities_of_other_components_count_like_those_of_the_recognizer(own, before):
    place = {"before": "lstm_ner"} if before else {"after": "lstm_ner"}
    ruler = own.add_pipe("entity_ruler", config={"overwrite_ents": True}, **place)
    ruler.add_patterns([{"label": "PLANET", "pattern": "today"}, {"label": "GEO", "pattern": "We"}])
    theirs, ours = scores_of(own, make_examples(own, 30, seed=1))
    assert ours == theirs
    assert ours["PLANET"]["f"] == 0.0


def test_a_later_component_may_merge_tokens(own):
    own.add_pipe("merge_entities")
    theirs, ours = scores_of(own, make_examples(own, 30, seed=1))
    assert ours == theirs


def test_two_entities_in_one_annotated_token_are_right_once(own):
    ruler = own.add_pipe("entity_ruler", before="lstm_ner")
    ruler.add_patterns([{"label": "GEO", "pattern": "Rome"}, {"label": "GEO", "pattern": "Oslo"}])
    doc = Doc(own.vocab, words=["We", "saw", "Rome-Oslo", "."], spaces=[True, True, False, False])
    doc.set_ents([Span(doc, 2, 3, "GEO")], default="outside")
    theirs, ours = scores_of(own, [Example(own.make_doc(doc.text), doc)])
    assert ours == theirs
    assert ours["GEO"]["p"] == 0.5


@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_probabilities_are_those_of_the_recognizer(nlp, monkeypatch, temperature):
    calibration = Calibration(temperature=temperature)
    monkeypatch.setattr(nlp.get_pipe("lstm_ner"), "calibration", calibration)
    examples = make_examples(nlp, 40, seed=1)
    readings = read_all(nlp, examples)
    ner = nlp.get_pipe("lstm_ner")
    assert [reading.number for reading in readings] == list(range(1, 41))
    for eg, reading in zip(examples, readings, strict=True):
        asked = ner.ask(nlp.make_doc(eg.text))
        for mention in (*reading.gold, *reading.predicted):
            span = asked.doc[mention.start : mention.end]
            expected = asked.probability(span, mention.label)
            assert mention.probability == pytest.approx(expected, abs=1e-5)
            assert not mention.given


def test_an_entity_that_was_set_before_is_told_from_one_that_was_found(own):
    ruler = own.add_pipe("entity_ruler", before="lstm_ner")
    ruler.add_patterns([{"label": "PLANET", "pattern": "today"}])
    (reading,) = read_all(own, make_examples(own, 40, seed=1))[:1]
    planet = next(mention for mention in reading.predicted if mention.label == "PLANET")
    assert planet.given
    assert planet.probability is None
    assert not any(m.given for m in reading.predicted if m.label != "PLANET")


def test_documents_without_annotation_are_left_out_and_the_others_keep_their_number(nlp):
    readings = read_all(nlp, with_gaps(nlp))
    assert [reading.number for reading in readings[:4]] == [1, 2, 4, 5]
    first = readings[0]
    assert first.text(0, len(first.words)) == make_examples(nlp, 1, seed=1)[0].text


def test_documents_have_the_name_of_their_file(nlp):
    files = {"a": make_examples(nlp, 2, seed=1), "b": make_examples(nlp, 1, seed=2)}
    readings = read(nlp, nlp.get_pipe("lstm_ner"), files)
    assert [(reading.source, reading.number) for reading in readings] == [
        *(("a", 1), ("a", 2)),
        ("b", 1),
    ]


def test_an_untrained_recognizer_is_refused():
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner")
    with pytest.raises(ValueError, match="E109"):
        read_all(nlp, make_examples(nlp, 3, seed=1))
