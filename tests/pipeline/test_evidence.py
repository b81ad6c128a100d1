import numpy as np
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, Span

from spacy_lstm_ner.pipeline.annotation import MISSING, read_annotation
from spacy_lstm_ner.pipeline.evidence import (
    Evidence,
    check_annotated_labels,
    document_evidence,
    preset_evidence,
    reference_evidence,
)
from spacy_lstm_ner.tags import Spans, TagScheme
from spacy_lstm_ner.training.partly import set_annotated_labels

from ..lattices import make_scores
from .test_annotation import make_doc, make_example

BILUO = TagScheme(["GEO", "PER"])
BIO = TagScheme(["GEO", "PER"], scheme="bio")
NLP = spacy.blank("en")


def allowed(evidence):
    """The tags that each token may have."""
    tags = evidence.scheme.tags
    return [{tags[i] for i in np.flatnonzero(row)} for row in evidence.mask]


def words(*texts):
    return Doc(NLP.vocab, words=list(texts))


def test_a_given_tag_is_the_only_one_and_a_missing_one_is_any():
    evidence = Evidence.of_tags(np.array([0, MISSING, 4]), BILUO)
    assert allowed(evidence) == [{"O"}, set(BILUO.tags), {"U-GEO"}]
    assert evidence.known.tolist() == [True, False, True]


def test_both_say_what_each_says():
    free = Evidence.of_tags(np.full(2, MISSING), BIO)
    missed = np.zeros(free.mask.shape)
    first = Evidence(free.mask & BIO.starts, BIO, missed)
    second = Evidence(free.mask & ~BIO.tags_of(["PER"]), BIO)
    assert allowed(first & second) == [{"O", "B-GEO"}] * 2
    assert (first & second).missed is missed


def test_a_reference_allows_its_tags_and_anything_where_it_says_nothing():
    example = make_example(NLP.vocab, list("abc"), list("abc"), [(0, 2, "GEO")], default="missing")
    found = allowed(reference_evidence([example], BILUO))
    assert found == [{"B-GEO"}, {"L-GEO"}, set(BILUO.tags)]


def test_outside_is_no_entity_of_the_labels_that_were_annotated():
    part, whole = (
        make_example(NLP.vocab, list("abc"), list("abc"), [(0, 1, "GEO")]) for _ in range(2)
    )
    set_annotated_labels(part.reference, ["GEO"])
    found = allowed(reference_evidence([whole, part, whole], BILUO))
    free = {"O", "B-PER", "I-PER", "L-PER", "U-PER"}
    assert found == [{"U-GEO"}, {"O"}, {"O"}, {"U-GEO"}, free, free, {"U-GEO"}, {"O"}, {"O"}]


def test_tokens_without_annotation_may_be_in_entities_that_were_missed():
    whole, part = (
        make_example(NLP.vocab, list("abc"), list("abc"), [(0, 1, "GEO")], default="missing")
        for _ in range(2)
    )
    assert reference_evidence([whole], BILUO).missed is None
    set_annotated_labels(part.reference, ["GEO"], found=0.75)
    missed = reference_evidence([whole, part], BILUO).missed
    assert not missed[:4].any()
    expected = np.log(0.25) * BILUO.tags_of(["GEO"])
    np.testing.assert_allclose(missed[4:], [expected, expected])


def test_a_document_annotated_for_a_label_that_there_is_not_is_an_error():
    example = make_example(NLP.vocab, ["a"], ["a"], [])
    set_annotated_labels(example.reference, ["GEO", "PRE"])
    with pytest.raises(ValueError, match=r"LN041.*begins with 'a'.*'PRE'.*GEO, PER"):
        check_annotated_labels([make_example(NLP.vocab, ["b"], ["b"], []), example], BILUO)
    assert allowed(reference_evidence([example], BILUO)) == [
        {"O", "B-PER", "I-PER", "L-PER", "U-PER"}
    ]


def test_a_few_entities_may_be_missing_whatever_is_said():
    example = make_example(NLP.vocab, ["a"], ["a"], [], default="missing")
    set_annotated_labels(example.reference, None, found=1.0)
    missed = reference_evidence([example], BILUO).missed
    assert np.isfinite(missed).all()
    assert missed.min() < -2


def test_labels_that_were_not_annotated_do_not_lift_what_a_document_rules_out():
    example = make_example(NLP.vocab, ["a", "\n", "b"], ["a", "\n", "b"], [(0, 1, "GEO")])
    set_annotated_labels(example.reference, ["GEO"])
    gold = reference_evidence([example], BILUO)
    possible = document_evidence(read_annotation([example.predicted]), BILUO, annotated=gold)
    assert allowed(gold & possible) == [{"U-GEO"}, {"O", "I-PER"}, {"O", "L-PER", "U-PER"}]


def test_no_entity_goes_on_beyond_the_ends_of_a_document():
    annotation = read_annotation([words("a", "b", "c"), words("d")])
    first, middle, last, alone = allowed(document_evidence(annotation, BILUO))
    assert first == {"O", "B-GEO", "U-GEO", "B-PER", "U-PER"}
    assert middle == set(BILUO.tags)
    assert last == {"O", "L-GEO", "U-GEO", "L-PER", "U-PER"}
    assert alone == {"O", "U-GEO", "U-PER"}


@pytest.mark.parametrize("scheme", [BILUO, BIO])
def test_whitespace_neither_opens_nor_closes_an_entity(scheme):
    annotation = read_annotation([words("New", "\n", "York")])
    assert allowed(document_evidence(annotation, scheme))[1] == {"O", "I-GEO", "I-PER"}


@pytest.mark.parametrize("scheme", [BILUO, BIO])
def test_whitespace_may_be_what_it_is_annotated_as(scheme):
    text = ["\n", "a"]
    gold = Evidence.of_tags(scheme.encode(Spans(*np.array([[0], [2], [0]])), 2), scheme)
    found = document_evidence(read_annotation([words(*text)]), scheme, annotated=gold)
    assert allowed(found)[0] == {"O", "B-GEO"}


def starting(doc, *starts):
    """Set where sentences start; None leaves the token as it is."""
    for token, start in zip(doc, starts, strict=True):
        if start is not None:
            token.is_sent_start = start
    return doc


@pytest.mark.parametrize("scheme", [BILUO, BIO])
def test_no_entity_goes_on_into_the_next_sentence(scheme):
    doc = starting(words("a", "b", "c", "d"), True, False, True, None)
    free = document_evidence(read_annotation([words("a", "b", "c", "d")]), scheme)
    found = document_evidence(read_annotation([doc]), scheme)
    assert np.array_equal(found.mask[[0, 3]], free.mask[[0, 3]])
    assert np.array_equal(found.mask[1], scheme.ends)
    assert np.array_equal(found.mask[2], scheme.starts)


def test_where_no_sentence_starts_or_none_is_known_to_nothing_is_ruled_out():
    text = ["a", "b", "c", "d"]
    free = document_evidence(read_annotation([words(*text)]), BILUO)
    docs = [starting(words(*text), *[None] * 4), starting(words(*text), True, False, False, False)]
    for doc in docs:
        assert np.array_equal(document_evidence(read_annotation([doc]), BILUO).mask, free.mask)


@pytest.mark.parametrize("scheme", [BILUO, BIO])
def test_annotation_goes_across_a_sentence_start_that_it_contradicts(scheme):
    text = ["a", "b", "c", "d"]
    example = make_example(NLP.vocab, text, text, [(0, 3, "GEO")])
    doc = starting(example.predicted, True, False, True, False)
    gold = reference_evidence([example], scheme)
    found = document_evidence(read_annotation([doc]), scheme, annotated=gold)
    assert (found.mask >= gold.mask).all()
    assert not found.mask[2, scheme.tags.index("I-PER")]


@pytest.mark.parametrize("scheme", [BILUO, BIO])
def test_a_preset_entity_goes_across_a_sentence_start(scheme):
    doc = starting(words("a", "b", "c"), True, True, False)
    doc.set_ents([Span(doc, 0, 2, "GEO")], default="missing")
    last = "L-GEO" if scheme is BILUO else "I-GEO"
    assert allowed(preset_evidence(read_annotation([doc]), scheme))[:2] == [{"B-GEO"}, {last}]


def test_presets_and_blocked_tokens_are_fixed_and_nothing_goes_on_from_them():
    doc = words("a", "b", "c", "d", "e")
    doc.set_ents([Span(doc, 0, 2, "GEO")], blocked=[Span(doc, 3, 4)], default="missing")
    found = allowed(preset_evidence(read_annotation([doc]), BIO))
    assert found[:2] == [{"B-GEO"}, {"I-GEO"}]
    assert found[2] == {"O", "B-GEO", "B-PER"}
    assert found[3] == {"O"}
    assert found[4] == {"O", "B-GEO", "B-PER"}


def test_a_preset_entity_may_start_with_whitespace():
    doc = words(" ", "a")
    doc.set_ents([Span(doc, 0, 2, "GEO")], default="missing")
    assert allowed(preset_evidence(read_annotation([doc]), BILUO)) == [{"B-GEO"}, {"L-GEO"}]


@settings(deadline=None, max_examples=60)
@given(st.data(), st.sampled_from([BILUO, BIO]))
def test_the_best_path_is_allowed_and_evidence_only_ever_lowers_log_z(data, scheme):
    """The same object restricts the lattice of the loss and that of the prediction."""
    texts = data.draw(
        st.lists(st.lists(st.sampled_from(["a", "b", " "]), min_size=1, max_size=6), max_size=3)
    )
    docs = [words(*text) for text in [["x"], *texts]]
    for doc in docs:
        start = data.draw(st.integers(0, len(doc) - 1))
        end = data.draw(st.integers(start + 1, len(doc)))
        label = data.draw(st.sampled_from(["GEO", "PER", "ART"]))
        ents = [Span(doc, start, end, label)] if data.draw(st.booleans()) else []
        blocked = [] if ents else [Span(doc, start, end)]
        doc.set_ents(ents, blocked=blocked, default="missing")
    lengths = [len(doc) for doc in docs]
    scores = make_scores(lengths, scheme=scheme, seed=data.draw(st.integers(0, 99)), scale=30.0)
    evidence = preset_evidence(read_annotation(docs), scheme)
    free = scores.lattice(scheme)
    restricted = free.restrict(evidence.mask)
    tags = restricted.best()
    assert evidence.mask[np.arange(len(tags)), tags].all()
    assert (restricted.log_partition() <= free.log_partition() + 1e-4).all()


def test_the_whole_evidence_of_a_document_is_made_of_what_each_part_says():
    doc = make_doc(NLP.vocab, list("ab"))
    assert np.array_equal(
        preset_evidence(read_annotation([doc]), BILUO).mask,
        document_evidence(read_annotation([doc]), BILUO).mask,
    )
