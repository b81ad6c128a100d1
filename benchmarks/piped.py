"""What a script without `annotate` does: texts through `nlp.pipe`, entities to Parquet.

python benchmarks/piped.py PIPELINE TEXTS.jsonl [--output OUT.parquet] [--processes 2]

Without an output, documents are made and forgotten.
"""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import spacy
from spacy.tokens import Doc

ROWS = 10_000  # that are written together
FIELDS = [("start", pa.int32()), ("end", pa.int32()), ("label", pa.string()), ("text", pa.string())]
NAMES = [name for name, _ in FIELDS]
SCHEMA = pa.schema([("text", pa.string()), ("ents", pa.list_(pa.struct(FIELDS)))])


def write(docs: Iterable[Doc], path: Path) -> None:
    rows = []
    with pq.ParquetWriter(path, SCHEMA) as writer:
        for doc in docs:
            ents = [(ent.start_char, ent.end_char, ent.label_, ent.text) for ent in doc.ents]
            rows.append(
                {"text": doc.text, "ents": [dict(zip(NAMES, e, strict=True)) for e in ents]}
            )
            if len(rows) == ROWS:
                writer.write_batch(pa.RecordBatch.from_pylist(rows, SCHEMA))
                rows.clear()
        writer.write_batch(pa.RecordBatch.from_pylist(rows, SCHEMA))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pipeline")
    parser.add_argument("texts", type=Path)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--processes", type=int, default=1)
    arguments = parser.parse_args()
    nlp = spacy.load(arguments.pipeline)
    with arguments.texts.open(encoding="utf-8") as file:
        texts = (json.loads(line)["text"] for line in file)
        docs = nlp.pipe(texts, n_process=arguments.processes)
        if arguments.output:
            write(docs, arguments.output)
        else:
            for _ in docs:
                pass


if __name__ == "__main__":
    main()
