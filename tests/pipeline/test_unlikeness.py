import pytest
import spacy
from spacy.tokens import Doc

from spacy_lstm_ner.pipeline.factory import DEFAULT_LSTM_NER_MODEL

from ..conftest import train

EMBED = "spacy_lstm_ner.LexicalEmbed.v1"


def make(embed, min_count=1):
    nlp = spacy.blank("en")
    words = {"min_count": min_count} if embed["@architectures"] != "spacy.MultiHashEmbed.v2" else {}
    tok2vec = {**DEFAULT_LSTM_NER_MODEL["tok2vec"], "embed": {**embed, **words}}
    nlp.add_pipe("lstm_ner", config={"model": {"tok2vec": tok2vec}})
    train(nlp, steps=1)
    return nlp


def unlikeness(nlp, *words):
    doc = Doc(nlp.vocab, words=list(words))
    return nlp.get_pipe("lstm_ner").unlikeness([doc])[0]


def test_it_is_the_share_of_the_words_that_the_model_does_not_know():
    nlp = make({"@architectures": EMBED, "word_width": 8})
    assert unlikeness(nlp, "i", "like", "Berlin", ".") == 0.0
    assert unlikeness(nlp, "lol", "@u", "i", "like") == 0.5
    assert unlikeness(nlp, "lol", "<UNK>", "<PAD>x") == 1.0


def test_whitespace_does_not_count():
    nlp = make({"@architectures": EMBED, "word_width": 8})
    assert unlikeness(nlp, "lol", "\n", "like", "  ") == 0.5
    assert unlikeness(nlp, "\n") == 0.0
    assert unlikeness(nlp) == 0.0


def test_rare_words_of_the_training_text_are_unknown():
    nlp = make({"@architectures": EMBED, "word_width": 8}, min_count=2)
    assert unlikeness(nlp, "London") == 1.0


def test_words_are_known_by_their_spelling_where_the_embedding_goes_by_it():
    nlp = make({"@architectures": "spacy_lstm_ner.WordEmbed.v1", "width": 8})
    assert unlikeness(nlp, "London", "london") == 0.5


def test_many_documents_have_one_each_and_asking_gives_the_same(trained):
    ner = trained.get_pipe("lstm_ner")
    docs = [trained.make_doc(text) for text in ("I like and", "zounds", "", "I like zounds .")]
    found = ner.unlikeness(docs)
    assert len(found) == 4
    assert [ner.ask(doc).unlikeness for doc in docs] == found
    assert found[1:3] == [1.0, 0.0]


@pytest.mark.parametrize(
    "embed",
    [
        {"@architectures": EMBED, "word_width": 0},
        {
            "@architectures": "spacy.MultiHashEmbed.v2",
            "width": 16,
            "attrs": ["NORM"],
            "rows": [50],
            "include_static_vectors": False,
        },
    ],
)
def test_a_model_without_a_vocabulary_says_so(embed):
    nlp = make(embed)
    ner, doc = nlp.get_pipe("lstm_ner"), nlp.make_doc("lol")
    with pytest.raises(ValueError, match=r"LN170.*'lstm_ner'"):
        ner.unlikeness([doc])
    asked = ner.ask(doc)
    with pytest.raises(ValueError, match="LN170"):
        _ = asked.unlikeness
    assert asked.uncertainty >= 0.0
