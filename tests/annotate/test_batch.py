import pickle
from functools import partial

import pyarrow as pa
import pytest
import spacy

from spacy_lstm_ner.annotate import arrow
from spacy_lstm_ner.errors import CodedError
from spacy_lstm_ner.pipeline.version import version_of


def rows(**columns):
    return pa.RecordBatch.from_pydict(columns)


def test_rows_come_back_with_their_entities(finder):
    batch = rows(key=[7, 8], text=["Ada", "no one"])
    found = arrow(finder, batch)
    ada = {"start": 0, "end": 3, "label": "PER", "text": "Ada", "probability": None}
    assert found.to_pylist() == [
        {"key": 7, "text": "Ada", "ents": [ada], "error": None},
        {"key": 8, "text": "no one", "ents": [], "error": None},
    ]


def test_columns_keep_their_types_and_the_result_always_has_the_same(finder):
    batch = rows(
        text=pa.array(["Ada"]).dictionary_encode(),
        time=pa.array([1], pa.timestamp("ns")),
    )
    found = arrow(finder, batch)
    assert found.schema.remove(3).remove(2) == batch.schema
    assert arrow(finder, batch.slice(0, 0)).schema == found.schema


def test_a_table_gives_a_table(finder):
    table = pa.concat_tables(pa.table({"text": [text]}) for text in ("Ada", "no one"))
    found = arrow(finder, table)
    assert isinstance(found, pa.Table)
    assert found.to_batches()[0].schema == arrow(finder, rows(text=["Ada"])).schema
    assert [len(ents) for ents in found.column("ents").to_pylist()] == [1, 0]


def test_a_row_without_text_says_so(finder):
    found = arrow(finder, rows(text=["Ada", None])).to_pylist()
    assert found[1]["ents"] is None
    assert found[1]["error"].startswith("[LN286]")
    assert found[0]["ents"]


def test_an_empty_batch(finder):
    assert arrow(finder, rows(text=pa.array([], pa.string()))).num_rows == 0


def test_the_column_can_have_another_name(finder):
    assert arrow(finder, rows(body=["Ada"]), text="body").to_pylist()[0]["ents"]


def test_what_is_given_by_name_goes_to_other_processes(finder, tmp_path):
    finder.to_disk(tmp_path)
    function = pickle.loads(pickle.dumps(partial(arrow, tmp_path, version=version_of(tmp_path))))
    assert function(rows(text=["Ada"])).to_pylist()[0]["ents"]


def test_another_pipeline_is_an_error(finder, tmp_path):
    finder.to_disk(tmp_path)
    with pytest.raises(CodedError, match="LN287"):
        arrow(tmp_path, rows(text=["Ada"]), version="of yesterday")


def test_versions_differ_by_what_is_in_a_pipeline(finder, tmp_path):
    finder.to_disk(tmp_path / "a")
    finder.to_disk(tmp_path / "b")
    assert version_of(tmp_path / "a") == version_of(tmp_path / "b")
    finder.get_pipe("entity_ruler").add_patterns([{"label": "ORG", "pattern": "Rail"}])
    finder.to_disk(tmp_path / "c")
    assert version_of(tmp_path / "a") != version_of(tmp_path / "c")


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"body": ["Ada"]}, r"LN284.*body \(string\)"),
        ({"text": [1]}, "LN284"),
        ({"text": ["Ada"], "ents": [1]}, "LN285"),
    ],
)
def test_columns_that_cannot_be_used(finder, columns, code):
    with pytest.raises(CodedError, match=code):
        arrow(finder, rows(**columns))


def test_a_pipeline_that_is_not_there(tmp_path):
    with pytest.raises(CodedError, match="LN140"):
        version_of(tmp_path / "nothing")
    with pytest.raises(CodedError, match="LN140"):
        arrow(tmp_path / "nothing", rows(text=["Ada"]))


def test_a_pipeline_that_finds_no_entities(tmp_path):
    spacy.blank("en").to_disk(tmp_path)
    with pytest.raises(CodedError, match="LN143"):
        arrow(tmp_path, rows(text=["Ada"]))
