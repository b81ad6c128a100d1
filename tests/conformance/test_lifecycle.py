"""From `add_pipe` to `remove_pipe`: names, labels, initialization, sources, listeners."""

import warnings

import pytest
import spacy
import srsly
from spacy import registry
from spacy.pipeline.tok2vec import Tok2VecListener
from spacy.tokens import DocBin
from spacy.training import Example
from spacy.training.initialize import init_nlp
from spacy.util import load_config, load_model_from_config

from spacy_lstm_ner.pipeline.factory import DEFAULT_LSTM_NER_MODEL
from spacy_lstm_ner.pipeline.lstm_ner import LSTMEntityRecognizer

from ..conftest import ROOT, TRAIN, entities, learn, make_examples, train
from .small import SMALL, make_example, make_small
from .test_training import make_tok2vec, model_bytes

EXPECTED = [("London", "LOC"), ("Berlin", "LOC")]
LISTENER = {"@architectures": "spacy.Tok2VecListener.v1", "width": 32, "upstream": "*"}


def initialize(labels=None, *, get_examples=None):
    nlp = make_small()
    ner = nlp.get_pipe("lstm_ner")
    ner.initialize(get_examples or (lambda: make_examples(nlp)), nlp=nlp, labels=labels)
    return ner


def test_constructed_by_hand():
    nlp = spacy.blank("en")
    model = registry.resolve({"model": DEFAULT_LSTM_NER_MODEL}, validate=True)["model"]
    ner = LSTMEntityRecognizer(nlp.vocab, model)
    ner.add_label("LOC")
    ner.initialize(lambda: make_examples(nlp))
    assert ner.name == "lstm_ner"
    assert ner(nlp.make_doc("I like London")).has_annotation("ENT_IOB")


def test_a_renamed_component_keeps_its_weights_and_reports_under_the_new_name():
    nlp = make_small()
    train(nlp)
    nlp.rename_pipe("lstm_ner", "names")
    assert entities(nlp(TRAIN[1][0])) == EXPECTED
    assert set(nlp.update(make_examples(nlp), sgd=nlp.resume_training())) == {"names"}
    assert nlp.config["components"]["names"]["factory"] == "lstm_ner"


def test_two_recognizers_in_one_pipeline_keep_to_themselves():
    nlp = make_small()
    train(nlp)
    before = model_bytes(nlp)
    second = nlp.add_pipe("lstm_ner", name="second")
    second.add_label("FOOD")
    second.initialize(lambda: make_examples(nlp))
    with nlp.select_pipes(enable="second"):
        nlp.update(make_examples(nlp), sgd=nlp.create_optimizer())
    assert model_bytes(nlp) == before
    assert entities(nlp(TRAIN[1][0])) == EXPECTED


def test_initializing_again_starts_anew():
    spacy.util.fix_random_seed(1)
    nlp = make_small()
    train(nlp, steps=0)
    fresh = model_bytes(nlp)
    train(nlp, steps=60)
    assert entities(nlp(TRAIN[1][0])) == EXPECTED
    spacy.util.fix_random_seed(1)
    train(nlp, steps=0)
    assert not nlp(TRAIN[1][0]).ents
    assert model_bytes(nlp) == fresh


def test_initializing_again_with_other_labels():
    nlp = make_small()
    train(nlp, steps=0)
    ner = nlp.get_pipe("lstm_ner")
    ner.add_label("DRINK")
    train(nlp, steps=60)
    assert ner.labels == ("DRINK", "LOC", "PERSON")
    assert entities(nlp(TRAIN[1][0])) == EXPECTED
    ner.initialize(lambda: make_examples(nlp), nlp=nlp, labels=["LOC"])
    assert [tag.shape[1] for tag in ner.model.predict([nlp.make_doc("a")])] == [5]


def test_training_data_from_generators():
    nlp = make_small()
    optimizer = nlp.initialize(lambda: iter(make_examples(nlp)))
    ner = nlp.get_pipe("lstm_ner")
    assert ner.labels == ("LOC", "PERSON")
    assert ner.update(iter(make_examples(nlp)), sgd=optimizer)["lstm_ner"] > 0


@pytest.mark.parametrize(
    ("get_examples", "code"),
    [
        (3, "E930.*int"),
        (lambda: [], "E930"),
        (lambda: [spacy.blank("en").make_doc("a")], "E978.*Doc"),
        (lambda: make_examples(spacy.blank("en"))[0], "E978.*Example"),
    ],
    ids=["number", "nothing", "documents", "one example"],
)
def test_wrong_training_data_says_what_is_expected(get_examples, code):
    with pytest.raises(TypeError, match=code):
        initialize(get_examples=get_examples)


def test_training_data_that_can_be_read_only_once_says_so():
    examples = iter(make_examples(spacy.blank("en")))
    with pytest.raises(ValueError, match=r"E923.*lstm_ner"):
        initialize(get_examples=lambda: examples)


@pytest.mark.parametrize(
    "labels", ["LOC", b"LOC", 3, [3], [None], [""], {"LOC": 1}, {"LOC"}], ids=repr
)
def test_labels_that_are_no_list_of_strings_say_what_is_expected(labels):
    with pytest.raises(ValueError, match=r"LN033.*lstm_ner.*Expected a list of strings"):
        initialize(labels)


def test_the_empty_string_is_no_label():
    with pytest.raises(ValueError, match="LN033"):
        make_small().get_pipe("lstm_ner").add_label("")


def test_a_label_given_twice_is_named():
    with pytest.raises(ValueError, match=r"LN003.*LOC"):
        initialize(["LOC", "PERSON", "LOC"])


@pytest.mark.parametrize("method", ["update", "rehearse", "get_loss"])
@pytest.mark.parametrize("wrong", [None, 3, "text", [spacy.blank("en").make_doc("a")]], ids=repr)
def test_anything_else_than_examples_says_what_is_expected(trained, method, wrong):
    further = {"get_loss": [None]}.get(method, [])
    with pytest.raises(TypeError, match=rf"E978.*{method} method takes a list of Example objects"):
        getattr(trained.get_pipe("lstm_ner"), method)(wrong, *further)


def test_labels_with_hyphens_are_learned():
    nlp = make_small()
    examples = [
        make_example(nlp, "the old elephant slept", ("elephant", "LARGE-ANIMAL")),
        make_example(nlp, "a good brick layer works", ("brick layer", "U-JOB-NAME")),
    ]
    learn(nlp, examples)
    assert nlp.get_pipe("lstm_ner").labels == ("LARGE-ANIMAL", "U-JOB-NAME")
    assert entities(nlp("the old elephant slept")) == [("elephant", "LARGE-ANIMAL")]
    assert entities(nlp("a good brick layer works")) == [("brick layer", "U-JOB-NAME")]


def test_label_data_is_enough_to_initialize_an_equal_component():
    first = initialize()
    spacy.util.fix_random_seed(3)
    again = initialize(first.label_data)
    spacy.util.fix_random_seed(3)
    assert initialize().to_bytes() == again.to_bytes()


def test_the_order_of_the_training_data_does_not_change_the_labels():
    nlp = make_small()
    backwards = initialize(get_examples=lambda: make_examples(nlp)[::-1])
    assert backwards.label_data == initialize().label_data == ["LOC", "PERSON"]


@pytest.mark.parametrize("name", ["default", "course"])
def test_the_command_line_can_give_labels(tmp_path, name):
    """An override only replaces what the config has (trap 10)."""
    srsly.write_json(tmp_path / "labels.json", ["ZOO", "LOC"])
    DocBin(docs=[eg.reference for eg in make_examples(spacy.blank("en"))]).to_disk(
        tmp_path / "corpus.spacy"
    )
    overrides = {
        "paths.train": str(tmp_path / "corpus.spacy"),
        "paths.dev": str(tmp_path / "corpus.spacy"),
        "initialize.components.lstm_ner.labels.path": str(tmp_path / "labels.json"),
    }
    nlp = init_nlp(load_config(ROOT / "configs" / f"{name}.cfg", overrides=overrides))
    assert nlp.get_pipe("lstm_ner").label_data == ["ZOO", "LOC"]


def test_every_warning_is_given_once():
    nlp = make_small()
    doc = nlp.make_doc("nothing here")
    reference = doc.copy()
    reference.set_ents([], default="outside")
    examples = [Example(doc, reference)] * 3
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        optimizer = nlp.initialize(lambda: examples)
        for _ in range(3):
            nlp.update(examples, drop=0.1, sgd=optimizer)
            list(nlp.pipe(["nothing", "here"]))
        copy = make_small().from_bytes(nlp.to_bytes())
        list(copy.pipe(["nothing", "here"]))
    assert [str(warning.message)[:7] for warning in caught] == ["[LW001]"]


def test_dropout_that_somebody_set_and_a_rate_of_zero_silences_is_told_once_for_each_layer():
    embed = {**SMALL["tok2vec"]["embed"], "word_dropout": 0.1}
    encode = {**SMALL["tok2vec"]["encode"], "recurrent_dropout": 0.4, "dropout": 0.2}
    nlp = make_small(tok2vec={"embed": embed, "encode": encode})
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            nlp.update(examples, sgd=optimizer)
    told = [str(warning.message) for warning in caught]
    assert len(told) == 2
    assert "word_dropout = 0.1" in told[0]
    assert "dropout = 0.2, recurrent_dropout = 0.4" in told[1]


def test_analysis_knows_what_is_assigned_and_finds_no_problem():
    nlp = make_small()
    nlp.add_pipe("entity_ruler", before="lstm_ner")
    analysis = nlp.analyze_pipes()
    summary = analysis["summary"]["lstm_ner"]
    assert summary["assigns"] == ["doc.ents", "token.ent_iob", "token.ent_type"]
    assert summary["requires"] == []
    assert summary["retokenizes"] is False
    assert {"ents_f", "ents_p", "ents_r", "ents_per_type"} == set(summary["scores"])
    assert not any(analysis["problems"].values())


def test_scores_per_component(trained):
    scores = trained.evaluate(make_examples(trained), per_component=True)
    assert scores["lstm_ner"]["ents_f"] == 1.0
    assert scores["lstm_ner"]["ents_per_type"]["LOC"]["f"] == 1.0


def test_the_error_handler_is_asked_and_other_documents_go_on(monkeypatch):
    nlp = make_small()
    train(nlp, steps=1)
    failed = []
    ner = nlp.get_pipe("lstm_ner")
    predict = ner.predict

    def fail_on_bad(docs):
        docs = list(docs)
        if any(doc.text == "bad" for doc in docs):
            raise ValueError("cannot read this")
        return predict(docs)

    monkeypatch.setattr(ner, "predict", fail_on_bad)
    nlp.set_error_handler(lambda name, proc, docs, error: failed.append((name, len(docs))))
    docs = list(nlp.pipe(["one", "bad", "I like London and Berlin."], batch_size=1))
    assert failed == [("lstm_ner", 1)]
    assert [doc.text for doc in docs] == ["one", "I like London and Berlin."]
    assert docs[0].has_annotation("ENT_IOB")


def test_memory_zone(trained):
    with trained.memory_zone():
        docs = trained.pipe(["Zyzzyva met Quuxly in London and Berlin."] * 3)
        found = [entities(doc) for doc in docs]
    assert found[0] == found[1] == found[2]
    assert [entities(trained(text)) for text, _ in TRAIN] == [[("Shaka Khan", "PERSON")], EXPECTED]


def make_shared():
    """A tok2vec that a tagger and our component listen to, trained a little."""
    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec", config={"model": make_tok2vec()})
    nlp.add_pipe("tagger", config={"model": {"tok2vec": LISTENER}})
    nlp.add_pipe("lstm_ner", config={"model": {"tok2vec": LISTENER}})
    examples = make_examples(nlp)
    for eg in examples:
        for token in eg.reference:
            token.tag_ = "N" if token.text[0].isupper() else "X"
    learn(nlp, examples)
    return nlp


def listens(pipe):
    return any(isinstance(node, Tok2VecListener) for node in pipe.model.walk())


def test_a_config_can_source_listeners_and_replace_them(tmp_path):
    make_shared().to_disk(tmp_path)
    source = {"source": str(tmp_path), "component": "lstm_ner"}
    nlp = load_model_from_config(
        {
            "nlp": {"lang": "en", "pipeline": ["tok2vec", "alone", "shared"]},
            "components": {
                "tok2vec": {"source": str(tmp_path)},
                "alone": {**source, "replace_listeners": ["model.tok2vec"]},
                "shared": source,
            },
        },
        auto_fill=True,
    )
    assert nlp.get_pipe("tok2vec").listening_components == ["shared"]
    assert listens(nlp.get_pipe("shared"))
    assert not listens(nlp.get_pipe("alone"))
    models = {name: settings["model"] for name, settings in nlp.config["components"].items()}
    assert models["alone"]["tok2vec"] == models["tok2vec"]
    assert models["shared"]["tok2vec"]["@architectures"] == "spacy.Tok2VecListener.v1"
    for kept, dropped in (("alone", "shared"), ("shared", "alone")):
        with nlp.select_pipes(disable=dropped):
            assert entities(nlp(TRAIN[1][0])) == EXPECTED, kept


def test_listeners_follow_a_sourced_component_and_its_new_name():
    first = make_shared()
    assert first.get_pipe("tok2vec").listening_components == ["tagger", "lstm_ner"]
    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec", source=first)
    nlp.add_pipe("lstm_ner", name="renamed", source=first)
    assert nlp.get_pipe("renamed").name == "renamed"
    assert nlp.get_pipe("tok2vec").listening_components == ["renamed"]
    assert entities(nlp(TRAIN[1][0])) == EXPECTED
    nlp.remove_pipe("renamed")
    assert nlp.get_pipe("tok2vec").listening_components == []


def test_replaced_listeners_of_the_source_do_not_listen_after_sourcing():
    first = make_shared()
    first.replace_listeners("tok2vec", "lstm_ner", ["model.tok2vec"])
    assert first.get_pipe("tok2vec").listening_components == ["tagger"]
    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec", source=first)
    nlp.add_pipe("lstm_ner", source=first)
    assert nlp.get_pipe("tok2vec").listening_components == []
    assert entities(nlp(TRAIN[1][0])) == EXPECTED
