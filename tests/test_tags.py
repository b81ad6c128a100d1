import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities
from seqeval.scheme import BILOU, Entities

from spacy_lstm_ner.tags import Spans, TagScheme, find_blocks, spans_from_tags, spread_tag

LABELS = ["GEO", "LARGE-ANIMAL", "U-JOB-NAME"]


@st.composite
def texts(draw):
    """A length and spans that do not overlap in it."""
    spans, start = [], 0
    for gap, length, label in draw(
        st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4), st.sampled_from(LABELS)))
    ):
        spans.append((start + gap, start + gap + length, label))
        start += gap + length
    return start + draw(st.integers(0, 3)), spans


def to_arrays(spans, scheme):
    rows = [(s, e, scheme.labels.index(label)) for s, e, label in spans]
    return Spans(*np.array(rows, dtype=np.int64).reshape(-1, 3).T)


def to_tuples(spans, scheme):
    return [(int(s), int(e), scheme.labels[i]) for s, e, i in zip(*spans, strict=True)]


@given(texts(), st.sampled_from(["biluo", "bio"]))
def test_spans_survive_encoding(text, kind):
    length, spans = text
    scheme = TagScheme(LABELS, scheme=kind)
    tags = scheme.encode(to_arrays(spans, scheme), length)
    assert len(tags) == length
    assert to_tuples(scheme.decode(tags), scheme) == spans
    if length:
        assert scheme.starts[tags[0]]
        assert scheme.ends[tags[-1]]
    assert all(scheme.legal[a, b] for a, b in itertools.pairwise(tags))


@given(st.lists(texts(), max_size=4), st.sampled_from(["biluo", "bio"]))
def test_several_texts_decode_end_to_end(several, kind):
    scheme = TagScheme(LABELS, scheme=kind)
    tags, expected, offset = [np.zeros(0, dtype=np.int64)], [], 0
    for length, spans in several:
        tags.append(scheme.encode(to_arrays(spans, scheme), length))
        expected += [(s + offset, e + offset, label) for s, e, label in spans]
        offset += length
    assert to_tuples(scheme.decode(np.concatenate(tags)), scheme) == expected


@given(texts())
def test_written_tags_read_the_same_here_and_in_seqeval(text):
    length, spans = text
    scheme = TagScheme(LABELS)
    tags = [scheme.tags[tag] for tag in scheme.encode(to_arrays(spans, scheme), length)]
    assert spans_from_tags(tags) == (spans, 0)
    found = Entities([tags], BILOU).entities[0] if tags else []
    assert [(e.start, e.end, e.tag) for e in found] == spans


@given(st.lists(st.sampled_from(["O", "B-X", "I-X", "B-Y", "I-Y"]), max_size=9))
def test_any_bio_tags_read_as_seqeval_reads_them(tags):
    spans, _ = spans_from_tags(tags)
    assert [(label, s, e - 1) for s, e, label in spans] == get_entities(tags)


@pytest.mark.parametrize(
    ("kind", "may_follow"),
    [
        ("biluo", {"O": "OBU", "B": "IL", "I": "IL", "L": "OBU", "U": "OBU"}),
        ("bio", {"O": "OB", "B": "OBI", "I": "OBI"}),
    ],
)
def test_legal_moves_are_those_of_the_scheme(kind, may_follow):
    scheme = TagScheme(["X", "Y"], scheme=kind)
    for (i, one), (j, two) in itertools.product(enumerate(scheme.tags), repeat=2):
        expected = two[0] in may_follow[one[0]]
        if two[0] in "IL":
            expected = expected and one[2:] == two[2:]
        assert scheme.legal[i, j] == expected, (one, two)


def test_labels_added_later_leave_earlier_tags_where_they_were():
    before, after = TagScheme(["X", "Y"]), TagScheme(["X", "Y", "Z"])
    assert after.tags[: len(before)] == before.tags
    assert before.tags[0] == "O"


@pytest.mark.parametrize(
    ("tags", "spans", "repaired"),
    [
        (["I-X", "I-X"], [(0, 2, "X")], 1),
        (["O", "I-X", "I-Y"], [(1, 2, "X"), (2, 3, "Y")], 2),
        (["B-X", "B-X", "I-X"], [(0, 1, "X"), (1, 3, "X")], 0),
        (["S-X", "B-Y", "E-Y"], [(0, 1, "X"), (1, 3, "Y")], 0),
        (["W-X", "B-Y", "M-Y", "E-Y"], [(0, 1, "X"), (1, 4, "Y")], 0),
        (["L-X", "I-X"], [(0, 1, "X"), (1, 2, "X")], 2),
        (["B-X", "-", "I-X"], [(0, 1, "X"), (2, 3, "X")], 1),
        (["B-A-B", "L-A-B"], [(0, 2, "A-B")], 0),
        ([], [], 0),
    ],
)
def test_tags_of_every_scheme_are_read_and_repairs_counted(tags, spans, repaired):
    assert spans_from_tags(tags) == (spans, repaired)


@pytest.mark.parametrize("tag", ["X", "B", "B-", "Q-X", "", "b-X", "BX"])
def test_a_tag_of_no_scheme_is_named(tag):
    with pytest.raises(ValueError, match="LN001") as caught:
        spans_from_tags(["O", tag])
    assert repr(tag) in str(caught.value)


def test_unknown_schemes_and_double_labels_are_refused():
    with pytest.raises(ValueError, match=r"LN002.*'iob'.*biluo"):
        TagScheme(["X"], scheme="iob")
    with pytest.raises(ValueError, match=r"LN003.*'X'"):
        TagScheme(["X", "Y", "X"])


def test_blocks_hold_every_legal_move_once():
    legal = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1], [1, 1, 0, 0]], dtype=bool)
    moves = [
        (int(source), int(target))
        for sources, targets in find_blocks(legal)
        for group in range(len(sources))
        for source in sources[group]
        for target in targets[group]
    ]
    assert sorted(moves) == [tuple(move) for move in np.argwhere(legal).tolist()]


def test_tags_of_labels():
    scheme = TagScheme(["GEO", "PER"], scheme="bio")
    found = np.flatnonzero(scheme.tags_of(["PER", "ART"]))
    assert [scheme.tags[i] for i in found] == ["B-PER", "I-PER"]


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("B-X", "B-X I-X I-X"),
        *((f"{prefix}-X", "I-X I-X I-X") for prefix in "IM"),
        *((f"{prefix}-X", "I-X I-X L-X") for prefix in "LE"),
        *((f"{prefix}-X-Y", "B-X-Y I-X-Y L-X-Y") for prefix in "USW"),
        *((tag, f"{tag} {tag} {tag}") for tag in ("O", "-", "Q-X", "B", "B-", "X")),
    ],
)
def test_a_tag_of_several_tokens_is_begun_gone_on_with_and_ended(tag, expected):
    assert spread_tag(tag, 3) == expected.split()
    assert spread_tag(tag, 1) == [tag]
