import pytest

from spacy_lstm_ner.training.converters.labels import LabelMap


def test_labels_are_renamed_dropped_and_written_in_capitals():
    labels = LabelMap(rename={"geo": "place"}, drop=["gpe"], upper=True)
    assert [labels(label) for label in ("geo", "gpe", "per")] == ["PLACE", None, "PER"]
    assert LabelMap()("geo") == "geo"


def test_labels_to_rename_or_drop_must_occur():
    labels = LabelMap(rename={"geo": "GEO", "loc": "GEO"}, drop=["nat"])
    labels("geo")
    labels("per")
    with pytest.raises(ValueError, match=r"LN102.*: loc, nat\. The labels are: geo, per\."):
        labels.check()
    labels("loc")
    labels("nat")
    labels.check()
