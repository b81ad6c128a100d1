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
from spacy_lstm_ner.models.features import make_vocabulary
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
    gradient = module.words.table.weight.grad[[module.words.numbers[w] for w in "ab"]]
    assert gradient.tolist() == [[4.0, 6.0], [5.0, 6.0]]


def test_memory_of_words_is_bounded():
    nlp = spacy.blank("en")
    model = build_char_embed(width=3)
    model.initialize(X=make_docs("x"))
    for start in range(0, MAX_WORDS * 2, 20000):
        words = [f"w{i}" for i in range(start, start + 20000)]
        vectors = model.predict(DocBatch([spacy.tokens.Doc(nlp.vocab, words=words)]))
        assert len(vectors.words) <= MAX_WORDS


def test_word_embed_numbers_words_by_count_and_knows_the_unknown():
    assert make_vocabulary({"b": 2, "a": 2, "c": 5, "d": 1}, min_count=2) == [
        "<PAD>",
        "<UNK>",
        "c",
        "a",
        "b",
    ]
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
