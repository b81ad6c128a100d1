import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_lstm_ner.training.converters import FORMATS as CONVERTED
from spacy_lstm_ner.training.tasks import FORMATS, Entity, Predicted, encode

from .util import NLP, read

RANKED = Predicted(
    {"text": "Ada in Rome", "meta": {"source": "news"}, "id": 7},
    [Entity(0, 3, "PER", 0.123456), Entity(7, 11, "LOC", 1.0)],
    uncertainty=0.6931472,
    rank=2,
)


def test_prodigy_has_spans_and_keeps_the_metadata():
    assert FORMATS["prodigy"](RANKED, "m") == {
        "text": "Ada in Rome",
        "id": 7,
        "spans": [
            {"start": 0, "end": 3, "label": "PER", "score": 0.1235},
            {"start": 7, "end": 11, "label": "LOC", "score": 1.0},
        ],
        "meta": {"source": "news", "uncertainty": 0.6931, "rank": 2},
    }


def test_doccano_has_labels_as_triples():
    assert FORMATS["doccano"](RANKED, "m") == {
        **RANKED.record,
        "label": [[0, 3, "PER"], [7, 11, "LOC"]],
        "scores": [0.1235, 1.0],
        "uncertainty": 0.6931,
        "rank": 2,
    }


def test_label_studio_has_a_task_with_a_prediction():
    task = FORMATS["label-studio"](RANKED, "en_m-1.0")
    assert task["data"] == {**RANKED.record, "uncertainty": 0.6931, "rank": 2}
    (prediction,) = task["predictions"]
    assert prediction["model_version"] == "en_m-1.0"
    assert prediction["score"] == 0.5
    assert prediction["result"][1] == {
        "from_name": "label",
        "to_name": "text",
        "type": "labels",
        "value": {"start": 7, "end": 11, "text": "Rome", "labels": ["LOC"], "score": 1.0},
    }


def test_what_was_given_stays_as_it_was():
    FORMATS["prodigy"](RANKED, "m")
    assert RANKED.record["meta"] == {"source": "news"}


@pytest.mark.parametrize("format", FORMATS)
def test_earlier_annotation_is_left_out_and_all_else_kept(format):
    old = dict.fromkeys(
        ["answer", "_view_id", "_session_id", "entities", "labels", "accept"], "old"
    )
    annotated = RANKED._replace(record={**RANKED.record, **old, "options": [1], "created_at": 2})
    plain = RANKED._replace(record={**RANKED.record, "options": [1], "created_at": 2})
    assert FORMATS[format](annotated, "m") == FORMATS[format](plain, "m")


def test_what_gives_no_probabilities_has_no_scores():
    plain = Predicted({"text": "Ada"}, [Entity(0, 3, "PER", None)])
    assert FORMATS["prodigy"](plain, "m") == {
        "text": "Ada",
        "spans": [{"start": 0, "end": 3, "label": "PER"}],
    }
    assert FORMATS["doccano"](plain, "m")["scores"] == [None]
    (prediction,) = FORMATS["label-studio"](plain, "m")["predictions"]
    assert "score" not in prediction
    assert "score" not in prediction["result"][0]["value"]


def accept(task, format):
    """A task as the tool exports it after somebody has accepted all that is predicted."""
    if format == "prodigy":
        return {**task, "answer": "accept", "_view_id": "ner_manual"}
    if format == "label-studio":
        (prediction,) = task["predictions"]
        return {"data": task["data"], "annotations": [{"result": prediction["result"]}]}
    return task


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tasks")


WORDS = st.sampled_from(["Ada", "Zoë", "😀", "U.K.", "won't", "東京", "\n", "e\u0301", '"', "\\"])


@pytest.mark.parametrize("format", FORMATS)
@given(words=st.lists(WORDS, min_size=1, max_size=8), data=st.data())
def test_what_is_accepted_comes_back_as_it_was(folder, format, words, data):
    doc = NLP.make_doc(" ".join(words))
    ends = sorted(data.draw(st.sets(st.integers(0, len(doc)), max_size=6)))
    spans = [doc[start:end] for start, end in zip(ends[::2], ends[1::2], strict=False)]
    found = [
        Entity(span.start_char, span.end_char, f"L{i}", 0.5)
        for i, span in enumerate(spans)
        if not (span[0].is_space or span[-1].is_space)
    ]
    record = {"text": doc.text, "meta": {"source": "x"}}
    task = accept(FORMATS[format](Predicted(record, found), "m"), format)
    path = folder / "x.jsonl"
    path.write_bytes(encode(task))
    if not doc.text.strip():
        return
    (document,), problems = read(CONVERTED[format](), path)
    assert not problems
    assert [(e.start_char, e.end_char, e.label_) for e in document.doc.ents] == [
        (e.start, e.end, e.label) for e in found
    ]
    assert all(token.ent_iob_ for token in document.doc)
    assert CONVERTED[format].recognizes(path.read_text(encoding="utf-8"))
