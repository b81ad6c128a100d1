import spacy
from typer.testing import CliRunner

from spacy_lstm_ner.cli import lstm_ner_cli

from ...conformance.small import make_small
from ...conftest import make_examples


def run(*arguments):
    result = CliRunner().invoke(lstm_ner_cli, ["inspect", "embeddings", *map(str, arguments)])
    return result.exit_code, " ".join(result.output.split())


def test_neighbors_of_words_are_printed_side_by_side(tmp_path):
    nlp = make_small()
    nlp.initialize(lambda: make_examples(nlp))
    nlp.to_disk(tmp_path)
    code, output = run(tmp_path, "--word", "London", "--word", "Zoë", "--count", 2)
    assert code == 0, output
    assert "used like London spelled like London" in output
    assert "used like Zoë spelled like Zoë" in output
    assert output.count("(an unknown word)") == 1


def test_a_pipeline_without_words_is_refused(tmp_path):
    spacy.blank("en").to_disk(tmp_path)
    code, output = run(tmp_path, "--word", "London")
    assert code == 1
    assert "LN200" in output
