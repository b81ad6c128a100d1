from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Thread

import numpy as np
import pytest
import spacy
import torch
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_lstm_ner.models.shim import module_shims
from spacy_lstm_ner.models.tagger import predict_in
from spacy_lstm_ner.nn.crf.scorer import TagScorer

from ..conftest import TRAIN, entities, make_examples, train

EXPECTED = [("London", "LOC"), ("Berlin", "LOC")]


def make_nlp(**model):
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner", config={"model": model} if model else {})
    return nlp


def test_learns_two_sentences_by_heart(trained):
    assert entities(trained(TRAIN[1][0])) == EXPECTED
    assert entities(trained(TRAIN[0][0])) == [("Shaka Khan", "PERSON")]


@pytest.mark.parametrize("scheme", ["biluo", "bio"])
@pytest.mark.parametrize("head", ["crf", "softmax"])
def test_learns_with_every_scheme_and_head(scheme, head):
    nlp = make_nlp(scheme=scheme, head=head)
    train(nlp)
    assert entities(nlp(TRAIN[1][0])) == EXPECTED
    again = spacy.blank("en")
    again.add_pipe("lstm_ner", config={"model": {"scheme": scheme, "head": head}})
    again.from_bytes(nlp.to_bytes())
    assert entities(again(TRAIN[1][0])) == EXPECTED
    assert again.to_bytes() == nlp.to_bytes()


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn", "irnn"])
def test_learns_and_travels_with_every_cell(cell):
    encode = {"cell": cell, "hidden_width": 32, "clip_value": 25.0, "skip": True, "depth": 2}
    nlp = make_nlp(tok2vec={"encode": encode})
    train(nlp, steps=120)
    assert entities(nlp(TRAIN[1][0])) == EXPECTED
    again = make_nlp(tok2vec={"encode": encode}).from_bytes(nlp.to_bytes())
    assert entities(again(TRAIN[1][0])) == EXPECTED


def test_update_reports_the_loss_and_it_falls():
    nlp = make_nlp()
    first = train(nlp, steps=1)["lstm_ner"]
    last = train(nlp, steps=60)["lstm_ner"]
    assert isinstance(last, float)
    assert last < first / 20


def test_losses_add_up_under_the_name_of_the_component():
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner", name="mine")
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    losses = nlp.update(examples, sgd=False, losses={"other": 1.0})
    once = losses["mine"]
    assert losses == {"other": 1.0, "mine": once}
    assert nlp.update(examples, sgd=False, losses=losses)["mine"] == pytest.approx(2 * once)


def test_gradients_add_up_until_an_optimizer_is_given():
    nlp = make_nlp()
    examples = make_examples(nlp)
    optimizer = nlp.initialize(lambda: examples)
    ner = nlp.get_pipe("lstm_ner")
    before, bias = ner.to_bytes(exclude=["vocab"]), ner.model.get_ref("output_layer").shims[0]
    gradients = []
    for _ in range(2):
        nlp.update(examples, sgd=False)
        gradients.append(bias.module.dense.bias.grad.clone())
    assert gradients[0].any()
    assert torch.allclose(gradients[1], 2 * gradients[0])
    assert ner.to_bytes(exclude=["vocab"]) == before
    ner.finish_update(optimizer)
    assert ner.to_bytes(exclude=["vocab"]) != before
    assert bias.module.dense.bias.grad is None


def test_training_dropout_reaches_torch():
    nlp = make_nlp()
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    ner = nlp.get_pipe("lstm_ner")
    docs = [eg.predicted for eg in examples]
    encoder = next(node for node in ner.model.walk() if node.name == "lstm_encoder")
    seen = []
    for rate in (0.0, 0.5):
        nlp.update(examples, drop=rate, sgd=False)
        embedded = ner.model.get_ref("tok2vec").get_ref("embed").predict(docs)
        states, _ = encoder.begin_update(embedded)
        seen.append(float((np.concatenate(list(states)) == 0).mean()))
    assert seen[0] == 0.0
    assert 0.3 < seen[1] < 0.7


@pytest.mark.parametrize("labels", [[], ["GEO"]])
def test_untrained_predicts_nothing_and_annotates_every_token(labels):
    nlp = make_nlp()
    for label in labels:
        nlp.get_pipe("lstm_ner").add_label(label)
    nlp.initialize()
    doc = nlp("Ann went to York")
    assert not doc.ents
    assert [token.ent_iob_ for token in doc] == ["O"] * 4


def test_call_before_initialize_says_so():
    nlp = make_nlp()
    with pytest.raises(ValueError, match="E109"):
        nlp("text")
    with pytest.raises(ValueError, match="E109"):
        nlp.update(make_examples(nlp))


def test_training_data_without_entities_warns_and_works():
    nlp = make_nlp()
    doc = nlp.make_doc("nothing here")
    reference = doc.copy()
    reference.set_ents([], default="outside")
    with pytest.warns(UserWarning, match=r"LW001.*given"):
        nlp.initialize(lambda: [Example(doc, reference)])
    assert not nlp("nothing here").ents


@pytest.mark.parametrize("labels", [None, ["LOC"]])
def test_a_corpus_in_which_nothing_is_annotated_is_told_before_training(labels):
    nlp = make_nlp()
    nlp.config["paths"]["train"] = "bare.spacy"
    doc = nlp.make_doc("nothing here")
    ner = nlp.get_pipe("lstm_ner")
    with pytest.warns(UserWarning, match=r"LW001.*bare\.spacy.*no entities"):
        ner.initialize(lambda: [Example(doc, doc.copy())], nlp=nlp, labels=labels)


def test_a_corpus_in_which_nothing_is_annotated_is_told_wherever_it_is_from(recwarn):
    nlp = make_nlp()
    nlp.initialize()
    assert not recwarn
    doc = nlp.make_doc("nothing here")
    with pytest.warns(UserWarning, match=r"LW001.*corpus: given.*no entities"):
        nlp.initialize(lambda: [Example(doc, doc.copy())])


def test_what_cannot_be_learned_of_incorrect_spans_is_told_before_training():
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner", config={"incorrect_spans_key": "wrong"})
    examples = make_examples(nlp)
    with pytest.warns(UserWarning, match="LW004.*'wrong'"):
        nlp.initialize(lambda: examples)
    reference = examples[0].reference
    reference.spans["wrong"] = [Span(reference, 0, 1, "Z")]
    with pytest.warns(UserWarning, match=r"LW005.*nothing: 'Z'\."):
        nlp.initialize(lambda: examples)


def test_nan_in_the_scores_stops_training():
    nlp = make_nlp()
    examples = make_examples(nlp)
    nlp.initialize(lambda: examples)
    ner = nlp.get_pipe("lstm_ner")
    ner.model.get_ref("output_layer").shims[0].module.dense.bias.data[:] = float("nan")
    with pytest.raises(ValueError, match="E910"):
        nlp.update(examples)


@pytest.mark.parametrize("mode", ["balanced", 0.3])
def test_nan_in_the_scores_is_told_in_prediction(mode):
    nlp = make_nlp()
    nlp.initialize(lambda: make_examples(nlp))
    ner = nlp.get_pipe("lstm_ner")
    ner.cfg["mode"] = mode
    ner.model.get_ref("output_layer").shims[0].module.dense.bias.data[:] = float("nan")
    with pytest.raises(ValueError, match="LN024"):
        nlp("I like London.")


def test_preset_entities_are_kept_with_what_they_carry(trained):
    doc = trained.make_doc("I like London and Berlin.")
    doc.set_ents([Span(doc, 1, 3, label="TEAM", kb_id="Q1")], default="missing")
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner").from_bytes(trained.get_pipe("lstm_ner").to_bytes())
    doc = nlp.get_pipe("lstm_ner")(doc)
    assert entities(doc) == [("like London", "TEAM"), ("Berlin", "LOC")]
    assert doc.ents[0].kb_id_ == "Q1"
    assert all(token.ent_iob_ for token in doc)


def copy_of(trained):
    return make_nlp().from_bytes(trained.to_bytes())


def test_a_component_of_another_pipeline_knows_labels_of_the_one_it_is_in(trained):
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "CAPITAL", "pattern": "Berlin"}])
    nlp.add_pipe("lstm_ner", source=copy_of(trained))
    assert entities(nlp(TRAIN[1][0])) == [("London", "LOC"), ("Berlin", "CAPITAL")]
    learned = Example.from_dict(nlp.make_doc("I eat pizza."), {"entities": [(6, 11, "FOOD")]})
    nlp.update([learned], sgd=nlp.resume_training())
    assert nlp.get_pipe("lstm_ner").labels == ("CAPITAL", "FOOD", "LOC", "PERSON")


def test_a_new_label_in_an_evaluation_of_averages_does_not_make_them_the_weights(trained):
    nlp = copy_of(trained)
    ner = nlp.get_pipe("lstm_ner")
    before = ner.to_bytes(exclude=["vocab"])
    shim = ner.model.get_ref("output_layer").shims[0]
    averages = {(shim.id, "dense.bias"): np.ones(len(ner.scheme), dtype=np.float32)}
    doc = nlp.make_doc(TRAIN[1][0])
    doc.ents = [Span(doc, 4, 5, label="CAPITAL")]
    with ner.model.use_params(averages):
        assert entities(ner(doc.copy()))[-1] == ("Berlin", "CAPITAL")
    assert ner.to_bytes(exclude=["vocab"]) == before
    assert entities(ner(doc)) == [("London", "LOC"), ("Berlin", "CAPITAL")]
    assert "CAPITAL" in ner.labels


def with_preset(nlp, label, text=TRAIN[1][0]):
    doc = nlp.make_doc(text)
    doc.set_ents([Span(doc, 4, 5, label=label)], default="missing")
    return doc


def test_predicting_changes_neither_the_model_nor_what_is_saved(trained):
    nlp = copy_of(trained)
    ner = nlp.get_pipe("lstm_ner")
    before = ner.to_bytes(exclude=["vocab"])
    (found,) = ner.predict([with_preset(nlp, "CAPITAL")])
    assert ner.to_bytes(exclude=["vocab"]) == before
    assert len(ner.scheme) == len(trained.get_pipe("lstm_ner").scheme)
    assert len(found.tags) == len(nlp.make_doc(TRAIN[1][0]))


def test_labels_of_presets_are_known_at_once_and_in_the_model_when_it_is_trained(trained):
    nlp = copy_of(trained)
    ner = nlp.get_pipe("lstm_ner")
    assert entities(ner(with_preset(nlp, "CAPITAL"))) == [("London", "LOC"), ("Berlin", "CAPITAL")]
    assert ner.labels == ("CAPITAL", "LOC", "PERSON")
    assert ner.label_data == ["LOC", "PERSON"]
    nlp.update(make_examples(nlp), sgd=nlp.resume_training())
    assert sorted(ner.label_data) == ["CAPITAL", "LOC", "PERSON"]
    assert ner.labels == ("CAPITAL", "LOC", "PERSON")
    ner(with_preset(nlp, "TOWN"))
    assert ner.add_label("TOWN") == 1
    assert ner.labels == ("CAPITAL", "LOC", "PERSON", "TOWN")
    ner(with_preset(nlp, "CITY"))
    nlp.initialize(lambda: make_examples(nlp))
    assert ner.labels == ("CAPITAL", "CITY", "LOC", "PERSON", "TOWN")
    assert sorted(ner.label_data) == list(ner.labels)


def test_threads_that_meet_labels_of_presets_find_what_one_thread_finds(trained):
    one, many = copy_of(trained), copy_of(trained)
    labels = [f"L{i}" for i in range(40)]
    texts = [text for text, _ in TRAIN] * 4

    def run(nlp, label):
        docs = [with_preset(nlp, label, text) for text in texts]
        return [entities(doc) for doc in nlp.pipe(docs)]

    expected = [run(one, label) for label in labels]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(partial(run, many), labels))
    assert found == expected
    assert many.get_pipe("lstm_ner").labels == one.get_pipe("lstm_ner").labels
    assert many.get_pipe("lstm_ner").to_bytes() == one.get_pipe("lstm_ner").to_bytes()


def test_a_prediction_holds_its_lattice_on_request(trained):
    ner = trained.get_pipe("lstm_ner")
    docs = [trained.make_doc(text) for text in (TRAIN[1][0], "", TRAIN[0][0])]
    assert [prediction.lattice for prediction in ner.predict(docs)] == [None] * 3
    found = ner.predict(docs, with_lattice=True)
    spans, chances = found[0].lattice.likely_spans(0.5)
    labels = [ner.scheme.labels[i] for i in spans.label]
    texts = [docs[0][s:e].text for s, e in zip(spans.start, spans.end, strict=True)]
    assert list(zip(texts, labels, strict=True)) == EXPECTED
    assert (chances > 0.8).all()
    assert found[1].lattice is None
    assert len(found[1].entities) == 0


def test_prediction_leaves_the_random_numbers_of_training_alone(trained):
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    trained("A few words that were never seen.")
    assert torch.equal(torch.rand(3), expected)


def test_blocked_tokens_stay_out(trained):
    doc = trained.make_doc("I like London and Berlin.")
    doc.set_ents([], blocked=[doc[2:3]], default="missing")
    assert entities(trained.get_pipe("lstm_ner")(doc)) == [("Berlin", "LOC")]


def test_predictions_can_be_renewed(trained):
    ner = trained.get_pipe("lstm_ner")
    doc = trained(TRAIN[1][0])
    assert entities(ner(doc)) == EXPECTED


def test_whitespace_never_starts_or_ends_an_entity(trained):
    for text in ("  London  ", "\n\nLondon\n", "I like  London \t and  Berlin . "):
        for ent in trained(text).ents:
            assert not ent[0].is_space
            assert not ent[-1].is_space


@pytest.mark.parametrize("batch_size", [1, 2, 3, 100])
def test_batch_size_changes_nothing(trained, batch_size):
    texts = ["", "I like London.", "Who?", " ", "Berlin " * 50, "Who is Shaka Khan? " * 9]
    one_by_one = [entities(trained(text)) for text in texts]
    assert [entities(doc) for doc in trained.pipe(texts, batch_size=batch_size)] == one_by_one


def test_scores_do_not_depend_on_the_batch(trained):
    model = trained.get_pipe("lstm_ner").model.copy()
    predict_in(model, "float32")
    docs = [trained.make_doc("word " * n) for n in (1, 30, 2, 700, 31, 29)]
    together = model.predict(docs)
    for doc, scores in zip(docs, together, strict=True):
        np.testing.assert_allclose(scores, model.predict([doc])[0], atol=1e-5)


def test_a_long_document_scores_as_its_neighbourhood_does(trained, monkeypatch):
    """The stated approximation: tokens further away than CONTEXT hardly matter."""
    from spacy_lstm_ner.pipeline import batching

    text = " ".join(text for text, _ in TRAIN) + " "
    doc = trained.make_doc(text * 200)
    whole = trained(doc.text)
    monkeypatch.setattr(batching, "MAX_TOKENS", 300)
    assert entities(trained(doc.text)) == entities(whole)


def test_add_label_keeps_predictions_and_labels_are_learned_later():
    nlp = make_nlp()
    train(nlp)
    ner = nlp.get_pipe("lstm_ner")
    assert ner.add_label("FOOD") == 1
    assert ner.add_label("FOOD") == 0
    assert ner.labels == ("FOOD", "LOC", "PERSON")
    for text, _ in TRAIN:
        assert "FOOD" not in [label for _, label in entities(nlp(text))]
    assert entities(nlp(TRAIN[1][0])) == EXPECTED
    doc = nlp.make_doc("I eat pizza.")
    new = Example.from_dict(doc, {"entities": [(6, 11, "FOOD")]})
    optimizer = nlp.resume_training()
    optimizer.learn_rate = 0.01
    for _ in range(60):
        nlp.update([new, *make_examples(nlp)], sgd=optimizer)
    assert entities(nlp("I eat pizza.")) == [("pizza", "FOOD")]
    assert entities(nlp(TRAIN[1][0])) == EXPECTED


def test_labels_given_to_initialize_are_the_labels():
    nlp = make_nlp()
    ner = nlp.get_pipe("lstm_ner")
    ner.initialize(lambda: make_examples(nlp), nlp=nlp, labels=["PERSON", "LOC", "A-B"])
    assert ner.labels == ("A-B", "LOC", "PERSON")
    assert ner.label_data == ["PERSON", "LOC", "A-B"]


def test_label_must_be_a_string():
    with pytest.raises(ValueError, match="E187"):
        make_nlp().get_pipe("lstm_ner").add_label(3)


def test_disk_round_trip(trained, tmp_path):
    trained.to_disk(tmp_path)
    loaded = spacy.load(tmp_path)
    assert entities(loaded(TRAIN[1][0])) == EXPECTED
    assert loaded.to_bytes() == trained.to_bytes()


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.99])
def test_a_model_file_cut_off_says_so(trained, tmp_path, keep):
    trained.to_disk(tmp_path)
    path = tmp_path / "lstm_ner" / "model"
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(ValueError, match="LN02"):
        spacy.load(tmp_path)


def test_weights_without_labels_say_so(trained):
    data = trained.get_pipe("lstm_ner").to_bytes()
    nlp = make_nlp()
    nlp.get_pipe("lstm_ner").from_bytes(data, exclude=["cfg"])
    with pytest.raises(ValueError, match="LN023"):
        nlp("I like London.")


def test_rehearsal_holds_on_to_the_teacher():
    nlp = make_nlp()
    train(nlp)
    ner = nlp.get_pipe("lstm_ner")
    optimizer = nlp.resume_training()
    optimizer.learn_rate = 0.003
    forget = Example.from_dict(nlp.make_doc(TRAIN[1][0]), {"entities": []})
    for _ in range(10):
        nlp.update([forget], sgd=optimizer)
    first = nlp.rehearse(make_examples(nlp), sgd=optimizer)["lstm_ner"]
    for _ in range(40):
        last = nlp.rehearse(make_examples(nlp), sgd=optimizer)["lstm_ner"]
    # The loss is the divergence from what the teacher predicts.
    assert last < first / 2
    assert ner.name == "lstm_ner"


def test_entities_of_many_documents_land_on_their_own(trained):
    docs = [trained.make_doc(t) for t in ("", "I like London and Berlin.", "Who is", TRAIN[0][0])]
    ner = trained.get_pipe("lstm_ner")
    found = ner.predict(docs)
    assert not any(doc.ents for doc in docs)
    ner.set_annotations(docs, found)
    assert [entities(doc) for doc in docs] == [[], EXPECTED, [], [("Shaka Khan", "PERSON")]]


def test_tokens_made_elsewhere_are_read_by_their_text(trained):
    doc = Doc(trained.vocab, words=["I", "like", "London", "and", "Berlin", "."])
    assert entities(trained.get_pipe("lstm_ner")(doc)) == EXPECTED


def test_a_label_added_beside_other_weights_stays_with_those_that_come_back(trained):
    nlp = spacy.blank("en")
    ner = nlp.add_pipe("lstm_ner")
    nlp.from_bytes(trained.to_bytes())
    text = TRAIN[1][0]
    zeros = {
        (shim.id, name): np.zeros(tuple(weights.shape), dtype="f")
        for shim in module_shims(ner.model)
        for name, weights in shim.module.named_parameters()
    }
    with ner.model.use_params(zeros):
        ner.add_label("FOOD")
        with ner.model.use_params({}):
            ner.add_label("DRINK")
        assert entities(nlp(text)) == []
    assert entities(nlp(text)) == entities(trained(text)) != []
    assert ner.label_data[-2:] == ["FOOD", "DRINK"]


def test_a_label_comes_with_its_tags_at_once_for_other_threads(trained, monkeypatch):
    nlp = spacy.blank("en")
    ner = nlp.add_pipe("lstm_ner")
    nlp.from_bytes(trained.to_bytes())
    text = TRAIN[1][0]
    found = []
    grow = TagScorer.grow_from

    def grow_while_another_thread_predicts(self, smaller):
        thread = Thread(target=lambda: found.append(ner.predict([nlp.make_doc(text)])))
        thread.start()
        thread.join(0.3)  # it waits for the tags
        grow(self, smaller=smaller)
        threads.append(thread)

    threads: list[Thread] = []
    monkeypatch.setattr(TagScorer, "grow_from", grow_while_another_thread_predicts)
    ner.add_label("FOOD")
    for thread in threads:
        thread.join()
    (predictions,) = found
    doc = nlp.make_doc(text)
    ner.set_annotations([doc], predictions)
    assert entities(doc) == entities(trained(text))
