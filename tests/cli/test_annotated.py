import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span, SpanGroup
from thinc.api import Config

from spacy_lstm_ner.cli.annotated import Learner, tell_annotated
from spacy_lstm_ner.training.partly import set_annotated_labels
from spacy_lstm_ner.training.weights import WEIGHT

VOCAB = spacy.blank("en").vocab


@pytest.fixture
def tell(tmp_path, capsys):
    def of(*docs, key="rejected", other=None):
        """What is told of a corpus of some documents."""
        DocBin(docs=docs).to_disk(tmp_path / "a.spacy")
        reader = {
            "@readers": "spacy.Corpus.v1",
            "path": str(tmp_path / "a.spacy"),
            "gold_preproc": False,
        }
        config = {
            "nlp": {"lang": "en"},
            "components": {"ner": {"factory": "ner", "incorrect_spans_key": other}},
            "training": {"train_corpus": "corpora.train", "dev_corpus": "corpora.dev"},
            "corpora": {"train": reader, "dev": reader},
        }
        tell_annotated(Config(config), [Learner("lstm_ner", key)])
        return " ".join(capsys.readouterr().out.split())

    return of


def make(*, incorrect=()):
    doc = Doc(VOCAB, words=["Ada", "saw", "Rome"], ents=["B-PER", "O", "B-GEO"])
    doc.spans["rejected"] = [Span(doc, *span) for span in incorrect]
    return doc


def test_of_text_that_can_be_trained_on_nothing_is_told_but_the_table(tell):
    named = make(incorrect=[(0, 2, "PER"), (2, 3, "PER"), (1, 2, "O")])
    set_annotated_labels(named, ["PER", "GEO"])
    said = tell(make(), named)
    assert "corpora.train 2 GEO, PER; all labels 6 0 % 4 3" in said
    assert said.endswith("corpora.dev 2 GEO, PER; all labels 6 0 % 4 3")


def test_entities_that_are_incorrect_too_are_told(tell):
    said = tell(make(), make(incorrect=[(0, 1, "GEO"), (2, 3, "GEO")]))
    assert "1 entities of corpora.train are given as incorrect too" in said
    assert "'Rome' (GEO) in document 2" in said
    assert "incorrect too" not in tell(make(incorrect=[(2, 3, "GEO")]), key=None)
    assert "incorrect too" in tell(make(incorrect=[(2, 3, "GEO")]), key=None, other="rejected")


def test_labels_that_no_entity_has_are_told(tell):
    named = make(incorrect=[(0, 1, "GOE")])
    set_annotated_labels(named, ["PRE", "GEO"])
    said = tell(named)
    assert "No entity has the label 'PRE', which is one that documents were annotated for" in said
    assert "[LW005] Spans of training documents" in said
    assert "teach nothing: 'GOE'." in said


def test_what_training_would_say_before_it_starts_is_told(tell):
    bare = make(incorrect=[(0, 1, "GEO")])
    bare.set_ents([], default="outside")
    assert "[LW001]" in tell(bare)
    bare.set_ents([Span(bare, 0, 1, "PER")], default="missing")
    said = tell(bare, key="rejcted")
    assert "[LW003]" in said
    assert "[LW004]" in said
    assert "'rejcted'" in said
    assert "documents have: rejected." in said


def test_a_weight_that_is_none_is_an_error(tell):
    doc = make()
    doc.spans[WEIGHT] = SpanGroup(doc, attrs={"weight": float("nan")})
    with pytest.raises(ValueError, match="LN260"):
        tell(doc)
