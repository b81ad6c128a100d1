import gc
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_lstm_ner.training.converters.inline import Inline, parse_marks
from spacy_lstm_ner.training.converters.problems import Problems

from .. import util

TEXT = """# A title

## a-1 train
[Barack Obama](PER) saw the [Rosetta Stone](ART).
It was \\[sic\\] in [London](GEO).

## a-2 test
Nothing here.
"""


def read(text, tmp_path, **options):
    path = tmp_path / "news.md"
    path.write_text(text, encoding="utf-8")
    return util.read(Inline(**options), path)


def test_reads_documents_sentences_and_marks(tmp_path):
    (first, second), problems = read(TEXT, tmp_path)
    assert not problems
    assert first.doc.text == "Barack Obama saw the Rosetta Stone. It was [sic] in London."
    assert [(e.text, e.label_) for e in first.doc.ents] == [
        ("Barack Obama", "PER"),
        ("Rosetta Stone", "ART"),
        ("London", "GEO"),
    ]
    assert [sent.text for sent in first.doc.sents] == [
        "Barack Obama saw the Rosetta Stone.",
        "It was [sic] in London.",
    ]
    assert (first.name, first.split, first.path.stem) == ("a-1", "train", "news")
    assert (first.line, second.line) == (3, 7)
    assert (second.name, second.split, len(second.doc.ents)) == ("a-2", "test", 0)
    assert all(token.ent_iob_ for token in second.doc)


def test_a_file_without_headers_is_one_document(tmp_path):
    (only,), problems = read("[Ann](PER) left.\n", tmp_path)
    assert not problems
    assert (only.name, only.split) == ("news", None)


@pytest.mark.parametrize(
    ("line", "code", "column"),
    [
        ("see [London(GEO) now", "LN118", 5),
        ("see London](GEO)", "LN115", 11),
        ("see [London] now", "LN116", 12),
        ("see [London]() now", "LN116", 12),
        ("see [](GEO)", "LN117", 5),
        ("see [ ](GEO)", "LN117", 5),
        ("[a [b](GEO) c](ORG)", "LN114", 4),
        ("see [London](CITY)", "LN110", 5),
    ],
)
def test_wrong_marks_are_named_with_their_place(tmp_path, line, code, column):
    text = f"## a train\nFine.\n{line}\n"
    _, problems = read(text, tmp_path, labels=("GEO", "ORG"))
    assert problems
    assert problems[0].startswith(f"{tmp_path / 'news.md'}:3:{column}: [{code}]")


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("## a\nText.\n", "LN112", 1),
        ("## a valid\nText.\n", "LN112", 1),
        ("## a b train\nText.\n", "LN112", 1),
        ("## a train\nText.\n## a dev\nText.\n", "LN113", 3),
        ("## a train\n\n## b train\nText.\n", "LN111", 1),
    ],
)
def test_wrong_headers_are_named_with_their_place(tmp_path, text, code, line):
    _, problems = read(text, tmp_path)
    assert f":{line}:" in problems[0]
    assert code in problems[0]


def test_all_problems_are_told_at_once(tmp_path):
    _, problems = read("## a train\n[x\ny](GEO)\n## a dev\nz [](GEO)\n", tmp_path)
    assert [p.split("[LN")[1][:3] for p in problems] == ["118", "115", "113", "117"]


def test_bytes_of_another_encoding_are_named_with_their_place(tmp_path):
    path = tmp_path / "news.md"
    path.write_bytes("## a train\nCafé\n".encode("latin-1"))
    documents, problems = util.read(Inline(), path)
    assert not documents
    assert ":2:4: [LN101]" in problems[0]


def test_a_mark_inside_a_token_is_lost_and_listed(tmp_path):
    (only,), problems = read("## a train\nThe [Lon](GEO)doners of [York](GEO).\n", tmp_path)
    assert not problems
    assert [e.text for e in only.doc.ents] == ["York"]
    assert only.lost == [f"{tmp_path / 'news.md'}:2:5: 'Lon'"]
    assert [t.text for t in only.doc if not t.ent_iob_] == ["Londoners"]


def test_ids_are_told_apart_in_all_files_of_a_reader(tmp_path):
    reader = Inline()
    for name in ("a", "b"):
        (tmp_path / f"{name}.md").write_text("## x train\nText.\n")
    assert not util.read(reader, tmp_path / "a.md")[1]
    _, problems = util.read(reader, tmp_path / "b.md")
    assert problems[0].startswith(f"{tmp_path / 'b.md'}:1:4: [LN113]")
    assert not util.read(Inline(), tmp_path / "b.md")[1]


@pytest.mark.parametrize(
    "address",
    ["https://example.org/a", "mailto:a@b.org", "#top", "../LICENSE", "docs/a.md", "a.html#top"],
)
def test_a_link_is_no_mark(tmp_path, address):
    text = f"[Ann](PER) saw [it]({address}).\n"
    _, problems = read(text, tmp_path)
    assert len(problems) == 1
    assert problems[0].startswith(f"{tmp_path / 'news.md'}:1:16: [LN272] The label {address!r}")
    assert not read(text, tmp_path, labels=("PER", address))[1]


@pytest.mark.parametrize("label", ["/person/artist", "PER.Individual", "B-PER", "work-of-art"])
def test_labels_may_have_parts(tmp_path, label):
    (only,), problems = read(f"[Ann]({label})\n", tmp_path)
    assert not problems
    assert [entity.label_ for entity in only.doc.ents] == [label]


def escape(text):
    return text.replace("[", "\\[").replace("]", "\\]")


WORDS = st.text(st.sampled_from("ab[]( )"), min_size=1, max_size=6).filter(str.strip)


@settings(deadline=None)
@given(st.lists(st.tuples(WORDS, st.sampled_from(["", "GEO", "A-B"])), max_size=6))
def test_marks_survive_being_written(parts):
    line = "".join(f"[{escape(t)}]({label})" if label else escape(t) for t, label in parts)
    problems = Problems()
    text, marks = parse_marks(line, Path("x"), 1, problems)
    assert not problems.found
    assert text == "".join(t for t, _ in parts)
    found = [(text[mark.start : mark.end], mark.label) for mark in marks]
    assert found == [(t, label) for t, label in parts if label]


def test_marks_that_share_a_token_are_lost_and_the_token_is_missing(tmp_path):
    (only,), problems = read("See [New](GEO)[York](GEO) or [Oslo](GEO).\n", tmp_path)
    assert not problems
    assert len(only.lost) == 2
    assert [entity.text for entity in only.doc.ents] == ["Oslo"]
    assert [token.ent_iob_ for token in only.doc[:3]] == ["O", "", "O"]


def test_time_grows_with_the_size_of_a_document(tmp_path):
    def seconds(sentences):
        start = time.process_time()
        text = "The [Oslo](GEO) train was late, said Ann.\n" * sentences
        (document,), _ = read(text, tmp_path)
        took = time.process_time() - start
        assert len(list(document.doc.sents)) == len(document.doc.ents) == sentences
        return took

    gc.collect()
    gc.disable()  # what other tests have left takes longer to go through than this
    try:
        short, long = (min(seconds(sentences) for _ in range(3)) for sentences in (100, 1600))
    finally:
        gc.enable()
    assert long < 64 * short
