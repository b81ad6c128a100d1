from collections import Counter

import pytest
from spacy.tokens import Doc, DocBin, Span, SpanGroup

from spacy_lstm_ner.errors import CodedError
from spacy_lstm_ner.training.convert import convert
from spacy_lstm_ner.training.partly import (
    ANNOTATED,
    annotated_labels,
    found_share,
    set_annotated_labels,
)
from spacy_lstm_ner.training.weights import WEIGHT

from ...conftest import entities
from ..util import NLP, load, unknown


def make_doc():
    """A document with something of everything."""
    doc = Doc(
        NLP.vocab,
        words=["Ada", "saw", "New", "York", "today", "."],
        spaces=[True, True, True, True, False, False],
        tags=["NNP", "VBD", "NNP", "NNP", "NN", "."],
        lemmas=["Ada", "see", "New", "York", "today", "."],
        heads=[1, 1, 3, 1, 1, 1],
        deps=["nsubj", "ROOT", "compound", "dobj", "npadvmod", "punct"],
    )
    ents = [Span(doc, 0, 1, "PER", kb_id="Q7259"), Span(doc, 2, 4, "GEO", span_id="ruler")]
    doc.set_ents(ents, missing=[doc[4:5]], default="outside")
    wrong = [Span(doc, 2, 4, "PER"), Span(doc, 4, 5, "GEO")]
    doc.spans["incorrect_spans"] = wrong
    scored = SpanGroup(doc, name="sc", attrs={"scores": [0.5]}, spans=[Span(doc, 0, 2, "PER")])
    doc.spans["sc"] = scored
    doc.user_data["source"] = "news"
    doc.cats["fine"] = 1.0
    return doc


def groups(doc):
    return {key: [(span.text, span.label_) for span in spans] for key, spans in doc.spans.items()}


def round_trip(folder, *docs, **settings):
    DocBin(store_user_data=True, docs=docs).to_disk(folder / "x.spacy")
    (summary,) = convert(folder / "x.spacy", folder / "out", **settings).values()
    return load(folder / "out" / "x.spacy"), summary


def test_everything_that_a_document_has_is_kept(tmp_path):
    expected = make_doc()
    (doc,), summary = round_trip(tmp_path, expected)
    assert doc.to_json() == expected.to_json()
    assert [(e.kb_id_, e.id_) for e in doc.ents] == [("Q7259", ""), ("", "ruler")]
    assert unknown(doc) == ["today"]
    assert groups(doc) == groups(expected)
    assert doc.spans["sc"].attrs == {"scores": [0.5]}
    assert (doc.user_data["source"], doc.cats) == ("news", {"fine": 1.0})
    assert [token.lemma_ for token in doc] == [token.lemma_ for token in expected]
    assert summary.entities == Counter(PER=1, GEO=1)


def test_labels_are_renamed_and_dropped_in_entities_and_in_what_is_wrong(tmp_path):
    settings = {"rename": {"GEO": "LOC"}, "drop": ["PER"]}
    (doc,), _ = round_trip(tmp_path, make_doc(), **settings)
    assert entities(doc) == [("New York", "LOC")]
    assert doc.ents[0].id_ == "ruler"
    assert (doc[0].ent_iob_, doc[0].ent_kb_id_) == ("O", "")
    assert unknown(doc) == ["today"]
    assert groups(doc) == {"incorrect_spans": [("today", "LOC")], "sc": [("Ada saw", "PER")]}


def test_labels_are_renamed_and_dropped_in_what_was_annotated(tmp_path):
    doc = make_doc()
    set_annotated_labels(doc, ["GEO", "PER"], found=0.25)
    (found,), _ = round_trip(tmp_path, doc, rename={"GEO": "LOC"}, drop=["PER"])
    assert annotated_labels(found) == ["LOC"]
    assert found_share(found) == 0.25


def test_labels_that_become_one_are_annotated_once(tmp_path):
    doc = make_doc()
    set_annotated_labels(doc, ["PER", "GPE", "GEO"])
    (found,), _ = round_trip(tmp_path, doc, rename={"GPE": "GEO"})
    assert annotated_labels(found) == ["PER", "GEO"]


def make_wrong(*wrong):
    """A document with an entity and incorrect spans, each of a first and a last token."""
    doc = Doc(NLP.vocab, words=["Ada", "Byron", "ran"])
    doc.set_ents([Span(doc, 0, 2, "PER", kb_id="Q7259")])
    doc.spans["incorrect_spans"] = [Span(doc, *tokens, label) for *tokens, label in wrong]
    return doc


def test_an_entity_that_becomes_an_incorrect_span_is_lost(tmp_path):
    doc = make_wrong((0, 2, "ORG"), (0, 1, "ORG"))
    doc.spans["incorrect_spans"].append(Span(doc, 2, 3, "PER"))
    set_annotated_labels(doc, ["PER", "ORG"])  # which are no mentions
    with pytest.raises(CodedError, match=r"LN108.*1 of 4 mentions"):
        round_trip(tmp_path, doc, rename={"ORG": "PER"})
    (found,), summary = round_trip(tmp_path, doc, rename={"ORG": "PER"}, max_lost=0.25)
    assert entities(found) == []
    assert unknown(found) == ["Ada", "Byron"]
    assert found[0].ent_kb_id_ == ""
    assert groups(found)["incorrect_spans"] == [("Ada", "PER"), ("ran", "PER")]
    place = f"{tmp_path / 'x.spacy'}:1:1: 'Ada Byron'"
    assert summary.lost == [f"{place}, which is both an entity and an incorrect span"]


def test_that_tokens_are_not_all_outside_is_no_label(tmp_path):
    doc = make_wrong((0, 2, "O"), (0, 1, "ORG"))
    (found,), _ = round_trip(tmp_path, doc)
    assert groups(found) == groups(doc)
    (found,), _ = round_trip(tmp_path, doc, drop=["PER"])
    assert [token.ent_iob_ for token in found] == ["O", "O", "O"]
    assert groups(found) == {"incorrect_spans": [("Ada", "ORG")]}


def test_documents_are_divided(tmp_path):
    docs = [NLP.make_doc(f"w{i}") for i in range(10)]
    DocBin(docs=docs).to_disk(tmp_path / "x.spacy")
    written = convert(tmp_path / "x.spacy", tmp_path / "out", split="70/20/10")
    assert {path.stem: summary.documents for path, summary in written.items()} == {
        "train": 7,
        "dev": 2,
        "test": 1,
    }


def test_tokens_without_annotation_and_blocked_ones_stay_so(tmp_path):
    doc = NLP.make_doc("a b c")
    doc.set_ents([], blocked=[doc[0:1]], missing=[doc[1:2]], default="outside")
    (found, empty), _ = round_trip(tmp_path, doc, NLP.make_doc(""))
    assert [token.ent_iob for token in found] == [token.ent_iob for token in doc] == [3, 0, 2]
    assert len(empty) == 0


def test_the_input_is_not_written_over(tmp_path):
    path = tmp_path / "x.spacy"
    DocBin(docs=[make_doc()]).to_disk(path)
    before = path.read_bytes()
    (tmp_path / "link").symlink_to(tmp_path)
    for folder in (tmp_path, tmp_path / "link"):
        with pytest.raises(CodedError, match=r"LN254.*x\.spacy"):
            convert(path, folder, drop=["PER"])
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("key", "attrs", "message"),
    [
        (WEIGHT, {"weight": float("nan")}, r"a\.spacy:2:1: \[LN260\]"),
        (ANNOTATED, {"labels": None, "found": 2.0}, r"a\.spacy:2:1: \[LN034\].*found is 2\.0"),
    ],
)
def test_what_a_document_cannot_say_of_itself_is_named(tmp_path, key, attrs, message):
    doc = make_doc()
    doc.spans[key] = SpanGroup(doc, attrs=attrs)
    DocBin(docs=[make_doc(), doc]).to_disk(tmp_path / "a.spacy")
    with pytest.raises(CodedError, match=message):
        convert(tmp_path / "a.spacy", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_no_docbin_is_named(tmp_path):
    (tmp_path / "x.spacy").write_bytes(b"?")
    with pytest.raises(CodedError, match=r"x\.spacy:1:1: \[LN141\]"):
        convert(tmp_path / "x.spacy", tmp_path / "out")


def test_the_files_have_no_encoding(tmp_path):
    DocBin(docs=[make_doc()]).to_disk(tmp_path / "x.spacy")
    with pytest.raises(CodedError, match="LN123"):
        convert(tmp_path / "x.spacy", tmp_path / "out", encoding="utf-8")
