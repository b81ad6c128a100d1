from spacy_lstm_ner.training.tasks import FORMATS, Entity, Ranked

RANKED = Ranked(
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
