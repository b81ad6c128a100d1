from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc

from spacy_lstm_ner.training.converters.annotated import Annotated
from spacy_lstm_ner.training.converters.splits import (
    SPLITS,
    PublishedSplit,
    cut_as_published,
    divide,
)

from ..util import NLP

PUBLISHED = {"bank": PublishedSplit(train=3, dev=2, test=1, left_out=2)}


DOC = Doc(NLP.vocab)


def make(**files):
    """Files whose documents are named by their splits ("-" for none), numbered from line 1 on."""
    return {
        Path(f"{name}.x"): [
            Annotated(DOC, Path(f"{name}.x"), i, split=None if split == "-" else split)
            for i, split in enumerate(splits.split(), 1)
        ]
        for name, splits in files.items()
    }


def lines(parts):
    """The documents of each part, by the first letter of their file and their line."""
    return {
        name: " ".join(f"{d.path}"[0] + f"{d.line}" for d in docs) for name, docs in parts.items()
    }


@pytest.mark.parametrize("how", ["auto", "none"])
def test_every_file_is_a_part_if_documents_name_no_split(how):
    parts = divide(make(a="- -", train="-", x="- -"), how, PUBLISHED)
    assert lines(parts) == {"a": "a1 a2", "train": "t1", "x": "x1 x2"}


def test_documents_go_to_the_split_that_they_name():
    files = make(a="train dev train", b="train dev")
    assert lines(divide(files, "auto", PUBLISHED)) == {
        "train": "a1 a3 b1",
        "dev": "a2 b2",
    }
    assert lines(divide(files, "none", PUBLISHED)) == {"a": "a1 a2 a3", "b": "b1 b2"}


def test_a_document_that_names_no_split_goes_by_the_name_of_its_file():
    files = make(a="train", dev="- test -")
    assert lines(divide(files, "auto", PUBLISHED)) == {"train": "a1", "dev": "d1 d3", "test": "d2"}


def test_documents_that_name_no_split_beside_those_that_do_are_refused_with_their_places():
    files = make(a="- train -", b="-", dev="-")
    with pytest.raises(ValueError, match="LN122") as caught:
        divide(files, "auto", PUBLISHED)
    places = [line.split(" ")[0] for line in str(caught.value).splitlines()[1:]]
    assert places == ["a.x:1:1:", "a.x:3:1:", "b.x:1:1:"]


@pytest.mark.parametrize("how", ["auto", "none"])
def test_two_files_of_one_name_are_refused(how):
    files = make(a="-", b="-") | {Path("a.y"): make(a="-")[Path("a.x")]}
    with pytest.raises(ValueError, match=r"LN124.*a\.x and a\.y would both become a\.spacy"):
        divide(files, how, PUBLISHED)
    assert sum(map(len, divide(files, "1/1/1", PUBLISHED).values())) == 3


@pytest.mark.parametrize("how", ["auto", "none", "1/1/1", "bank"])
def test_files_without_documents_are_refused(how):
    for named in ("- - -", "train dev test"):
        with pytest.raises(ValueError, match=r"2 problem.*\sb\.x:1:1: \[LN107\].*\sd\.x:1:1:"):
            divide(make(a=named, b="", c=named, d=""), how, PUBLISHED)


def test_shares_divide_the_documents_of_all_files_in_order():
    files = make(a="- - dev", b="- - - - - - -")
    assert lines(divide(files, "70/20/10", PUBLISHED)) == {
        "train": "a1 a2 a3 b1 b2 b3 b4",
        "dev": "b5 b6",
        "test": "b7",
    }


@settings(deadline=None)
@given(st.integers(27, 60), st.lists(st.integers(0, 9), min_size=3, max_size=3).filter(any))
def test_shares_give_every_document_to_one_part(count, shares):
    files = make(a="- " * count)
    parts = divide(files, "/".join(map(str, shares)), PUBLISHED)
    named = {name: share for name, share in zip(SPLITS, shares, strict=True) if share}
    assert list(parts) == list(named)
    assert list(chain.from_iterable(parts.values())) == files[Path("a.x")]
    for name, share in named.items():
        assert abs(len(parts[name]) - count * share / sum(shares)) < 1


@pytest.mark.parametrize(
    ("count", "how", "empty"), [(1, "70/15/15", "train and dev"), (6, "10/90/0", "train")]
)
def test_shares_that_leave_a_part_empty_are_refused(count, how, empty):
    with pytest.raises(ValueError, match=rf"LN265.*{how} of {count} doc.* none for {empty}\."):
        divide(make(a="- " * count), how, PUBLISHED)


@pytest.mark.parametrize("count", [6, 8])
def test_a_published_split_leaves_out_the_last_documents(count):
    (documents,) = make(a="- " * count).values()
    expected = {"train": "a1 a2 a3", "dev": "a4 a5", "test": "a6"}
    assert lines(divide({Path("a.x"): documents}, "bank", PUBLISHED)) == expected
    assert lines(cut_as_published(documents, PUBLISHED["bank"], name="bank")) == expected


@pytest.mark.parametrize("count", [5, 7, 9])
def test_a_published_split_is_of_the_whole_source(count):
    with pytest.raises(ValueError, match=f"LN120.*'bank' is of 8 documents, the input has {count}"):
        divide(make(a="- " * count), "bank", PUBLISHED)


@pytest.mark.parametrize("how", ["most", "70/30", "0/0/0", "70/15/-15", "a/b/c", "", "70/15/15/0"])
def test_other_splits_are_refused(how):
    with pytest.raises(ValueError, match=r"LN121.*auto, none, bank, or shares"):
        divide(make(a="-"), how, PUBLISHED)
