import json

import pytest
import spacy
from spacy.cli._util import app
from spacy.tokens import DocBin
from spacy.util import registry
from typer.testing import CliRunner

from spacy_lstm_ner.cli.rank import rank

from ..conftest import TRAIN, entities, train

registry.cli.get_all()  # as `python -m spacy` does, so that plugins add their commands

KNOWN, NEW = TRAIN[1][0], "Zoltan Berlin Khan saw Qix of London , i guess ."


@pytest.fixture(scope="module")
def model(trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("model")
    trained.to_disk(path)
    return path


def run(*arguments, code=0):
    """What a command says."""
    result = CliRunner().invoke(app, ["lstm-ner", "rank", *map(str, arguments)])
    assert result.exit_code == code, (result.output, result.exception)
    return " ".join(result.output.split())


def read(path):
    text = path.read_text(encoding="utf-8")
    return json.loads(text) if text.startswith("[") else [*map(json.loads, text.splitlines())]


def rank_texts(nlp, folder, *texts, **settings):
    pool, output = folder / "pool.jsonl", folder / "out" / "ranked.jsonl"
    pool.write_text("\n".join(json.dumps({"text": text}) for text in texts), encoding="utf-8")
    rank(nlp, nlp.get_pipe("lstm_ner"), pool, output, **settings)
    return read(output)


@pytest.fixture(scope="module")
def unsure():
    """A pipeline that has only begun to learn."""
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner")
    train(nlp, steps=5)
    return nlp


def doubt(nlp, text):
    """Uncertainty, and what it is worth in the order."""
    doc = nlp.make_doc(text)
    uncertainty = nlp.get_pipe("lstm_ner").ask(doc).uncertainty
    return uncertainty, uncertainty / len(doc) ** 0.5


def test_the_text_with_the_most_doubt_comes_first(unsure, tmp_path):
    found = rank_texts(unsure, tmp_path, "", KNOWN, NEW, format="prodigy")
    expected = sorted([KNOWN, NEW], key=lambda text: -doubt(unsure, text)[1])
    assert [task["text"] for task in found] == [*expected, ""]
    assert [task["meta"]["rank"] for task in found] == [1, 2, 3]
    for task in found[:2]:
        uncertainty = doubt(unsure, task["text"])[0]
        assert uncertainty > 0.001
        assert task["meta"]["uncertainty"] == pytest.approx(uncertainty, abs=1e-3)
    assert found[2]["meta"]["uncertainty"] == 0.0


def test_predictions_are_those_of_the_pipeline_with_their_probabilities(trained, tmp_path):
    (task,) = rank_texts(trained, tmp_path, KNOWN)
    found = [(KNOWN[span["start"] : span["end"]], span["label"]) for span in task["spans"]]
    assert found == entities(trained(KNOWN)) == [("London", "LOC"), ("Berlin", "LOC")]
    asked = trained.get_pipe("lstm_ner").ask(trained.make_doc(KNOWN))
    for span in task["spans"]:
        expected = asked.probability((span["start"], span["end"]), span["label"])
        assert span["score"] == pytest.approx(expected, abs=1e-3)


def test_a_text_with_the_doubts_of_another_is_put_off(unsure, tmp_path):
    first, other = sorted([KNOWN, "Hm ."], key=lambda text: -doubt(unsure, text)[1])
    copies = 2 + int(doubt(unsure, first)[1] / doubt(unsure, other)[1])
    order = [task["text"] for task in rank_texts(unsure, tmp_path, *[first] * copies, other)]
    assert order[0] == order[-1] == first


def test_what_else_a_line_has_is_kept(model, tmp_path):
    pool, output = tmp_path / "pool.jsonl", tmp_path / "ranked.jsonl"
    line = {"text": "Ünïcode 😀 \ud83d", "meta": {"source": 3}, "id": "a\ud83d"}
    line["text"] = "Ünïcode 😀 in London"
    pool.write_text(f"\ufeff{json.dumps(line)}\n\n", encoding="utf-8")
    assert "Wrote 1 texts" in run(model, pool, output)
    (task,) = read(output)
    assert (task["text"], task["id"], task["meta"]["source"]) == (line["text"], "a\ud83d", 3)
    assert "Ünïcode 😀" in output.read_text(encoding="utf-8")


def test_plain_text_has_a_text_a_line(model, tmp_path):
    pool, output = tmp_path / "pool.txt", tmp_path / "ranked.jsonl"
    pool.write_text(f"{KNOWN}\r\n\n{NEW}\n", encoding="utf-8")
    run(model, pool, output, "--format", "doccano", "--limit", 1)
    (task,) = read(output)
    assert task["text"] == NEW
    assert len(task["label"]) == len(task["scores"])


def test_documents_keep_their_tokens_and_entities(model, tmp_path):
    nlp = spacy.blank("en")
    doc = nlp.make_doc("Who is Berlin?")
    doc.set_ents([doc.char_span(7, 13, label="SHIP")])
    DocBin(docs=[doc]).to_disk(tmp_path / "pool.spacy")
    run(model, tmp_path / "pool.spacy", tmp_path / "out.jsonl", "--format", "label-studio")
    (task,) = read(tmp_path / "out.jsonl")
    assert task["data"]["text"] == "Who is Berlin?"
    values = [item["value"] for item in task["predictions"][0]["result"]]
    assert [(v["text"], v["labels"], v["score"]) for v in values] == [("Berlin", ["SHIP"], 1.0)]


def test_components_before_set_entities_and_those_after_do_not_run(tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner")
    train(nlp)
    ruler = nlp.add_pipe("entity_ruler", before="lstm_ner")
    ruler.add_patterns([{"label": "SHIP", "pattern": "Berlin"}])
    later = nlp.add_pipe("entity_ruler", name="later", config={"overwrite_ents": True})
    later.add_patterns([{"label": "LATE", "pattern": "London"}])
    (task,) = rank_texts(nlp, tmp_path, KNOWN)
    assert [span["label"] for span in task["spans"]] == ["LOC", "SHIP"]
    assert task["spans"][1]["score"] == 1.0
    assert nlp.pipe_names == ["entity_ruler", "lstm_ner", "later"]


@pytest.mark.parametrize("format", ["prodigy", "doccano", "label-studio"])
def test_the_order_is_the_same_in_batches_of_any_size_and_every_time(trained, tmp_path, format):
    texts = [f"{NEW} {i % 7}" for i in range(300)] + [KNOWN]
    first = rank_texts(trained, tmp_path, *texts, format=format)
    assert rank_texts(trained, tmp_path, *texts, format=format) == first
    assert len(first) == 301


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("pool.jsonl", b'{"text": "a"}\n{"text": ', ["LN172", "Line 2"]),
        ("pool.jsonl", b'{"text": "a"}\n\n["a"]', ["LN172", "Line 3", "no object"]),
        ("pool.jsonl", b'{"tex": "a"}', ["LN172", "Line 1", '"text"']),
        ("pool.jsonl", b'{"text": 1}', ["LN172", "no string"]),
        ("pool.jsonl", b'{"text": "a", "meta": 1}', ["LN172", '"meta"']),
        ("pool.jsonl", b'{"text": "\\ud83d"}', ["LN172", "surrogate"]),
        ("pool.jsonl", b"[" * 100_000, ["LN172"]),
        ("pool.txt", b"a" * 1_000_001, ["LN172", "1,000,000"]),
        ("pool.txt", b"\xff\xfe", ["LN171"]),
        ("pool.spacy", b"no documents", ["LN171"]),
        ("pool.csv", b"a,b", ["LN171", "'.csv'"]),
        ("pool", b"a", ["LN171"]),
        ("pool.jsonl", None, ["LN171"]),
        ("pool.spacy", None, ["LN171"]),
        ("pool.txt", b"\n  \n", ["LN173"]),
        ("pool.jsonl", b"", ["LN173"]),
    ],
)
def test_a_bad_pool_is_refused_and_nothing_written(model, tmp_path, name, content, expected):
    pool, output = tmp_path / name, tmp_path / "out" / "ranked.jsonl"
    output.parent.mkdir()
    output.write_text("before")
    if content is not None:
        pool.write_bytes(content)
    said = run(model, pool, output, code=1)
    for part in expected:
        assert part in said
    assert output.read_text() == "before"
    assert [path.name for path in output.parent.iterdir()] == ["ranked.jsonl"]


def test_an_empty_spacy_file_has_no_texts(model, tmp_path):
    DocBin().to_disk(tmp_path / "pool.spacy")
    assert "LN173" in run(model, tmp_path / "pool.spacy", tmp_path / "o.jsonl", code=1)


def test_bad_arguments(model, tmp_path):
    pool, output = tmp_path / "pool.txt", tmp_path / "o.jsonl"
    pool.write_text("a")
    assert "LN174" in run(model, pool, output, "--format", "brat", code=1)
    assert "LN140" in run(tmp_path / "nowhere", pool, output, code=1)
    spacy.blank("en").to_disk(tmp_path / "blank")
    assert "LN164" in run(tmp_path / "blank", pool, output, code=1)
    untrained = spacy.blank("en")
    untrained.add_pipe("lstm_ner")
    untrained.to_disk(tmp_path / "untrained")
    assert "E109" in run(tmp_path / "untrained", pool, output, code=1)
    assert not output.exists()


def test_a_place_that_cannot_be_written_is_refused(model, tmp_path):
    pool = tmp_path / "pool.txt"
    pool.write_text("a")
    (tmp_path / "folder").mkdir()
    for output in (tmp_path / "folder", pool / "o.jsonl"):
        assert "LN142" in run(model, pool, output, code=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "pool.txt"]


def test_what_fails_in_between_leaves_the_file_that_was_there(trained, tmp_path, monkeypatch):
    pool, output = tmp_path / "pool.txt", tmp_path / "o.jsonl"
    pool.write_text("a")
    output.write_text("before")

    def fail(*args):
        raise ValueError("in between")

    monkeypatch.setattr("spacy_lstm_ner.cli.rank.look_ahead", fail)
    with pytest.raises(ValueError, match="in between"):
        rank(trained, trained.get_pipe("lstm_ner"), pool, output)
    assert output.read_text() == "before"
    assert len(list(tmp_path.iterdir())) == 2


def test_the_pool_is_not_overwritten(model, tmp_path):
    pool = tmp_path / "pool.jsonl"
    pool.write_text(json.dumps({"text": KNOWN}), encoding="utf-8")
    assert "LN175" in run(model, pool, tmp_path / "." / "pool.jsonl", code=1)
    assert read(pool) == [{"text": KNOWN}]
