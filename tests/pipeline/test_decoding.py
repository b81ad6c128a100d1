import numpy as np
import pytest
import spacy
from spacy.tokens import Doc, Span

from spacy_lstm_ner.pipeline.annotation import read_annotation
from spacy_lstm_ner.pipeline.decoding import decode
from spacy_lstm_ner.pipeline.possibilities import Possibilities
from spacy_lstm_ner.tags import TagScheme

from ..lattices import SCHEME, distribution, is_legal, make_scores

NLP = spacy.blank("en")


def make_docs(lengths):
    return [Doc(NLP.vocab, words=["w"] * n) for n in lengths]


def test_preset_tags_are_kept():
    (doc,) = make_docs([5])
    doc.set_ents([Span(doc, 1, 3, "X")], blocked=[Span(doc, 4, 5)], default="missing")
    scores = make_scores([5], scale=30.0)
    (found,) = decode(Possibilities.of(scores, read_annotation([doc]), SCHEME))
    assert found.tags[[1, 2, 4]].tolist() == [1, 3, 0]
    assert is_legal(found.tags)


def test_preset_entities_of_other_labels_stay_in_the_attributes():
    (doc,) = make_docs([3])
    doc.set_ents([Span(doc, 0, 2, "OTHER")], default="missing")
    before = doc.to_array(["ENT_IOB", "ENT_TYPE"])
    (found,) = decode(Possibilities.of(make_scores([3]), read_annotation([doc]), SCHEME))
    assert found.tags[:2].tolist() == [0, 0]
    assert np.array_equal(found.entities[:2], before[:2])
    assert found.entities[2, 0] != 0


def test_each_document_gets_its_own_tags_and_on_request_its_lattice():
    lengths = [3, 1, 4]
    docs, scores = make_docs(lengths), make_scores(lengths)
    annotation = read_annotation(docs)
    plain = list(decode(Possibilities.of(scores, annotation, SCHEME)))
    assert [len(found.tags) for found in plain] == lengths
    assert all(found.lattice is None for found in plain)
    for found, same in zip(
        decode(Possibilities.of(scores, annotation, SCHEME), with_lattice=True), plain, strict=True
    ):
        assert np.array_equal(found.tags, same.tags)
        assert found.lattice.lengths == [len(found.tags)]
        assert np.array_equal(found.lattice.best(), found.tags)
        (reading,) = found.lattice.best_k(1)[0]
        assert np.array_equal(reading.tags, found.tags)


def trimmed(path, space, scheme):
    """Spans of a path with whitespace taken off their ends, spelled out."""
    spans = set()
    for start, end, label in zip(*scheme.decode(np.array(path)), strict=True):
        while space[end - 1]:
            end -= 1
        spans.add((start, end, label))
    return spans


@pytest.mark.parametrize("name", ["biluo", "bio"])
@pytest.mark.parametrize("seed", range(12))
def test_entities_are_those_of_the_best_path_without_whitespace_at_their_ends(name, seed):
    scheme = TagScheme(["X"], scheme=name)
    random = np.random.default_rng(seed)
    lengths = [5, 4]
    docs = [
        Doc(NLP.vocab, words=[" " if random.random() < 0.5 else "w" for _ in range(n)])
        for n in lengths
    ]
    scores = make_scores(lengths, scheme=scheme, seed=seed)
    # Inside is likely, so that entities go over whitespace.
    scores.emissions[:, scheme.tags_with("I")] += 3.0
    predictions = decode(Possibilities.of(scores, read_annotation(docs), scheme), with_lattice=True)
    for doc, found in zip(docs, predictions, strict=True):
        space = np.array([token.is_space for token in doc])
        ((paths, values),) = distribution(found.lattice)
        best = paths[int(values.argmax())]
        found_spans = set(zip(*scheme.decode(found.tags), strict=True))
        assert found_spans == trimmed(best, space, scheme)
        assert all(not space[start] and not space[end - 1] for start, end, _ in found_spans)


def test_whitespace_is_at_no_end_of_an_entity():
    scheme = TagScheme(["X", "Y-Z"], scheme="bio")
    for seed in range(20):
        random = np.random.default_rng(seed)
        words = [" " if blank else "w" for blank in random.random(9) < 0.4]
        doc = Doc(NLP.vocab, words=words)
        scores = make_scores([9], scheme=scheme, seed=seed, scale=30.0)
        (found,) = decode(Possibilities.of(scores, read_annotation([doc]), scheme))
        spans = scheme.decode(found.tags)
        space = np.array([word == " " for word in words])
        assert not space[spans.start].any()
        assert not space[spans.end - 1].any()
