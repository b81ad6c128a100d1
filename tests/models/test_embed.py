import numpy as np
import pytest
import spacy
from spacy.vectors import Vectors
from thinc.api import Adam

from spacy_lstm_ner.models.embed import (
    build_char_embed,
    build_lexical_embed,
    build_word_embed,
    count_words,
)
from spacy_lstm_ner.models.shim import own_shim
from spacy_lstm_ner.models.vectors import DocBatch
from spacy_lstm_ner.nn.words import MAX_WORDS, WordTable


def make_lexical(**settings):
    defaults = {
        "word_width": 8,
        "min_count": 1,
        "word_dropout": 0.0,
        "attrs": ["PREFIX", "SHAPE"],
        "rows": [100, 50],
        "widths": [5, 4],
        "char_width": 6,
        "vector_width": 0,
    }
    return build_lexical_embed(**{**defaults, **settings})


def make_docs(*texts):
    nlp = spacy.blank("en")
    return [nlp.make_doc(text) for text in texts]


BUILDERS = pytest.mark.parametrize(
    "build",
    [
        make_lexical,
        lambda: build_word_embed(width=7, min_count=1),
        lambda: build_char_embed(width=5),
    ],
    ids=["lexical", "word", "char"],
)


@BUILDERS
def test_a_word_has_one_vector_wherever_it_stands(build):
    docs = make_docs("the cat saw the dog", "", "dog the")
    model = build()
    model.initialize(X=docs)
    vectors = model.predict(docs)
    assert [array.shape for array in vectors] == [(5, model.get_dim("nO"))] + [
        (n, model.get_dim("nO")) for n in (0, 2)
    ]
    assert np.array_equal(vectors[0][0], vectors[0][3])
    assert np.array_equal(vectors[0][4], vectors[2][0])
    assert not np.array_equal(vectors[0][0], vectors[0][1])


@BUILDERS
def test_training_and_prediction_see_the_same_vectors(build):
    docs = make_docs("the cat saw the dog", "dog the")
    model = build()
    model.initialize(X=docs)
    trained, _ = model.begin_update(docs)
    for one, other in zip(trained, model.predict(docs), strict=True):
        assert np.allclose(one, other)


@BUILDERS
def test_remembered_vectors_are_forgotten_when_the_weights_change(build):
    docs = make_docs("the cat saw the dog")
    model = build()
    model.initialize(X=docs)
    before = model.predict(docs)[0].copy()
    vectors, backprop = model.begin_update(docs)
    backprop([np.ones_like(array) for array in vectors])
    model.finish_update(Adam(0.1))
    assert not np.allclose(model.predict(docs)[0], before)


def test_gradients_of_repeated_words_add_up():
    docs = make_docs("a a b")
    model = build_word_embed(width=2, min_count=1)
    model.initialize(X=docs)
    _, backprop = model.begin_update(docs)
    backprop([np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], dtype=np.float32)])
    module = model.shims[0].module
    gradient = module.words.table.weight.grad.to_dense()[[module.words.numbers[w] for w in "ab"]]
    assert gradient.tolist() == [[4.0, 6.0], [5.0, 6.0]]


def test_memory_of_words_is_bounded():
    nlp = spacy.blank("en")
    model = build_char_embed(width=3)
    model.initialize(X=make_docs("x"))
    for start in range(0, MAX_WORDS * 2, 20000):
        words = [f"w{i}" for i in range(start, start + 20000)]
        vectors = model.predict(DocBatch([spacy.tokens.Doc(nlp.vocab, words=words)]))
        assert len(vectors.words) <= MAX_WORDS


def test_word_embed_knows_the_unknown():
    model = build_word_embed(width=4, min_count=2)
    docs = make_docs("a a b b once")
    count_words(model, docs)
    model.initialize(X=docs[:0])
    unknown, once, known = model.predict(make_docs("never", "once", "a"))
    assert np.array_equal(unknown, once)
    assert not np.array_equal(unknown, known)


def test_word_dropout_hides_the_word_and_keeps_its_parts():
    docs = make_docs("cat")
    model = make_lexical(word_dropout=1.0)
    model.initialize(X=docs)
    whole = model.predict(docs)[0]
    unknown = model.predict(make_docs("never"))[0]
    for node in model.walk():
        node.attrs["dropout_rate"] = 0.1
    hidden = model.begin_update(docs)[0][0]
    assert np.allclose(hidden[0, :8], unknown[0, :8], atol=0.01)
    assert not np.allclose(whole[0, :8], unknown[0, :8], atol=0.01)
    assert np.allclose(hidden[0, 8:], whole[0, 8:], atol=0.01)


@pytest.mark.parametrize("window", [3, 5])
def test_filters_see_so_many_characters_after_loading_too(window):
    docs = make_docs("xxaxx xxbxx")
    only = {"word_width": 0, "attrs": [], "rows": [], "widths": [], "char_window": window}
    model = make_lexical(**only)
    model.initialize(X=docs)
    loaded = make_lexical(**only).from_bytes(model.to_bytes())
    for embed in (model, loaded):
        filters = own_shim(embed).module.characters.filters.weight
        assert filters.shape[-1] == window
    assert np.array_equal(loaded.predict(docs)[0], model.predict(docs)[0])


def test_filters_see_three_characters_unless_a_config_says_otherwise():
    model = make_lexical()
    model.initialize(X=make_docs("cat"))
    assert own_shim(model).module.characters.filters.weight.shape[-1] == 3


def test_words_are_told_apart_by_their_norm():
    docs = make_docs("Cat cat CAT dog")
    model = make_lexical(attrs=[], rows=[], widths=[], char_width=0)
    model.initialize(X=docs)
    upper, lower, capitals, other = model.predict(docs)[0]
    assert np.array_equal(upper, lower)
    assert np.array_equal(lower, capitals)
    assert not np.array_equal(lower, other)


def test_words_are_read_again_where_the_vectors_are_others():
    docs = []
    for value in (1.0, 2.0):
        nlp = spacy.blank("en")
        nlp.vocab.set_vector("cat", np.full(3, value, dtype=np.float32))
        docs.append(nlp.make_doc("cat"))
    model = make_lexical(vector_width=3)
    model.initialize(X=docs[:1])
    once, twice = (model.predict([doc])[0][0, -3:] for doc in docs)
    assert np.allclose(twice, 2 * once)
    docs[1].vocab.vectors = Vectors(shape=(1, 3))
    assert np.allclose(model.predict(docs[1:])[0][0, -3:], 0)


def test_static_vectors_are_read_and_unknown_words_have_none():
    nlp = spacy.blank("en")
    nlp.vocab.set_vector("cat", np.arange(3, dtype=np.float32))
    model = make_lexical(word_width=0, attrs=[], rows=[], widths=[], char_width=0, vector_width=4)
    docs = [nlp.make_doc("cat zebra")]
    model.initialize(X=docs)
    vectors = model.predict(docs)[0]
    assert vectors.shape == (2, 4)
    assert vectors[0].any()
    assert not vectors[1].any()


def with_vectors(mode):
    nlp = spacy.blank("en")
    settings = {"mode": "floret", "minn": 2, "maxn": 3, "hash_count": 2}
    data = np.random.default_rng(0).normal(size=(20, 5)).astype(np.float32)
    nlp.vocab.vectors = Vectors(
        strings=nlp.vocab.strings,
        data=data,
        **(settings if mode == "floret" else {"keys": ["cat", "zebra"]}),
    )
    return nlp.make_doc("cat zebra")


@pytest.mark.parametrize("mode", ["default", "floret"])
def test_where_the_width_is_open_vectors_are_read_and_the_log_says_so(mode, caplog):
    doc = with_vectors(mode)
    narrow, wide = make_lexical(vector_width=0), make_lexical(vector_width=None)
    narrow.initialize(X=[doc])
    with caplog.at_level("INFO", logger="spacy"):
        spacy.util.logger.propagate = True
        wide.initialize(X=[doc])
    assert "width 5" in caplog.text
    vectors = wide.predict([doc])[0]
    assert wide.get_dim("nO") == vectors.shape[1] == narrow.get_dim("nO") + 64
    assert not np.allclose(vectors[0, -64:], vectors[1, -64:])
    loaded = make_lexical(vector_width=None).from_bytes(wide.to_bytes())
    assert np.array_equal(loaded.predict([doc])[0], vectors)
    assert loaded.get_dim("nO") == wide.get_dim("nO")


def test_where_the_width_is_open_and_there_are_no_vectors_none_are_read():
    (doc,) = docs = make_docs("cat")
    model = make_lexical(vector_width=None)
    model.initialize(X=docs)
    assert model.get_dim("nO") == make_lexical(vector_width=0).get_dim("nO")
    before = model.predict([doc])[0]
    other = with_vectors("default")
    assert np.array_equal(model.predict([other])[0][:1], before)
    model.initialize(X=[other])  # decided anew
    assert model.get_dim("nO") == make_lexical(vector_width=64).get_dim("nO")


def test_vectors_alone_where_there_are_none_are_an_embedding_without_parts():
    none = {"word_width": 0, "attrs": [], "rows": [], "widths": [], "char_width": 0}
    with pytest.raises(ValueError, match="LN035"):
        make_lexical(**none, vector_width=None).initialize(X=make_docs("cat"))


def test_static_vectors_without_vectors_say_what_to_do():
    with pytest.raises(ValueError, match="LN032"):
        make_lexical(vector_width=4).initialize(X=make_docs("cat"))


def test_lists_of_different_length_are_refused():
    with pytest.raises(ValueError, match="LN031"):
        make_lexical(rows=[100])


@pytest.mark.parametrize("word", ["", " ", "x" * 300_000, "👩‍👩‍👧", "é", "שלום"])
def test_odd_words_have_finite_vectors(word):
    doc = spacy.tokens.Doc(spacy.blank("en").vocab, words=["a", word] if word else ["a"])
    model = make_lexical()
    model.initialize(X=make_docs("a"))
    assert np.isfinite(model.predict([doc])[0]).all()


# The vocabulary grows in training, and only there.


def known(model) -> list[str]:
    return list(model.shims[0].module.words.numbers)[2:]


def learn(model, docs, optimizer=None):
    vectors, backprop = model.begin_update(docs)
    backprop([np.ones_like(array) for array in vectors])
    model.finish_update(Adam(0.01) if optimizer is None else optimizer)


def start(**settings):
    """A model that knows no words yet."""
    model = make_lexical(**{"min_count": 2, **settings})
    model.initialize(X=[])
    return model


def test_training_takes_in_words_that_it_meets_in_other_places():
    model = start()
    for _ in range(3):  # epochs
        learn(model, make_docs("a cat sat", "the dog ran"))
    assert known(model) == []
    learn(model, make_docs("my cat", "Cat", "a dog came"))
    assert known(model) == ["cat", "a", "dog"]


def test_a_word_is_taken_in_when_the_weights_change_and_starts_as_the_unknown_one():
    model = start(min_count=1, attrs=[], rows=[], widths=[], char_width=0)
    docs = make_docs("cat")
    unknown = model.predict(docs)[0].copy()
    model.begin_update(docs)
    assert known(model) == []
    other = make_docs("dog")
    learn(model, other)
    assert known(model) == ["cat", "dog"]
    # The vector of the unknown word has learned; the new word begins where that is now.
    assert np.array_equal(model.predict(docs)[0], model.predict(make_docs("never"))[0])
    assert not np.array_equal(model.predict(docs)[0], unknown)
    learn(model, docs)
    assert not np.array_equal(model.predict(docs)[0], model.predict(make_docs("never"))[0])


def test_words_find_room_up_to_the_limit():
    model = start(min_count=1, max_words=3)
    learn(model, make_docs("one"))
    learn(model, make_docs("two three four five"))
    learn(model, make_docs("six"))
    assert known(model) == ["one", "two", "three"]


def test_a_limit_that_older_pipelines_exceed_leaves_them_as_they_are():
    old = start(min_count=1)
    learn(old, make_docs("one two three four"))
    model = start(min_count=1, max_words=2)
    model.from_bytes(old.to_bytes())
    learn(model, make_docs("five"))
    assert known(model) == known(old)


def test_predicting_changes_no_vocabulary():
    model = start(min_count=1)
    before = model.to_bytes()
    model.predict(make_docs("one two", "two three"))
    assert model.to_bytes() == before


def test_words_met_in_training_are_saved_and_learned_further():
    model = start(min_count=1)
    docs = make_docs("one two three", "four")
    learn(model, docs)
    loaded = make_lexical(min_count=1)
    loaded.from_bytes(model.to_bytes())
    assert known(loaded) == known(model)
    for one, other in zip(loaded.predict(docs), model.predict(docs), strict=True):
        assert np.array_equal(one, other)
    assert loaded.to_bytes() == model.to_bytes()
    learn(loaded, make_docs("five"))
    assert known(loaded) == [*known(model), "five"]


def test_the_same_texts_in_the_same_order_give_the_same_bytes():
    def train():
        spacy.util.fix_random_seed(0)
        model, optimizer = start(min_count=2), Adam(0.01)
        for text in ["a b c", "c b a", "d a b", "b d c"] * 2:
            learn(model, make_docs(text), optimizer)
        return model.to_bytes()

    assert train() == train()


def test_gradients_that_add_up_before_a_step_survive_words_that_were_met_meanwhile():
    model = start(min_count=1, attrs=[], rows=[], widths=[], char_width=0)
    backprops = [model.begin_update(make_docs(text)) for text in ("one", "two")]
    for vectors, backprop in backprops:
        backprop([np.ones_like(array) for array in vectors])
    unknown = model.shims[0].module.words.table.weight.grad.to_dense()[1]
    assert unknown.tolist() == [2.0] * 8
    model.finish_update(Adam(0.01))
    assert known(model) == ["one", "two"]


# The vocabulary object of a pipeline may change, and a batch may come from several.


def test_a_norm_that_is_changed_is_read():
    (doc,) = make_docs("colour")
    model = make_lexical(attrs=[], rows=[], widths=[], char_width=0)
    model.initialize(X=make_docs("color"))
    model.predict([doc])
    doc.vocab["colour"].norm_ = "color"
    assert np.array_equal(model.predict([doc])[0], model.predict(make_docs("color"))[0])


def test_a_flag_that_is_changed_is_read():
    docs = make_docs("cat zebra")
    model = make_lexical(attrs=["SHAPE", "IS_STOP"], rows=[50, 50], widths=[4, 4], word_width=0)
    model.initialize(X=docs)
    before = model.predict(docs)[0].copy()
    docs[0].vocab["cat"].is_stop = True
    found = model.predict(docs)[0].copy()
    assert np.array_equal(found[1], before[1])
    assert not np.array_equal(found[0], before[0])
    model.shims[0].forget()
    assert np.array_equal(found, model.predict(docs)[0])


@pytest.mark.parametrize("word", ["cat", "zebra"], ids=["in place of another", "new"])
def test_a_vector_that_is_set_at_run_time_is_read(word):
    nlp = spacy.blank("en")
    nlp.vocab.set_vector("cat", np.ones(3, dtype=np.float32))
    model = make_lexical(vector_width=4)
    docs = [nlp.make_doc("cat zebra")]
    model.initialize(X=docs)
    model.predict(docs)
    nlp.vocab.set_vector(word, np.array([1.0, -2.0, 3.0], dtype=np.float32))
    found = model.predict(docs)[0].copy()
    model.shims[0].forget()
    assert np.array_equal(found, model.predict(docs)[0])


def test_vectors_that_are_pruned_at_run_time_are_read():
    nlp = spacy.blank("en")
    for i, word in enumerate(["cat", "dog", "cow"]):
        nlp.vocab.set_vector(word, np.eye(3, dtype=np.float32)[i] + 0.1)
    model = make_lexical(vector_width=4)
    docs = [nlp.make_doc("cat dog cow")]
    model.initialize(X=docs)
    model.predict(docs)
    nlp.vocab.prune_vectors(1)
    found = model.predict(docs)[0].copy()
    model.shims[0].forget()
    assert np.array_equal(found, model.predict(docs)[0])


def test_documents_of_several_vocabularies_are_embedded_together_as_alone():
    docs = [doc for text in ("the cat", "", "a dog", "cat", "the") for doc in make_docs(text)]
    model = make_lexical()
    model.initialize(X=docs[:3])
    alone = [model.predict([doc])[0].copy() for doc in docs]
    for one, other in zip(model.predict(docs), alone, strict=True):
        assert np.array_equal(one, other)


def test_documents_of_several_vocabularies_are_learned_from_as_those_of_one():
    texts = ["the cat", "", "a dog", "cat the", "the"]
    gradients = []
    for docs in (make_docs(*texts), [doc for text in texts for doc in make_docs(text)]):
        spacy.util.fix_random_seed(0)
        model = make_lexical()
        model.initialize(X=make_docs(*texts))
        vectors, backprop = model.begin_update(docs)
        sizes = iter(range(1, 99))
        backprop([np.full_like(array, next(sizes)) for array in vectors])
        parameters = dict(model.shims[0].module.named_parameters())
        gradients.append({name: p.grad.to_dense().numpy() for name, p in parameters.items()})
    for name, gradient in gradients[0].items():
        np.testing.assert_allclose(gradients[1][name], gradient, rtol=1e-5, atol=1e-6)


@BUILDERS
def test_words_that_another_thread_adds_at_the_same_moment_are_found(build, monkeypatch):
    """They were unknown when they were looked up, and are known when there is room for them."""
    model, docs = build(), make_docs("Ann saw London")
    model.initialize(X=docs)
    expected = model.predict(docs)
    own_shim(model).forget()
    make_room = WordTable.make_room
    others = [model]

    def make_room_later(self, rows, words):
        if others:
            others.pop().predict(docs)  # the other thread
        return make_room(self, rows, words)

    monkeypatch.setattr(WordTable, "make_room", make_room_later)
    np.testing.assert_array_equal(model.predict(docs)[0], expected[0])
    assert not others
