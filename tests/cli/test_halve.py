import spacy
from spacy.tokens import DocBin, Span
from typer.testing import CliRunner

from spacy_lstm_ner.cli import lstm_ner_cli

from ..conformance.test_lifecycle import LISTENER
from ..conformance.test_training import make_tok2vec
from ..conftest import TRAIN, entities, train


def run(*arguments):
    result = CliRunner().invoke(lstm_ner_cli, ["halve", *map(str, arguments)])
    return result.exit_code, " ".join(result.output.split())


def test_a_smaller_pipeline_finds_the_same(trained, tmp_path):
    trained.to_disk(tmp_path / "model")
    docs = [trained(text) for text, _ in TRAIN]
    DocBin(docs=docs).to_disk(tmp_path / "text.spacy")
    code, output = run(tmp_path / "model", tmp_path / "halved", "--text", tmp_path / "text.spacy")
    assert code == 0, output
    assert "Entities before: 3; lost: 0; new: 0" in output
    sizes = [
        (tmp_path / name / "lstm_ner" / "model").stat().st_size for name in ("model", "halved")
    ]
    assert sizes[1] < 0.6 * sizes[0]
    nlp = spacy.load(tmp_path / "halved")
    assert [entities(nlp(doc.text)) for doc in docs] == [entities(doc) for doc in docs]


def test_entities_of_the_text_are_not_given_to_the_pipeline(trained, tmp_path):
    """They would be kept, and nothing be compared."""
    trained.to_disk(tmp_path / "model")
    doc = trained.make_doc("I like London and Berlin.")
    doc.ents = [Span(doc, 0, 1, "PERSON")]
    DocBin(docs=[doc]).to_disk(tmp_path / "text.spacy")
    _, output = run(tmp_path / "model", tmp_path / "halved", "--text", tmp_path / "text.spacy")
    assert "Entities before: 2" in output


def test_layers_that_components_share_are_halved_in_place(tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec", config={"model": make_tok2vec()})
    nlp.add_pipe("lstm_ner", config={"model": {"tok2vec": LISTENER}})
    nlp.add_pipe("sentencizer")
    train(nlp, steps=1)
    nlp.to_disk(tmp_path / "model")
    size = (tmp_path / "model" / "tok2vec" / "model").stat().st_size
    code, output = run(tmp_path / "model", tmp_path / "model")
    assert code == 0, output
    assert "Entities" not in output
    assert (tmp_path / "model" / "tok2vec" / "model").stat().st_size < size
    assert spacy.load(tmp_path / "model").pipe_names == nlp.pipe_names


def test_a_pipeline_without_the_component_says_so(tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.to_disk(tmp_path / "model")
    code, output = run(tmp_path / "model", tmp_path / "halved")
    assert code == 1
    assert "LN164" in output
    assert not (tmp_path / "halved").exists()


def test_a_text_that_cannot_be_read_writes_nothing(trained, tmp_path):
    trained.to_disk(tmp_path / "model")
    (tmp_path / "text.csv").write_text("a,b\n", encoding="utf-8")
    code, output = run(tmp_path / "model", tmp_path / "halved", "--text", tmp_path / "text.csv")
    assert code == 1
    assert "LN171" in output
    assert not (tmp_path / "halved").exists()
