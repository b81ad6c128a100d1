import gzip
import json
import os
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import spacy
from spacy.tokens import DocBin
from typer.testing import CliRunner

from spacy_lstm_ner.annotate import arrow
from spacy_lstm_ner.cli import lstm_ner_cli
from spacy_lstm_ner.cli.annotate import plan
from spacy_lstm_ner.cli.annotate.engines import local
from spacy_lstm_ner.cli.annotate.engines.local import annotate_share
from spacy_lstm_ner.cli.annotate.run import annotate
from spacy_lstm_ner.cli.annotate.task import Task
from spacy_lstm_ner.cli.lock import locked
from spacy_lstm_ner.cli.processes import JobError
from spacy_lstm_ner.errors import CodedError
from tests.annotate.conftest import make_finder

NAMES = ["Ada", "Berlin", "no one"]
ADA = {"start": 0, "end": 3, "label": "PER", "text": "Ada"}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "finder"
    make_finder().to_disk(path)
    return str(path)


@pytest.fixture
def texts(tmp_path):
    """2,500 texts, of which one in three names Ada and one Berlin."""
    path = tmp_path / "texts.jsonl"
    records = ({"id": i, "text": f"{NAMES[i % 3]} {i}", "meta": [i]} for i in range(2500))
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return path


@pytest.fixture
def in_parts(monkeypatch):
    """Parts are small, and there are no processes but this one."""
    monkeypatch.setattr(plan, "SMALLEST", 9000)
    monkeypatch.setattr(local, "run_all", run_here)


def run_here(work, jobs, *, workers, advance):
    for job in jobs:
        work(job, advance)


def run_one_part(work, jobs, *, workers, advance):
    """Do one part, and fail."""
    with jobs[0].taken.get_lock():
        jobs[0].taken.value = len(jobs[0].left) - 1
    work(jobs[0], advance)
    raise JobError(0, "no power")


def command(*arguments):
    return CliRunner().invoke(lstm_ner_cli, ["annotate", *map(str, arguments)])


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_with_two_workers_every_text_is_there_once_in_order(model, texts, tmp_path, monkeypatch):
    monkeypatch.setattr(plan, "SMALLEST", 9000)
    result = command(model, texts, tmp_path / "out", "--workers", 2)
    assert result.exit_code == 0, result.output
    assert "Read 2,500 documents, annotated 2,500, 0 failed" in result.output
    assert "1,667 entities" in result.output
    found = pq.read_table(tmp_path / "out").to_pylist()
    assert [row["id"] for row in found] == list(range(2500))
    assert found[0]["ents"] == [{**ADA, "probability": None}]
    assert found[1]["ents"][0]["label"] == "GEO"
    assert found[2]["ents"] == []
    assert found[3]["meta"] == "[3]"
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names[0] == "_annotated.json"
    assert names[1:] == [f"part-{i:06}.parquet" for i in range(len(names) - 1)]
    assert len(names) > 5


def test_one_file_has_what_the_parts_have(model, texts, tmp_path, in_parts):
    for ending in ("jsonl", "parquet"):
        annotate(Task(model, str(texts), tmp_path / f"out.{ending}"))
        annotate(Task(model, str(texts), tmp_path / ending, format=ending))
    found = lines(tmp_path / "out.jsonl")
    assert found[0] == {"id": 0, "text": "Ada 0", "meta": [0], "ents": [ADA]}
    parts = sorted((tmp_path / "jsonl").glob("part-*"))
    assert len(parts) > 5
    assert found == [line for part in parts for line in lines(part)]
    assert pq.read_table(tmp_path / "out.parquet") == pq.read_table(tmp_path / "parquet")
    assert sorted(path.name for path in tmp_path.glob("out*")) == ["out.jsonl", "out.parquet"]


def test_files_of_all_formats_have_the_same_entities(model, texts, tmp_path, in_parts):
    records = lines(texts)
    (tmp_path / "in").mkdir()
    table = pa.table({"text": [record["text"] for record in records]})
    pq.write_table(table, tmp_path / "in/a.parquet")
    plain = "".join(f"{record['text']}\n" for record in records)
    (tmp_path / "in/b.txt").write_text(plain, encoding="utf-8")
    (tmp_path / "in/c.txt.gz").write_bytes(gzip.compress(plain.encode()))
    (tmp_path / "in/d.csv").write_text(f"text\n{plain}", encoding="utf-8")
    docs = spacy.blank("en").pipe(record["text"] for record in records)
    DocBin(docs=docs).to_disk(tmp_path / "in/e.spacy")
    (tmp_path / "in/_hidden.txt").write_text("Ada")
    (tmp_path / "in/.hidden.txt").write_text("Ada")
    annotate(Task(model, str(tmp_path / "in"), tmp_path / "out"))
    found = pq.read_table(tmp_path / "out").column("ents").to_pylist()
    [batch] = table.to_batches()
    assert found == arrow(model, batch).column("ents").to_pylist() * 5


def test_documents_come_out_with_everything_the_pipeline_set(model, texts, tmp_path, in_parts):
    annotate(Task(model, str(texts), tmp_path / "out", format="spacy"))
    [*parts] = sorted((tmp_path / "out").glob("*.spacy"))
    first = next(DocBin().from_disk(parts[0]).get_docs(spacy.blank("en").vocab))
    assert [(ent.text, ent.label_) for ent in first.ents] == [("Ada", "PER")]
    assert first.user_data == {"id": 0, "text": "Ada 0", "meta": (0,)}  # as msgpack has it


def test_rows_that_fail_are_told_and_the_rest_goes_on(model, tmp_path):
    (tmp_path / "a.jsonl").write_text(
        '{"id": "x", "text": "Ada"}\n\n{"id": "y", "text": 3}\n{"id": "z", "te\n', encoding="utf-8"
    )
    result = command(model, tmp_path / "a.jsonl", tmp_path / "out.jsonl")
    assert "Read 3 documents, annotated 1, 2 failed" in result.output
    assert lines(tmp_path / "out.jsonl") == [{"id": "x", "text": "Ada", "ents": [ADA]}]
    first, second = lines(tmp_path / "out.jsonl.errors.jsonl")
    assert (first["file"], first["row"], first["id"]) == (str(tmp_path / "a.jsonl"), 3, "y")
    assert "[LN289]" in first["error"]
    assert (second["row"], second["id"]) == (4, None)


def test_rows_are_named_by_the_column_that_is_given(model, tmp_path, in_parts):
    table = pa.table({"key": ["k1", "k2"], "text": ["Ada", None], "more": [1, 2]})
    pq.write_table(table, tmp_path / "a.parquet")
    task = Task(model, str(tmp_path / "a.parquet"), tmp_path / "out", id="key", columns=[])
    annotate(task)
    assert lines(tmp_path / "out/_errors.jsonl")[0]["id"] == "k2"
    assert pq.read_table(tmp_path / "out").column_names == ["key", "text", "ents"]


def test_rows_that_have_the_id_of_another_are_counted(model, tmp_path, in_parts):
    ids = [1, "1", None, None, 2, 1, 2, 1]
    records = [{"id": one, "text": f"Ada {i}"} for i, one in enumerate(ids)]
    for name in ("a", "b"):
        file = make(tmp_path / "in" / f"{name}.jsonl", b"")
        file.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    result = command(model, tmp_path / "in/a.jsonl", tmp_path / "a.jsonl")
    assert "3 documents have an id that another has" in result.output
    assert len(lines(tmp_path / "a.jsonl")) == len(ids)
    assert annotate(Task(model, str(tmp_path / "in"), tmp_path / "both.jsonl")).repeated == 9


def test_what_was_begun_goes_on_and_is_what_it_would_have_been(
    model, texts, tmp_path, in_parts, monkeypatch
):
    whole, output = tmp_path / "whole.jsonl", tmp_path / "out.jsonl"
    annotate(Task(model, str(texts), whole))
    monkeypatch.setattr(local, "run_all", run_one_part)
    with pytest.raises(CodedError, match=r"LN303.*no power.*The 1 of \d+ parts"):
        annotate(Task(model, str(texts), output))
    assert not output.exists()
    with pytest.raises(CodedError, match="LN301"):
        annotate(Task(model, str(texts), output))
    with pytest.raises(CodedError, match=r"LN214.*columns"):
        annotate(Task(model, str(texts), output, columns=["id"], resume=True))
    [part] = (tmp_path / "out.jsonl.parts").glob("part-*")
    written = part.stat().st_mtime_ns
    half = tmp_path / "out.jsonl.parts/part-000000.jsonl.part"
    half.write_text("half of a part")
    times = []

    def finish(work, jobs, *, workers, advance):
        times.append(part.stat().st_mtime_ns)
        run_here(work, jobs, workers=workers, advance=advance)
        times.append(part.stat().st_mtime_ns)

    monkeypatch.setattr(local, "run_all", finish)
    annotate(Task(model, str(texts), output, resume=True))
    assert times == [written, written]
    assert output.read_bytes() == whole.read_bytes()
    assert not (tmp_path / "out.jsonl.parts").exists()


def test_input_that_changed_is_not_gone_on_with(model, texts, tmp_path, in_parts, monkeypatch):
    monkeypatch.setattr(local, "run_all", run_one_part)
    with pytest.raises(CodedError, match="LN303"):
        annotate(Task(model, str(texts), tmp_path / "out"))
    os.utime(texts, ns=(1, 1))
    with pytest.raises(CodedError, match=r"LN214.*input"):
        annotate(Task(model, str(texts), tmp_path / "out", resume=True))


def test_another_run_on_the_same_output_is_an_error(model, texts, tmp_path, in_parts):
    (tmp_path / "out/_work").mkdir(parents=True)
    with locked(tmp_path / "out/_work"), pytest.raises(CodedError, match="LN302"):
        annotate(Task(model, str(texts), tmp_path / "out"))


def test_what_is_lost_is_found_out(model, texts, tmp_path, in_parts, monkeypatch):
    def lose(share, advance):
        annotate_share(share, advance)
        path = share.task.done(0)
        counts = json.loads(path.read_text())
        path.write_text(json.dumps({**counts, "annotated": counts["annotated"] - 1}))

    monkeypatch.setattr(local, "annotate_share", lose)
    with pytest.raises(CodedError, match=r"LN304.*2,500 documents were read.*2,499"):
        annotate(Task(model, str(texts), tmp_path / "out.jsonl", workers=1))
    assert not (tmp_path / "out.jsonl").exists()


def make(path, content):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("name", "content", "options", "code"),
    [
        ("a.jsonl", b'{"text": "Ada"}', ["--text", "body"], "LN284"),
        ("a.csv", b"a,b\n1,2\n", [], "LN284.*a \\(string\\), b"),
        ("a.csv", b"text\n1\n", ["--columns", "text", "--format", "xml"], "LN174.*xml.*parquet"),
        ("a.csv", b"text,ents\n1,2\n", [], "LN285"),
        ("a.parquet", b"PAR1 and no more", [], "LN281"),
        ("a.spacy", b"no documents", [], "LN281"),
        ("a.txt.gz", b"no gzip", [], "LN281"),
        ("a.txt", b"\n \n", [], "LN306"),
        ("a.doc", b"Ada", [], "LN280"),
    ],
)
def test_input_that_cannot_be_used(model, tmp_path, name, content, options, code):
    path = make(tmp_path / "in" / name, content)
    result = command(model, path, tmp_path / "out", *options)
    assert result.exit_code == 1
    with pytest.raises(CodedError, match=code):
        raise CodedError(" ".join(result.output.split()))
    assert not (tmp_path / "out").exists()


def test_files_with_other_columns(model, tmp_path):
    make(tmp_path / "in/a.csv", b"text,a\n1,2\n")
    make(tmp_path / "in/b.csv", b"text,b\n1,2\n")
    with pytest.raises(CodedError, match=r"LN297.*a: string; b: string"):
        annotate(Task(model, str(tmp_path / "in"), tmp_path / "out"))


@pytest.mark.parametrize("form", ["parquet", "jsonl", "spacy"])
def test_every_file_needs_a_column_of_texts(model, tmp_path, form):
    make(tmp_path / "in/a.jsonl", b'{"text": "Ada"}')
    pq.write_table(pa.table({"body": ["Ada"], "note": ["Berlin"]}), tmp_path / "in/b.parquet")
    with pytest.raises(CodedError, match=r"LN284.*b\.parquet has no column.*'text'.*body"):
        annotate(Task(model, str(tmp_path / "in"), tmp_path / "out", format=form))
    pq.write_table(pa.table({"text": ["Ada"], "ents": ["Berlin"]}), tmp_path / "in/b.parquet")
    with pytest.raises(CodedError, match=r"LN285.*b\.parquet has a column 'ents'"):
        annotate(Task(model, str(tmp_path / "in"), tmp_path / "out", format=form))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("ending", ["parquet", "jsonl"])
def test_empty_files_among_others_have_nothing_to_say(model, tmp_path, ending):
    make(tmp_path / "in/a.jsonl", b"")
    make(tmp_path / "in/b.jsonl", b'{"text": "Ada"}')
    make(tmp_path / "in/c.csv", b"")
    counts = annotate(Task(model, str(tmp_path / "in"), tmp_path / f"out.{ending}", workers=1))
    assert (counts.annotated, counts.entities) == (1, 1)


@pytest.mark.parametrize("form", ["jsonl", "spacy"])
def test_what_a_format_has_no_type_for_is_kept_as_text(model, tmp_path, form):
    day = date(2026, 11, 27)
    more = {"day": [day], "deep": [{"days": [day]}], "price": [Decimal("1.50")], "n": [1]}
    pq.write_table(pa.table({"text": ["Ada"], **more}), tmp_path / "a.parquet")
    task = Task(model, str(tmp_path / "a.parquet"), tmp_path / "out", format=form, workers=1)
    annotate(task)
    if form == "jsonl":
        [found] = lines(task.part(0))
    else:
        [doc] = DocBin().from_disk(task.part(0)).get_docs(spacy.blank("en").vocab)
        found = doc.user_data
    told = {"day": "2026-11-27", "price": "1.50", "n": 1}
    assert {key: found[key] for key in told} == told
    assert list(found["deep"]["days"]) == ["2026-11-27"]


def test_numbers_that_a_format_cannot_have_are_kept_as_text(model, tmp_path):
    make(tmp_path / "a.jsonl", b'{"text": "Ada", "n": 100000000000000000000}')
    task = Task(model, str(tmp_path / "a.jsonl"), tmp_path / "out", format="spacy", workers=1)
    annotate(task)
    [doc] = DocBin().from_disk(task.part(0)).get_docs(spacy.blank("en").vocab)
    assert doc.user_data["n"] == "100000000000000000000"


def test_whatever_fails_in_the_only_worker_is_told(model, texts, tmp_path, monkeypatch):
    def fail(share, advance):
        raise KeyError("no such thing")

    monkeypatch.setattr(local, "annotate_share", fail)
    with pytest.raises(CodedError, match=r"LN303.*no such thing.*--resume"):
        annotate(Task(model, str(texts), tmp_path / "out", workers=1))


def test_outputs_that_cannot_be_used(model, texts, tmp_path, in_parts):
    with pytest.raises(CodedError, match=r"LN299.*out\.jsonl.*jsonl.*'parquet'"):
        annotate(Task(model, str(texts), tmp_path / "out.jsonl", format="parquet"))
    with pytest.raises(CodedError, match="LN298"):
        annotate(Task(model, str(texts), tmp_path / "out.spacy"))
    (tmp_path / "out.jsonl").touch()
    with pytest.raises(CodedError, match="LN300"):
        annotate(Task(model, str(texts), tmp_path / "out.jsonl"))
    make(tmp_path / "other/file", b"")
    with pytest.raises(CodedError, match="LN215"):
        annotate(Task(model, str(texts), tmp_path / "other"))
    with pytest.raises(CodedError, match="LN142"):
        annotate(Task(model, str(texts), tmp_path / "out.jsonl/folder"))


def test_no_files_and_no_pipeline(model, texts, tmp_path):
    with pytest.raises(CodedError, match="LN296"):
        annotate(Task(model, str(tmp_path / "*.none"), tmp_path / "out"))
    with pytest.raises(CodedError, match="LN140"):
        annotate(Task("no_such_pipeline", str(texts), tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_pipeline_without_entities(texts, tmp_path):
    spacy.blank("en").to_disk(tmp_path / "blank")
    with pytest.raises(CodedError, match=r"LN143.*its components are none"):
        annotate(Task(str(tmp_path / "blank"), str(texts), tmp_path / "out", workers=1))
    disabled = make_finder()
    disabled.disable_pipe("entity_ruler")
    disabled.to_disk(tmp_path / "disabled")
    with pytest.raises(CodedError, match=r"LN143.*entity_ruler \(disabled\)"):
        annotate(Task(str(tmp_path / "disabled"), str(texts), tmp_path / "out", workers=1))
    assert not (tmp_path / "out").exists()


def test_without_its_manifest_it_is_begun_anew(model, texts, tmp_path, in_parts, monkeypatch):
    other = spacy.blank("en")
    other.add_pipe("entity_ruler").add_patterns([{"label": "X", "pattern": "Ada"}])
    other.to_disk(tmp_path / "other")
    monkeypatch.setattr(local, "run_all", run_one_part)
    with pytest.raises(CodedError, match="LN303"):
        annotate(Task(str(tmp_path / "other"), str(texts), tmp_path / "out"))
    monkeypatch.setattr(local, "run_all", run_here)
    task = Task(model, str(texts), tmp_path / "out", resume=True)
    with pytest.raises(CodedError, match=r"LN214.*delete.*manifest\.json"):
        annotate(task)
    task.manifest.unlink()
    annotate(task)
    found = pq.read_table(tmp_path / "out").column("ents").to_pylist()
    assert {ent["label"] for ents in found for ent in ents} == {"PER", "GEO"}


@pytest.mark.parametrize("asked", [{"columns": ["n", "nope"]}, {"id": "nope"}])
def test_columns_that_no_file_has(model, tmp_path, asked):
    make(tmp_path / "in/a.jsonl", b'{"text": "Ada", "n": 1}')
    with pytest.raises(CodedError, match=r"LN313.*'nope'"):
        annotate(Task(model, str(tmp_path / "in"), tmp_path / "out", **asked))
    assert not (tmp_path / "out").exists()


def test_a_line_that_has_entities_of_its_own_is_not_written_over(model, tmp_path):
    lines_ = [json.dumps({"id": i, "text": "Ada"}) for i in range(1200)]
    lines_[1100] = json.dumps({"id": 1100, "text": "Ada", "ents": ["mine"]})
    make(tmp_path / "a.jsonl", "\n".join(lines_).encode())
    task = Task(model, str(tmp_path / "a.jsonl"), tmp_path / "out.jsonl", workers=1)
    assert annotate(task).failed == 1
    [failure] = lines(task.failures)
    assert (failure["row"], failure["id"]) == (1101, 1100)
    assert "[LN285]" in failure["error"]


def test_documents_whose_tokens_are_merged_are_stored(texts, tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "PER", "pattern": "Ada Lovelace"}])
    nlp.add_pipe("span_ruler").add_patterns([{"label": "X", "pattern": "today"}])
    nlp.add_pipe("merge_entities")
    nlp.to_disk(tmp_path / "merging")
    make(tmp_path / "a.txt", b"Ada Lovelace spoke today\n")
    task = Task(
        str(tmp_path / "merging"),
        str(tmp_path / "a.txt"),
        tmp_path / "out",
        format="spacy",
        workers=1,
    )
    annotate(task)
    [doc] = DocBin().from_disk(task.part(0)).get_docs(nlp.vocab)
    assert [token.text for token in doc] == ["Ada Lovelace", "spoke", "today"]
    assert not doc.spans


def test_a_full_disk_keeps_parts_that_are_whole(model, texts, tmp_path, in_parts, monkeypatch):
    class Full:
        def __init__(self, sink):
            self.left, self.sink = 2, sink

        def __call__(self, file, found, schema):
            if not self.left:
                raise OSError(28, "No space left on device")
            self.left -= 1
            self.sink.write(file, found, schema)

    from spacy_lstm_ner.annotate.sinks import JSONL, SINKS

    monkeypatch.setitem(SINKS, "jsonl", JSONL._replace(write=Full(JSONL)))
    with pytest.raises(CodedError, match=r"LN303.*LN142.*No space left"):
        annotate(Task(model, str(texts), tmp_path / "out.jsonl"))
    monkeypatch.setitem(SINKS, "jsonl", JSONL)
    assert len(list((tmp_path / "out.jsonl.parts").glob("part-*"))) == 2
    annotate(Task(model, str(texts), tmp_path / "out.jsonl", resume=True))
    assert len(lines(tmp_path / "out.jsonl")) == 2500


def test_without_pyarrow_it_says_what_to_install(model, texts, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    result = command(model, texts, tmp_path / "out")
    assert result.exit_code == 1
    assert "LN305" in result.output
