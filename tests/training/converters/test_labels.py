import re

import pytest

from spacy_lstm_ner.errors import CodedError
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


WRONG = ["O", "-", "!PER", "  ", " PER", "PER\t"]


@pytest.mark.parametrize("name", WRONG)
def test_labels_that_cannot_be_written_must_be_renamed_or_dropped(name):
    labels = LabelMap()
    for right in ("per-son", "work of art", "B-PER", "o", "a!", "O-", "--"):
        labels(right)
    labels.check()
    labels(name)
    told = re.escape(f"{name!r} as {name!r}.")
    with pytest.raises(CodedError, match=rf"LN267.*: {told} .*--drop"):
        labels.check()
    for labels in (LabelMap(rename={name: "X"}), LabelMap(drop=[name])):
        labels(name)
        labels.check()


@pytest.mark.parametrize("name", [*WRONG, "", "P\0", "\ud800", None, 3])
def test_a_new_name_is_one_that_can_be_written(name):
    with pytest.raises(CodedError, match=r"LN267.*: 'PER' as "):
        LabelMap(rename={"GEO": "LOC", "PER": name})


def test_capitals_are_what_is_written():
    labels = LabelMap(upper=True)
    labels("o")
    with pytest.raises(CodedError, match=r"LN267.*'o' as 'O'"):
        labels.check()
