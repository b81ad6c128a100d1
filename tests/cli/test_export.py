import json

import pytest
import spacy
from spacy.cli._util import app
from spacy.tokens import DocBin
from spacy.util import registry
from typer.testing import CliRunner

from spacy_lstm_ner.cli.export import ask_for_probabilities, export
from spacy_lstm_ner.training.convert import convert

from ..conftest import TRAIN, entities, train
from ..training.util import load, write_lines

registry.cli.get_all()  # as `python -m spacy` does, so that plugins add their commands

TEXTS = [text for text, _ in TRAIN]


@pytest.fixture(scope="module")
def model(trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("model")
    trained.to_disk(path)
    return path


def run(*arguments, code=0):
    """What a command says."""
    result = CliRunner().invoke(app, ["lstm-ner", "export", *map(str, arguments)])
    assert result.exit_code == code, (result.output, result.exception)
    return " ".join(result.output.split())


def write_texts(folder, *texts):
    records = ({"text": text, "id": i} for i, text in enumerate(texts))
    return write_lines(folder / "texts.jsonl", *records)


def read(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_texts_come_in_their_order_with_what_was_given_with_them(model, tmp_path):
    source = write_texts(tmp_path, *TEXTS, "", TEXTS[0])
    assert "Wrote 4 texts" in run(model, source, tmp_path / "out" / "tasks.jsonl")
    tasks = read(tmp_path / "out" / "tasks.jsonl")
    assert [(task["text"], task["id"]) for task in tasks] == list(
        zip([*TEXTS, "", TEXTS[0]], range(4), strict=True)
    )


def test_entities_are_those_of_the_pipeline_with_their_probabilities(trained, model, tmp_path):
    run(model, write_texts(tmp_path, *TEXTS), tmp_path / "tasks.jsonl")
    for text, task in zip(TEXTS, read(tmp_path / "tasks.jsonl"), strict=True):
        found = [(text[span["start"] : span["end"]], span["label"]) for span in task["spans"]]
        assert found == entities(trained(text)) != []
        asked = trained.get_pipe("lstm_ner").ask(trained.make_doc(text))
        for span in task["spans"]:
            expected = asked.probability((span["start"], span["end"]), span["label"])
            assert span["score"] == pytest.approx(expected, abs=1e-3)


def test_label_studio_gets_a_list(model, tmp_path):
    run(model, write_texts(tmp_path, *TEXTS), tmp_path / "tasks.json", "-f", "label-studio")
    tasks = json.loads((tmp_path / "tasks.json").read_text(encoding="utf-8"))
    assert [task["data"]["text"] for task in tasks] == TEXTS
    (prediction,) = tasks[0]["predictions"]
    assert prediction["result"][0]["value"]["score"] > 0.5
    assert "score" not in prediction


def test_what_other_components_find_has_no_score(tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "LOC", "pattern": "London"}])
    nlp.to_disk(tmp_path / "model")
    run(tmp_path / "model", write_texts(tmp_path, TEXTS[1]), tmp_path / "tasks.jsonl")
    (task,) = read(tmp_path / "tasks.jsonl")
    assert task["spans"] == [{"start": 7, "end": 13, "label": "LOC"}]


def test_a_group_that_the_pipeline_writes_itself_stays_its_own(tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner", config={"spans_key": "mine"})
    train(nlp, steps=2)
    ask_for_probabilities(nlp)
    assert nlp.get_pipe("lstm_ner").cfg["spans_key"] == "mine"


def test_documents_keep_their_tokens_and_are_predicted_anew(trained, model, tmp_path):
    doc = trained.make_doc(TEXTS[1])
    doc.set_ents([doc.char_span(0, 1, label="SHIP")])
    DocBin(docs=[doc]).to_disk(tmp_path / "x.spacy")
    run(model, tmp_path / "x.spacy", tmp_path / "tasks.jsonl")
    (task,) = read(tmp_path / "tasks.jsonl")
    assert [span["label"] for span in task["spans"]] == ["LOC", "LOC"]


@pytest.mark.parametrize("format", ["prodigy", "doccano"])
def test_what_is_accepted_comes_back_as_it_was(trained, model, tmp_path, format):
    run(model, write_texts(tmp_path, *TEXTS), tmp_path / "tasks.jsonl", "--format", format)
    # What Prodigy's recipe ner.manual adds; doccano adds nothing that would be read.
    answer = {"answer": "accept", "_view_id": "ner_manual"}
    write_lines(tmp_path / "done.jsonl", *({**t, **answer} for t in read(tmp_path / "tasks.jsonl")))
    convert(tmp_path / "done.jsonl", tmp_path / "out", format=format)
    docs = load(tmp_path / "out" / "done.spacy")
    assert [entities(doc) for doc in docs] == [entities(trained(text)) for text in TEXTS]


# What each tool exports once somebody has said that London is a ship.
OLD = {"start": 7, "end": 13}
ANSWERED = {
    "prodigy": {
        "spans": [{**OLD, "label": "SHIP"}],
        "tokens": [{"text": TEXTS[1], "start": 0, "end": len(TEXTS[1]), "id": 0}],
        "_input_hash": 1,
        "_task_hash": 2,
        "_view_id": "ner_manual",
        "answer": "accept",
    },
    "doccano": {"label": [[7, 13, "SHIP"]]},
    "doccano with relations": {
        "entities": [{"id": 1, "label": "SHIP", "start_offset": 7, "end_offset": 13}],
        "relations": [],
    },
    "label-studio": {"label": [{**OLD, "labels": ["SHIP"]}], "annotation_id": 3},
    "label-studio, called otherwise": {"ner": [{**OLD, "labels": ["SHIP"]}], "annotation_id": 3},
}


def export_answered(model, folder, tool, format):
    record = {"text": TEXTS[1], "mine": 1, **ANSWERED[tool]}
    source = write_lines(folder / "texts.jsonl", record)
    run(model, source, folder / "tasks.jsonl", "--format", format)
    return folder / "tasks.jsonl"


@pytest.mark.parametrize("format", ["prodigy", "label-studio"])
@pytest.mark.parametrize("tool", ANSWERED)
def test_what_is_predicted_is_not_answered_by_earlier_answers(model, tmp_path, tool, format):
    tasks = export_answered(model, tmp_path, tool, format)
    with pytest.raises(ValueError, match=r"LN245.*1 records.*not an"):
        convert(tasks, tmp_path / "out")


@pytest.mark.parametrize("tool", ANSWERED)
def test_doccano_has_what_is_predicted_alone(trained, model, tmp_path, tool):
    tasks = export_answered(model, tmp_path, tool, "doccano")
    (task,) = read(tasks)
    assert task.keys() == {"text", "mine", "label", "scores"}
    convert(tasks, tmp_path / "out")
    (doc,) = load(tmp_path / "out" / "tasks.spacy")
    assert entities(doc) == entities(trained(TEXTS[1]))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["texts.jsonl", "out.jsonl", "--format", "brat"], "LN174"),
        (["texts.jsonl", "texts.jsonl"], "LN175"),
        (["texts.jsonl", "/dev/null/x"], "LN142"),
        (["none.jsonl", "out.jsonl"], "LN171"),
        (["bad.jsonl", "out.jsonl"], "LN172"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written(
    model, tmp_path, monkeypatch, arguments, code
):
    monkeypatch.chdir(tmp_path)
    write_texts(tmp_path, *TEXTS)
    (tmp_path / "bad.jsonl").write_text('{"text": 3}', encoding="utf-8")
    before = sorted(tmp_path.iterdir())
    assert code in run(model, *arguments, code=1)
    assert sorted(tmp_path.iterdir()) == before


def test_a_pipeline_without_entities_is_named(tmp_path):
    spacy.blank("en").to_disk(tmp_path / "model")
    said = run(tmp_path / "model", write_texts(tmp_path, "a"), tmp_path / "out.jsonl", code=1)
    assert "LN143" in said


def test_a_failure_midway_leaves_the_file_as_it_was(trained, tmp_path, monkeypatch):
    output = tmp_path / "tasks.jsonl"
    output.write_text("before", encoding="utf-8")
    texts = write_texts(tmp_path, *TEXTS)
    monkeypatch.setattr("spacy_lstm_ner.training.tasks.encode", lambda task: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export(trained, texts, output)
    assert output.read_text(encoding="utf-8") == "before"
    assert sorted(tmp_path.iterdir()) == [output, texts]
