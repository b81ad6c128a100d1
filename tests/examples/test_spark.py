"""Spark has the rows of the local engine. Needs pyspark and Java: `make spark`."""

import json
import os
import subprocess
import sys
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytest.importorskip("pyspark")
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from examples.spark.annotate import read, with_entities
from spacy_lstm_ner.cli.annotate.run import annotate
from spacy_lstm_ner.cli.annotate.task import Task
from spacy_lstm_ner.errors import CodedError
from tests.annotate.conftest import make_finder
from tests.conftest import ROOT

TEXTS = ["Ada", "no one", "Zoë — Ada 去 Berlin 🎉", "", "  \n", "Ada\u2028Berlin\r\n", "Ada, Ada"]
TOO_LONG = "Ada " * 250_001


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "finder"
    make_finder().to_disk(path)
    return str(path)


@pytest.fixture(scope="module")
def spark():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)  # workers import the example
        session = SparkSession.builder.master("local[2]").getOrCreate()
        yield session
        session.stop()


@pytest.fixture
def texts(tmp_path):
    """300 rows in three row groups, of which two fail."""
    found = [f"{TEXTS[i % len(TEXTS)]} {i}" if i % 2 else TEXTS[i % len(TEXTS)] for i in range(300)]
    found[30], found[200] = None, TOO_LONG
    table = pa.table(
        {
            "id": range(300),
            "text": found,
            "time": pa.array([datetime(2026, 1, 1 + i % 28) for i in range(300)]),
            "meta": [{"pages": [i, None], "by": "Zoë" if i % 2 else None} for i in range(300)],
        }
    )
    pq.write_table(table, tmp_path / "texts.parquet", row_group_size=100)
    return tmp_path / "texts.parquet"


def lines(paths):
    return [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines()]


def ordered(rows):
    return sorted(rows, key=lambda row: row["id"])


def test_the_program_writes_the_rows_and_the_failures_of_the_local_engine(model, texts, tmp_path):
    annotate(Task(model, str(texts), tmp_path / "local", workers=1))
    command = [sys.executable, "examples/spark/annotate.py", model, texts, tmp_path / "found"]
    environment = {**os.environ, "PYSPARK_SUBMIT_ARGS": "--master local[2] pyspark-shell"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "Read 300 documents, 2 failed\n"
    rows = ordered(pq.read_table(tmp_path / "found/rows").to_pylist())
    assert [row.pop("error") is not None for row in rows] == [i in (30, 200) for i in range(300)]
    local = pq.read_table(tmp_path / "local").to_pylist()
    assert [row for row in rows if row["ents"] is not None] == local
    errors = ordered(lines((tmp_path / "found/errors").glob("*.json")))
    expected = lines([tmp_path / "local/_errors.jsonl"])
    assert [(row["id"], row["error"]) for row in errors] == [
        (row["id"], row["error"]) for row in expected
    ]
    assert errors[1]["text"] == TOO_LONG


def test_lines_of_json_have_the_entities_that_they_have_locally(spark, model, tmp_path):
    records = [{"id": i, "text": TEXTS[i % len(TEXTS)], "tags": ["a"]} for i in range(200)]
    path = tmp_path / "texts.jsonl"
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    annotate(Task(model, str(path), tmp_path / "local", workers=1))
    local = pq.read_table(tmp_path / "local", columns=["id", "text", "ents"]).to_pylist()
    found = with_entities(read(spark, str(path)), model).repartition(3).collect()
    assert [row["tags"] for row in found] == [["a"]] * 200
    rows = [row.asDict(recursive=True) for row in found]
    assert ordered({key: row[key] for key in local[0]} for row in rows) == local


def test_a_worker_with_another_pipeline_says_so(spark, tmp_path):
    finder = make_finder()
    finder.to_disk(tmp_path / "finder")
    texts = spark.createDataFrame([("Ada",)], ["text"])
    found = with_entities(texts, str(tmp_path / "finder"))
    finder.get_pipe("entity_ruler").add_patterns([{"label": "ORG", "pattern": "Rail"}])
    finder.to_disk(tmp_path / "finder")
    with pytest.raises(PySparkException, match="LN287"):
        found.collect()


def test_what_is_not_there_is_an_error_before_anything_is_read(spark, model, tmp_path):
    with pytest.raises(CodedError, match="LN140"):
        with_entities(spark.createDataFrame([("Ada",)], ["text"]), str(tmp_path))
    with pytest.raises(CodedError, match=r"LN284.*body \(string\)"):
        with_entities(spark.createDataFrame([("Ada",)], ["body"]), model)
