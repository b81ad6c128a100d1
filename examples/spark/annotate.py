"""Find the entities of any number of texts on a cluster, or on every core, with Spark.

spark-submit examples/spark/annotate.py en_lstm_ner_sm texts.jsonl found

The input is Parquet, or JSONL if ".json" is in its name. The output is a folder: `rows` in Parquet
has every row with two columns more, "ents" and "error"; `errors` in JSONL has those that failed.
"""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema
from pyspark.sql.types import StructType

from spacy_lstm_ner.annotate import arrow
from spacy_lstm_ner.annotate.batch import ADDED, ENTS, ERROR, check_schema
from spacy_lstm_ner.pipeline.version import version_of

# How many rows are documents at the same time, in the memory of a worker. The default is 10,000.
BATCH = {"spark.sql.execution.arrow.maxRecordsPerBatch": 1000}


def annotate(
    batches: Iterable[pa.RecordBatch], model: str, version: str
) -> Iterator[pa.RecordBatch]:
    """Find the entities of batches of rows, where a worker has them.

    batches (Iterable[pyarrow.RecordBatch]): Rows with a "text" each.
    model (str): The folder of a pipeline, or the name of its package.
    version (str): What `version_of(model)` is where the work was begun.
    YIELDS (pyarrow.RecordBatch): The same rows with "ents" and "error".
    """
    for batch in batches:
        yield arrow(model, batch, version=version)


def with_entities(texts: DataFrame, model: str) -> DataFrame:
    """Rows of texts, with the entities of each.

    texts (DataFrame): Rows with a "text" each.
    model (str): The folder of a pipeline, or the name of its package, on every machine.
    RETURNS (DataFrame): The rows, with "ents" and "error".
    RAISES (ValueError): There is no such pipeline on this machine, or no such column; or a name is
        taken.
    """
    check_schema(to_arrow_schema(texts.schema), "text", place="The table")
    schema = StructType([*texts.schema, *from_arrow_schema(ADDED)])
    return texts.mapInArrow(partial(annotate, model=model, version=version_of(model)), schema)


def read(spark: SparkSession, path: str) -> DataFrame:
    """Read rows of texts: a file, a folder or a pattern, of JSONL or of Parquet."""
    return spark.read.load(path, format="json" if ".json" in Path(path).name else "parquet")


def main() -> None:
    """Annotate rows, and say how many failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", help="pipeline: its folder or its package, on every machine")
    parser.add_argument("input", help="file, folder or pattern: Parquet, or JSONL")
    parser.add_argument("output", help="folder to write, on storage that every machine has")
    args = parser.parse_args()
    # Without it, workers are the first `python3` on the path, which may have no spaCy.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    spark = SparkSession.builder.appName("annotate").config(map=BATCH).getOrCreate()
    try:
        found = with_entities(read(spark, args.input), args.model)
        found.write.parquet(f"{args.output}/rows")
        rows = spark.read.parquet(f"{args.output}/rows")
        failed = rows.filter(rows[ERROR].isNotNull())
        failed.drop(ENTS).write.json(f"{args.output}/errors")
        print(f"Read {rows.count():,} documents, {failed.count():,} failed")
    except (PySparkException, ValueError) as error:
        sys.exit(f"Cannot annotate: {error}")


if __name__ == "__main__":
    main()
