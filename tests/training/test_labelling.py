import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc

from spacy_lstm_ner.training import labelling
from spacy_lstm_ner.training.labelling import label, read_labelled, survey

TEXTS = [f"Ada {i} met Bo" for i in range(7)]


@pytest.fixture
def nlp(monkeypatch):
    """A pipeline that knows two names, and labels three texts a file."""
    monkeypatch.setattr(labelling, "SHARD", 3)
    nlp = spacy.blank("en")
    patterns = [{"label": "PER", "pattern": "Ada"}, {"label": "DOG", "pattern": "Bo"}]
    nlp.add_pipe("entity_ruler").add_patterns(patterns)
    return nlp


def read(folder):
    return list(read_labelled(folder, spacy.blank("en").vocab))


def test_texts_are_labelled_in_files_of_equal_size_in_their_order(nlp, tmp_path):
    label(nlp, TEXTS, tmp_path / "labelled")
    names = [path.name for path in sorted((tmp_path / "labelled").iterdir())]
    assert names == ["00000.spacy", "00001.spacy", "00002.spacy"]
    docs = read(tmp_path / "labelled")
    assert [doc.text for doc in docs] == TEXTS
    assert [(ent.text, ent.label_) for ent in docs[6].ents] == [("Ada", "PER"), ("Bo", "DOG")]
    found = survey(docs)
    assert (found.texts, found.tokens, found.labels) == (7, 28, {"PER": 7, "DOG": 7})


def test_of_documents_their_tokens_count_and_not_what_is_annotated(nlp, tmp_path):
    words, ents = ["Ada", "in", "Rome."], ["O", "O", "B-GEO"]
    docs = [
        Doc(nlp.vocab, words=words, ents=ents),
        Doc(nlp.vocab, words=words, spaces=[True, True, False], ents=ents),
    ]
    label(nlp, docs, tmp_path)
    for found, given in zip(read(tmp_path), docs, strict=True):
        assert [token.text for token in found] == words
        assert [(ent.text, ent.label_) for ent in found.ents] == [("Ada", "PER")]
        assert (found.text, found.has_unknown_spaces) == (given.text, given.has_unknown_spaces)


def test_a_file_that_is_there_is_not_labelled_again_and_one_that_fails_is_not_there(nlp, tmp_path):
    seen = []

    @Language.component("fails_on_4")
    def fail(doc):
        seen.append(doc.text)
        if doc.text == TEXTS[4] and len(seen) < 10:
            raise RuntimeError("no answer")
        return doc

    nlp.add_pipe("fails_on_4")
    with pytest.raises(ValueError, match=r"^\[LN220.*texts 4 to 6 \(no answer\)"):
        label(nlp, TEXTS, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["00000.spacy"]
    seen.extend(["."] * 10)
    first = len(seen)
    label(nlp, TEXTS, tmp_path)
    assert seen[first:] == TEXTS[3:]
    assert [doc.text for doc in read(tmp_path)] == TEXTS


def test_a_damaged_file_is_named(nlp, tmp_path):
    label(nlp, TEXTS, tmp_path)
    (tmp_path / "00001.spacy").write_bytes(b"no documents")
    with pytest.raises(ValueError, match=r"LN221.*00001\.spacy"):
        read(tmp_path)
