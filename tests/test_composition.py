"""The component, or its encoder, put together with spaCy's own parts by nothing but a config."""

import pytest
import spacy
import srsly
from spacy.cli._util import app
from spacy.cli.train import train
from spacy.tokens import Doc, DocBin
from spacy.training import Example
from spacy.training.initialize import init_nlp
from spacy.training.loop import train as train_nlp
from spacy.util import load_config, load_model_from_config
from thinc.api import Adam
from typer.testing import CliRunner

from .conftest import ROOT, TRAIN, entities

# The configs that a test below or in test_english.py trains; test_configs.py trains the others.
COMPOSED = (
    "default",
    "encoder_for_spacy",
    "finetune",
    "pretrain",
    "shared_tok2vec",
    "transformer",
    "vectors",
)
# The texts of TRAIN, as a tagger and a text categorizer would have them.
TAGS = [["W", "V", "N", "N", "."], ["W", "V", "N", "C", "N", "."]]
CATEGORIES = [{"QUESTION": 1.0, "STATEMENT": 0.0}, {"QUESTION": 0.0, "STATEMENT": 1.0}]
TEXTS = [text for text, _ in TRAIN]
EXPECTED = [[("Shaka Khan", "PERSON")], [("London", "LOC"), ("Berlin", "LOC")]]

STEPS = 40
FAST = {
    "training.max_steps": STEPS,
    "training.eval_frequency": STEPS,
    "training.dropout": 0.0,
}
SCHEDULE = {
    "training.optimizer.learn_rate.total_steps": STEPS,
    "training.optimizer.learn_rate.warmup_steps": 4,
    "training.optimizer.learn_rate.initial_rate": 0.01,
}
RATE = {"training.optimizer.learn_rate": 0.004}


def path_of(name):
    return ROOT / "configs" / f"{name}.cfg"


def spacy_cli(*arguments):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.output


def write_corpus(path, texts, annotate=None):
    nlp = spacy.blank("en")
    docs = []
    for i, (text, ents) in enumerate(texts):
        doc = nlp.make_doc(text)
        doc.set_ents([doc.char_span(start, end, label=label) for start, end, label in ents])
        if annotate:
            annotate(doc, i)
        docs.append(doc)
    DocBin(docs=docs).to_disk(path)
    return path


def annotate(doc, i):
    for token, tag in zip(doc, TAGS[i], strict=True):
        token.tag_ = tag
    doc.cats = CATEGORIES[i]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write_corpus(tmp_path_factory.mktemp("corpus") / "train.spacy", TRAIN, annotate)


def settings(corpus, rate=RATE, **paths):
    paths = {f"paths.{name}": str(path) for name, path in paths.items()}
    return {"paths.train": str(corpus), "paths.dev": str(corpus), **paths, **FAST, **rate}


def train_config(name, folder, overrides):
    """Train as `spacy train` does, and load what it wrote."""
    train(path_of(name), folder, overrides=overrides)
    return spacy.load(folder / "model-best")


def found(nlp):
    return [entities(doc) for doc in nlp.pipe(TEXTS)]


def source(folder, name, **settings):
    """A pipeline whose config says no more than where its one component comes from."""
    config = spacy.blank("en").config
    config["nlp"]["pipeline"] = [name]
    config["components"] = {name: {"source": str(folder), **settings}}
    return load_model_from_config(config, auto_fill=True)


def save_and_load(nlp, folder):
    nlp.to_disk(folder)
    return spacy.load(folder)


def test_embeddings_of_its_own(corpus, tmp_path):
    srsly.write_json(tmp_path / "labels.json", ["PERSON", "ORG", "LOC"])
    overrides = settings(corpus, labels=tmp_path / "labels.json")
    nlp = train_config("default", tmp_path / "training", overrides)
    assert nlp.pipe_names == ["lstm_ner"]
    assert nlp.get_pipe("lstm_ner").label_data == ["PERSON", "ORG", "LOC"]
    assert found(nlp) == EXPECTED
    sourced = source(tmp_path / "training" / "model-best", "lstm_ner")
    assert found(save_and_load(sourced, tmp_path / "sourced")) == EXPECTED


def test_one_encoder_shared_with_a_tagger(corpus, tmp_path):
    nlp = train_config("shared_tok2vec", tmp_path / "training", settings(corpus, SCHEDULE))
    assert nlp.get_pipe("tok2vec").listening_components == ["tagger", "lstm_ner"]
    assert found(nlp) == EXPECTED
    assert [[token.tag_ for token in doc] for doc in nlp.pipe(TEXTS)] == TAGS
    alone = source(
        tmp_path / "training" / "model-best", "lstm_ner", replace_listeners=["model.tok2vec"]
    )
    assert alone.pipe_names == ["lstm_ner"]
    assert found(alone) == EXPECTED
    assert found(save_and_load(alone, tmp_path / "alone")) == EXPECTED


def test_a_shared_encoder_learns_from_tags_where_no_entities_are_annotated(corpus):
    nlp = init_nlp(load_config(path_of("shared_tok2vec"), overrides=settings(corpus)))
    docs = [nlp.make_doc(text) for text in TEXTS]
    tagged = [Doc(nlp.vocab, [t.text for t in doc], tags=TAGS[i]) for i, doc in enumerate(docs)]
    before = nlp.get_pipe("tok2vec").model.to_bytes()
    optimizer = Adam(0.01)
    for _ in range(3):  # the tagger's own weights are zero at first
        examples = [Example(doc.copy(), gold) for doc, gold in zip(docs, tagged, strict=True)]
        nlp.update(examples, sgd=optimizer)
    assert nlp.get_pipe("tok2vec").model.to_bytes() != before


def test_the_encoder_in_components_of_spacy(corpus, tmp_path):
    overrides = settings(corpus)
    nlp = train_config("encoder_for_spacy", tmp_path / "training", overrides)
    assert "lstm_encoder" in [node.name for node in nlp.get_pipe("tok2vec").model.walk()]
    assert found(nlp) == EXPECTED
    assert_categories(nlp)
    best, listeners = tmp_path / "training" / "model-best", ["model.tok2vec"]
    alone = source(best, "ner", replace_listeners=listeners)
    assert found(save_and_load(alone, tmp_path / "ner")) == EXPECTED
    alone = source(best, "textcat", replace_listeners=listeners)
    assert_categories(save_and_load(alone, tmp_path / "textcat"))


def assert_categories(nlp):
    for doc, expected in zip(nlp.pipe(TEXTS), CATEGORIES, strict=True):
        assert doc.cats == pytest.approx(expected, abs=0.1)


def test_static_vectors_tell_apart_what_nothing_else_does(tmp_path):
    places = ["Mubo", "Tiro", "Kesa", "Dalu", "Fona", "Rivu", "Pelo"]
    people = ["Nabo", "Giro", "Lesa", "Salu", "Vona", "Hivu", "Zelo"]
    with (tmp_path / "vectors.txt").open("w") as file:
        print(len(places + people), 2, file=file)
        for word in places + people:
            print(word, *(("1.0", "0.0") if word in places else ("0.0", "1.0")), file=file)
    spacy_cli("init", "vectors", "en", tmp_path / "vectors.txt", tmp_path / "vectors")
    texts = [(f"They saw {word}.", [(9, 13, "LOC")]) for word in places]
    texts += [(f"They saw {word}.", [(9, 13, "PERSON")]) for word in people]
    corpus = write_corpus(tmp_path / "train.spacy", texts[1:-1])
    overrides = settings(corpus, vectors=tmp_path / "vectors")
    nlp = train_config("vectors", tmp_path / "training", overrides)
    unseen, found = [texts[0][0], texts[-1][0]], [[("Mubo", "LOC")], [("Zelo", "PERSON")]]
    assert [entities(doc) for doc in nlp.pipe(unseen)] == found
    assert [entities(doc) for doc in nlp.pipe(unseen, n_process=2, batch_size=1)] == found
    # In another pipeline, with the vocabulary whose vectors it knows and without.
    other = spacy.blank("en", vocab=nlp.vocab)
    other.add_pipe("lstm_ner", source=nlp)
    assert [entities(doc) for doc in other.pipe(unseen)] == found
    with pytest.warns(UserWarning, match="W113"):
        (without := spacy.blank("en")).add_pipe("lstm_ner", source=nlp)
    with pytest.raises(ValueError, match=r"LN037.*width 2.*have 0"):
        without(unseen[0])


def test_static_vectors_that_are_missing_are_asked_for(corpus, tmp_path):
    with pytest.raises(ValueError, match=r"LN032.*Set vectors in \[initialize\]"):
        init_nlp(load_config(path_of("vectors"), overrides=settings(corpus)))


def test_pretrained_weights_are_what_training_starts_from(corpus, tmp_path):
    raw_text, folder = tmp_path / "raw.jsonl", tmp_path / "pretrained"
    srsly.write_jsonl(raw_text, [{"text": text} for text in TEXTS] * 10)
    paths = ["--paths.raw_text", raw_text]
    spacy_cli("pretrain", path_of("pretrain"), folder, *paths, "--pretraining.max_epochs", 3)
    losses = [line["epoch_loss"] for line in srsly.read_jsonl(folder / "log.jsonl")]
    assert losses[2] < losses[0]

    weights = folder / "model2.bin"
    anew = init_nlp(load_config(path_of("pretrain"), overrides=settings(corpus)))
    overrides = settings(corpus, init_tok2vec=weights)
    nlp = init_nlp(load_config(path_of("pretrain"), overrides=overrides))
    assert tok2vec_of(nlp).to_bytes() == weights.read_bytes()
    assert tok2vec_of(anew).to_bytes() != weights.read_bytes()

    (tmp_path / "training").mkdir()
    train_nlp(nlp, tmp_path / "training")
    best = tmp_path / "training" / "model-best"
    assert found(spacy.load(best)) == EXPECTED
    sourced = source(best, "lstm_ner")
    assert found(save_and_load(sourced, tmp_path / "sourced")) == EXPECTED


def tok2vec_of(nlp):
    return nlp.get_pipe("lstm_ner").model.get_ref("tok2vec")


def make_transformer(folder):
    """A BERT that knows the words of TRAIN, with random weights."""
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder.mkdir()
    words = sorted({word for text in TEXTS for word in text.lower().replace("?", ".").split()})
    pieces = [piece for word in words for piece in (word.strip("."), ".", "?")]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *dict.fromkeys(pieces)]
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    shape = {"hidden_size": 32, "intermediate_size": 32}
    layers = {"num_hidden_layers": 1, "num_attention_heads": 2}
    BertModel(BertConfig(vocab_size=len(vocabulary), **shape, **layers)).save_pretrained(folder)
    return folder


def test_a_transformer_below(corpus, tmp_path):
    pytest.importorskip("spacy_transformers", reason="the extra `transformers` is not installed")
    name = str(make_transformer(tmp_path / "bert"))
    overrides = {**settings(corpus, SCHEDULE), "components.transformer.model.name": name}
    nlp = train_config("transformer", tmp_path / "training", overrides)
    assert nlp.get_pipe("transformer").listening_components == ["lstm_ner"]
    assert found(nlp) == EXPECTED
    alone = source(
        tmp_path / "training" / "model-best", "lstm_ner", replace_listeners=["model.tok2vec"]
    )
    assert found(save_and_load(alone, tmp_path / "alone")) == EXPECTED
